"""The query of an aggregation, in terms of search: SQL where it can decide, documents where it cannot."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.sql import ColumnElement

from fairway.portal.catalog.model import Blueprint, Schema
from fairway.portal.catalog.reading.plans import Aggregation
from fairway.portal.catalog.search.bind import Context, bind
from fairway.portal.catalog.search.lower import lower
from fairway.portal.catalog.search.nodes import TRUE
from fairway.portal.catalog.search.plan import Planner
from fairway.portal.catalog.search.residue import Split, decide, split
from fairway.portal.catalog.search.rules import parse_query
from fairway.portal.catalog.tables import entity
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx

Documents = Callable[[Blueprint, Sequence[int]], Awaitable[Mapping[int, dict[str, Any]]]]
"""Whole documents of entities, by entity id."""
Filter = ColumnElement[bool] | None


@dataclass(frozen=True, slots=True)
class TargetQuery:
    """A query about entities of one blueprint, asked by nobody: values of the caller are absent."""

    target: Blueprint
    parts: Split

    @property
    def undecided(self) -> bool:
        """Whether it asks for computed properties, which SQL cannot see."""
        return self.parts.rest is not None

    async def condition(self, tx: Tx) -> Filter:
        """What SQL can decide about rows of the entity table; ``None`` when nothing is left out."""
        planner = Planner(tx.dialect)
        node = await planner.resolved(tx, self.parts.candidates)
        return None if node == TRUE else planner.compiler.condition(node, entity)

    async def keep(self, db: Database, documents: Documents, ids: Sequence[int]) -> set[int]:
        """Those of candidates that match, computed properties considered."""
        rest = self.parts.rest
        if rest is None:
            return set(ids)
        if not ids:
            return set()
        facts = await db.read(lambda tx: Planner(tx.dialect).facts(tx, ids, self.parts.facts()))
        found = await documents(self.target, ids)
        return {each for each, document in found.items() if decide(rest, document, self.target, facts[each])}


def target_query(schema: Schema, aggregation: Aggregation, now: int) -> TargetQuery:
    """The query of an aggregation; without one, everything matches."""
    if not aggregation.query:
        return TargetQuery(aggregation.target, Split(TRUE, None))
    bound = bind(parse_query(aggregation.query), Context(now))
    return TargetQuery(aggregation.target, split(lower(bound, aggregation.target, schema)))
