"""Indexed searches read the index, not the entity table."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from fairway.portal.catalog.model import Schema
from fairway.portal.catalog.search.bind import Context, bind
from fairway.portal.catalog.search.lower import lower
from fairway.portal.catalog.search.plan import Planner
from fairway.portal.catalog.search.rules import parse_query
from fairway.portal.storage import Database, Tx
from search.world import Item, World, make_blueprint

COUNT = 6000


def _world() -> World:
    team = make_blueprint("team", {})
    service = make_blueprint(
        "service",
        {
            "tier": {"type": "string"}, "score": {"type": "number"}, "tags": {"type": "array"},
            "since": {"type": "string", "format": "date-time"}, "live": {"type": "boolean"}, "note": {"type": "string"},
        },
        {"team": {"target": "team"}},
        ("tier", "score", "tags", "since", "live", "$team"),
        mirrorProperties={"teamName": {"path": "team.$identifier"}},
    )  # fmt: skip
    items = [Item("team", f"t{number}") for number in range(50)]
    items += [
        Item(
            "service", f"s{number}",
            {
                "tier": f"tier-{number % 400}", "score": number, "tags": ["common", f"tag-{number % 300}"],
                "since": f"20{number % 60 + 10:02}-01-01T00:00:00Z", "live": number % 500 == 0, "note": f"n{number}",
            },
            {"team": [f"t{number % 50}"]}, [f"owner-{number % 200}"], f"Service {number}",
            datasource=f"agent/{number % 100}",
        )
        for number in range(COUNT)
    ]  # fmt: skip
    return World(Schema(1, {"team": team, "service": service}), items)


@pytest.fixture
async def world(db: Database) -> World:
    """Six thousand services, with the statistics a server has after a while."""
    made = _world()
    await db.write(made.store)
    if db.dialect == "postgresql":
        await db.write(lambda tx: tx.raw("ANALYZE"))
    return made


async def _explained(tx: Tx, planner: Planner, world: World, query: dict[str, Any]) -> tuple[list[int], str]:
    """The ids that a query finds, and how the database finds them."""
    blueprint = world.schema.require("service")
    node = lower(bind(parse_query(query), Context(0)), blueprint, world.schema)
    statement = await planner.statement(tx, [blueprint.id], node, 0, 200)
    assert statement is not None
    found = [row[0] for row in await tx.rows(statement)]
    if tx.dialect == "sqlite":
        from sqlalchemy.dialects import sqlite as dialect

        compiled = statement.compile(dialect=dialect.dialect(), compile_kwargs={"literal_binds": True})
        rows = await tx.rows(text(f"EXPLAIN QUERY PLAN {str(compiled).replace(':', chr(92) + ':')}"))
        return found, "\n".join(row[3] for row in rows)
    from sqlalchemy.dialects import postgresql

    compiled = statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    return found, "\n".join(row[0] for row in await tx.raw(f"EXPLAIN {compiled}"))


def _is(name: str, operator: str, value: Any) -> dict[str, Any]:
    return {"property": name, "operator": operator, "value": value}


SINGLE: list[tuple[dict[str, Any], int]] = [
    (_is("tier", "=", "tier-7"), 15),
    (_is("tier", "in", ["tier-7", "tier-8"]), 30),
    (_is("score", "=", 7), 1),
    (_is("score", ">", 5990), 9),
    (_is("tags", "contains", "tag-3"), 20),
    (_is("live", "=", True), 12),
    (_is("since", "<", "2010-06-01"), 100),
    (_is("$team", "in", ["owner-3"]), 30),
    (_is("$identifier", "in", ["s1", "s2"]), 2),
    (_is("team", "=", "t3"), 120),
    (_is("teamName", "=", "t3"), 120),
    (_is("$datasource", "endsWith", "/7"), 60),
    ({"operator": "relatedTo", "blueprint": "team", "value": "t3", "direction": "downstream"}, 120),
]


def _scans(plan: str, dialect: str) -> list[str]:
    """Lines that read the whole entity table, or the whole blueprint."""
    lines = plan.splitlines()
    if dialect == "postgresql":
        return [line for line in lines if "Seq Scan on entity" in line or "ix_entity_blueprint" in line]
    return [line for line in lines if line.startswith("SCAN entity") or "ix_entity_blueprint (blueprint_id=?)" in line]


async def test_single_rules_do_not_scan(db: Database, world: World) -> None:
    planner = Planner(db.dialect)
    for rule, expected in SINGLE:
        query = {"combinator": "and", "rules": [rule]}
        found, plan = await db.read(lambda tx, q=query: _explained(tx, planner, world, q))  # type: ignore[misc]
        assert len(found) == expected, rule
        assert not _scans(plan, db.dialect), f"{rule}\n{plan}"


async def test_branches_each_begin_with_an_index(db: Database, world: World) -> None:
    planner = Planner(db.dialect)
    query = {
        "combinator": "or",
        "rules": [
            {"combinator": "and", "rules": [_is("tier", "=", "tier-7"), _is("note", "!=", "n7")]},
            {"combinator": "and", "rules": [_is("tags", "contains", "tag-3"), _is("score", "<", 1000)]},
        ],
    }
    found, plan = await db.read(lambda tx: _explained(tx, planner, world, query))
    assert len(found) == 18
    assert not _scans(plan, db.dialect), plan


async def test_common_values_are_joined(db: Database, world: World) -> None:
    """Two large sets stream beside each other instead of being filtered row by row."""
    planner = Planner(db.dialect, few=10)
    query = {"combinator": "and", "rules": [_is("tags", "contains", "common"), _is("$team", "in", ["owner-3"])]}
    found, plan = await db.read(lambda tx: _explained(tx, planner, world, query))
    assert len(found) == 30
    assert not _scans(plan, db.dialect), plan
