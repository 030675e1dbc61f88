"""Search inside write transactions: search objects, and whether a caller may see an entity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import InvalidRequest
from fairway.portal.caller import Caller
from fairway.portal.catalog.model import Blueprint, Schema
from fairway.portal.catalog.search.bind import bind
from fairway.portal.catalog.search.context import load_context
from fairway.portal.catalog.search.lower import lower
from fairway.portal.catalog.search.nodes import FALSE, And, Node, Or, Residual, conjunction, disjunction
from fairway.portal.catalog.search.plan import Planner
from fairway.portal.catalog.search.residue import has_residual
from fairway.portal.catalog.search.rules import Rule, parse_search_object
from fairway.portal.catalog.search.targets import readable_node
from fairway.portal.catalog.tables import entity
from fairway.portal.storage.tx import Tx


class SearchLookups:
    """What writes of entities ask of search."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def find(
        self, tx: Tx, schema: Schema, caller: Caller, blueprint: Blueprint, query: Mapping[str, Any], limit: int
    ) -> Sequence[tuple[int, str]]:
        """(id, identifier) of entities that match a search object (contract 3.4), at most ``limit``.

        Raises:
            InvalidRequest: the query is malformed or asks for what may not be asked here.
        """
        rule = parse_search_object(query, "search")
        ids = await self.find_ids(tx, schema, caller, rule, blueprint, limit)
        names = await tx.rows(select(entity.c.id, entity.c.identifier).where(tx.any_of(entity.c.id, ids or [0])))
        return sorted((row.id, row.identifier) for row in names)

    async def find_ids(
        self, tx: Tx, schema: Schema, caller: Caller, rule: Rule, blueprint: Blueprint, limit: int
    ) -> list[int]:
        """Ids of entities that match a rule and that the caller may read, ascending, at most ``limit``.

        Raises:
            InvalidRequest: the rule asks for calculation, aggregation or scorecard values, which a transaction
                cannot work out.
        """
        context = await load_context(tx, schema, caller, to_millis(self._clock.now()))
        asked = lower(bind(rule, context), blueprint, schema)
        if has_residual(asked):
            raise InvalidRequest("Calculation and aggregation properties and scorecards cannot be searched here")
        readable = _decidable(readable_node(schema, caller, context, blueprint))
        return await Planner(tx.dialect).ids(tx, [blueprint.id], conjunction([readable, asked]), 0, limit)

    async def readable(self, tx: Tx, schema: Schema, caller: Caller, blueprint: Blueprint, entity_id: int) -> bool:
        """Whether the caller may know that an entity exists."""
        context = await load_context(tx, schema, caller, to_millis(self._clock.now()))
        node = _decidable(readable_node(schema, caller, context, blueprint))
        planner = Planner(tx.dialect)
        condition = planner.compiler.condition(await planner.resolved(tx, node), entity)
        return await tx.row(select(entity.c.id).where(entity.c.id == entity_id, condition)) is not None


def _decidable(node: Node) -> Node:
    """A read policy as far as SQL can decide it; what it cannot decide grants nothing."""
    match node:
        case Residual():
            return FALSE
        case And(nodes):
            return conjunction(map(_decidable, nodes))
        case Or(nodes):
            return disjunction(map(_decidable, nodes))
    return node
