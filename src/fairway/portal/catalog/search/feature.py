"""Search, built together."""

from __future__ import annotations

from dataclasses import dataclass

from fairway.kit.clock import Clock
from fairway.portal.catalog.reading.reader import EntityReader
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.catalog.search.aggregate import AggregateService
from fairway.portal.catalog.search.builder import IndexBuilder
from fairway.portal.catalog.search.history import HistoryService
from fairway.portal.catalog.search.over_time import OverTimeService
from fairway.portal.catalog.search.service import SearchService
from fairway.portal.catalog.search.values import Values
from fairway.portal.storage.database import Database


@dataclass(frozen=True)
class SearchFeature:
    """What others use of search; ``builder.job_handler`` belongs into the portal's job loop."""

    search: SearchService
    aggregates: AggregateService
    over_time: OverTimeService
    history: HistoryService
    builder: IndexBuilder


def build_search(db: Database, clock: Clock, schemas: SchemaCache, reader: EntityReader) -> SearchFeature:
    """Wires search."""
    builder = IndexBuilder(db, clock, schemas)
    search = SearchService(db, clock, schemas, reader, builder)
    values = Values(db, search.finder, reader)
    return SearchFeature(
        search,
        AggregateService(clock, search, values),
        OverTimeService(clock, search, values),
        HistoryService(db, clock, search),
        builder,
    )
