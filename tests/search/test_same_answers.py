"""The compiled search and the plain evaluator agree, whatever the schema, the entities and the rules."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.search.bind import Context, bind
from fairway.portal.catalog.search.evaluate import satisfies
from fairway.portal.catalog.search.lower import lower
from fairway.portal.catalog.search.plan import Planner
from fairway.portal.catalog.search.residue import Split, decide, split
from fairway.portal.catalog.search.rules import parse_query
from fairway.portal.storage import Database, Tx
from search.strategies import queries, worlds
from search.world import World

EXAMPLES = int(os.environ.get("FAIRWAY_SEARCH_EXAMPLES", "25"))
"""Worlds, each asked ten queries of three blueprints."""

CONTEXT = Context(
    now=1_704_067_200_500,
    user={"identifier": "a", "properties": {"p": "ab"}},
    teams=({"identifier": "red", "properties": {"p": 1}}, {"identifier": "blue", "properties": {}}),
    my_teams=frozenset({"red", "blue"}),
)


@settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    world=worlds(),
    asked=st.lists(queries(residual=True), min_size=10, max_size=10),
    sizes=st.sampled_from([(2000, 20_000), (0, 20_000), (0, 0)]),
)
async def test_sql_answers_like_the_evaluator(
    db: Database, world: World, asked: list[dict[str, Any]], sizes: tuple[int, int]
) -> None:
    """``sizes`` make small worlds be searched like large ones."""
    await db.write(world.store)
    planner = Planner(db.dialect, *sizes)
    for query in asked:
        bound = bind(parse_query(query), CONTEXT)
        for blueprint in world.schema:
            items = [item for item in world.items if item.blueprint == blueprint.identifier]
            expected = [
                item.id
                for item in items
                if satisfies(bound, world.document(item), blueprint=blueprint, graph=world.graph)
            ]
            parts = split(lower(bound, blueprint, world.schema))
            found = await db.read(lambda tx, p=parts, b=blueprint: _matches(tx, planner, world, p, b))  # type: ignore[misc]
            assert found == sorted(expected), (query, blueprint.identifier, parts)


async def _matches(tx: Tx, planner: Planner, world: World, parts: Split, blueprint: Blueprint) -> list[int]:
    ids = await planner.ids(tx, [blueprint.id], parts.candidates, 0, 100)
    if parts.rest is None:
        return ids
    facts = await planner.facts(tx, ids, parts.facts())
    by_id = {item.id: world.document(item) for item in world.items}
    return [each for each in ids if decide(parts.rest, by_id[each], blueprint, facts[each])]
