"""Values of what a search finds: from the index or the rows where they are, from documents where they are computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from fairway.kit.jsonio import dumps_text
from fairway.portal.catalog.model import Blueprint, Schema
from fairway.portal.catalog.reading.options import ReadOptions
from fairway.portal.catalog.reading.reader import EntityReader
from fairway.portal.catalog.search.bind import RelationSubject, ScorecardSubject, value_of
from fairway.portal.catalog.search.finder import Finder, Search
from fairway.portal.catalog.search.lower import lower_value
from fairway.portal.catalog.search.nodes import TRUE, Own
from fairway.portal.catalog.search.targets import Target
from fairway.portal.catalog.tables import entity, prop_index
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class ValueSource:
    """A property (meta and computed ones included), a relation, or a scorecard's level or rule status."""

    kind: str
    name: str
    rule: str | None = None

    @property
    def subject(self) -> str | RelationSubject | ScorecardSubject:
        """Where the value is in a document."""
        if self.kind == "relation":
            return RelationSubject(self.name, "$identifier")
        return ScorecardSubject(self.name, self.rule) if self.kind == "scorecard" else self.name

    @property
    def field(self) -> str:
        """The read option that shows it."""
        if self.kind == "property" and self.name.startswith("$"):
            return self.name
        return {"property": "properties", "relation": "relations", "scorecard": "scorecards"}[
            self.kind
        ] + f".{self.name}"


class Values:
    """Reads values."""

    def __init__(self, db: Database, finder: Finder, reader: EntityReader) -> None:
        self._db = db
        self._finder = finder
        self._reader = reader

    async def rows(self, search: Search, sources: Sequence[ValueSource]) -> AsyncIterator[tuple[Any, ...]]:
        """The values of each entity found, one tuple for each entity."""
        names = [source.field for source in sources]
        names += [f"relations.{source.name}" for source in sources if source.kind == "property"]
        options = ReadOptions().narrowed(names, None)
        async for ids in self._finder.pages(search, _PAGE):
            for document in await self._reader.documents(ids, options):
                yield tuple(value_of(source.subject, document) for source in sources)

    async def counted(self, search: Search, source: ValueSource) -> AsyncIterator[tuple[Any, int]]:
        """Distinct values and how often each is there. An array counts for each of its elements."""
        slow = []
        for target in search.targets:
            own = _own(target, search.schema, source)
            if own is None or target.parts.rest is not None:
                slow.append(target)
                continue
            for value, count in await self._grouped(target, own):
                yield value, count
        counts: Counter[str] = Counter()
        shown: dict[str, Any] = {}
        async for (value,) in self.rows(Search(search.schema, search.context, slow), [source]):
            for each in value if isinstance(value, list) else [value]:
                key = dumps_text(each)
                shown.setdefault(key, each)
                counts[key] += 1
        for key, count in counts.items():
            yield shown[key], count

    async def _grouped(self, target: Target, own: Own) -> list[tuple[Any, int]]:
        """Counts by the database: of the index alone where the whole blueprint is meant."""
        planner = self._finder.planner

        async def work(tx: Tx) -> list[tuple[Any, int]]:
            if own.key is not None and target.parts.candidates == TRUE:
                return await self._indexed(tx, target.blueprints[0], own)
            d = planner.dialect
            read = d.number if own.kind == "number" else d.text
            matching = await planner.statement(tx, target.ids, target.parts.candidates, 0, -1)
            if matching is None:
                return []
            inner = select(read(entity.c.properties, own.name).label("value")).where(
                entity.c.id.in_(select(matching.subquery().c.id))
            )
            values = inner.subquery()
            rows = await tx.rows(select(values.c.value, func.count().label("found")).group_by(values.c.value))
            return [(_shown(own, row.value), row.found) for row in rows]

        return await self._db.read(work)

    async def _indexed(self, tx: Tx, blueprint: Blueprint, own: Own) -> list[tuple[Any, int]]:
        column = prop_index.c.number if own.kind == "number" else prop_index.c.text
        statement = select(column.label("value"), func.count().label("found"))
        statement = statement.where(prop_index.c.key_id == own.key, column.is_not(None)).group_by(column)
        found = [(_shown(own, row.value), row.found) for row in await tx.rows(statement)]
        total = await self._finder.planner.count(tx, [blueprint.id], TRUE)
        missing = total - sum(count for _, count in found)
        return [*found, (None, missing)] if missing else found


def _own(target: Target, schema: Schema, source: ValueSource) -> Own | None:
    """The scalar own property that is meant, when that is what the source is in a single blueprint."""
    if source.kind != "property" or len(target.blueprints) != 1:
        return None
    found = lower_value(target.blueprints[0], schema, source.name)
    return found if isinstance(found, Own) and found.kind in ("string", "number", "boolean") else None


def _shown(own: Own, value: Any) -> Any:
    if value is None:
        return None
    if own.kind == "boolean":
        return value in ("true", 1, True)
    if own.kind == "number" and float(value).is_integer() and abs(value) < 1 << 53:
        return int(value)
    return value
