"""SQL of stored results: what changed, lists by key, counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, func, select

from fairway.portal.scorecards.tables import rule_result, scorecard_result
from fairway.portal.storage.tx import Tx


@dataclass(frozen=True, slots=True)
class LevelRow:
    """The level of an entity."""

    entity: str
    level: str
    changed_at: int


@dataclass(frozen=True, slots=True)
class RuleRow:
    """The status of a rule for an entity."""

    entity: str
    rule: str
    passed: bool
    changed_at: int


async def levels(tx: Tx, scorecard_id: str, entities: Sequence[str]) -> dict[str, LevelRow]:
    """Stored levels of some entities."""
    table = scorecard_result
    statement = select(table.c.entity, table.c.level, table.c.changed_at).where(
        table.c.scorecard_id == scorecard_id, tx.any_of(table.c.entity, entities)
    )
    return {row.entity: LevelRow(**row._mapping) for row in await tx.rows(statement)}


async def rules(tx: Tx, scorecard_id: str, entities: Sequence[str]) -> dict[tuple[str, str], RuleRow]:
    """Stored rule results of some entities, by (entity, rule)."""
    table = rule_result
    statement = select(table.c.entity, table.c.rule, table.c.passed, table.c.changed_at).where(
        table.c.scorecard_id == scorecard_id, tx.any_of(table.c.entity, entities)
    )
    return {(row.entity, row.rule): RuleRow(**row._mapping) for row in await tx.rows(statement)}


async def put_levels(tx: Tx, scorecard_id: str, rows: Sequence[LevelRow], gone: Iterable[str]) -> None:
    """Stores changed levels and drops those of entities that have none any more."""
    stale = [(scorecard_id, row.entity) for row in rows] + [(scorecard_id, entity) for entity in gone]
    if stale:
        await tx.delete_many(scorecard_result, ("scorecard_id", "entity"), stale)
    if rows:
        values = [(scorecard_id, row.entity, row.level, row.changed_at) for row in rows]
        await tx.insert_many(scorecard_result, ("scorecard_id", "entity", "level", "changed_at"), values)


async def put_rules(tx: Tx, scorecard_id: str, rows: Sequence[RuleRow], gone: Iterable[tuple[str, str]]) -> None:
    """The same for rules; ``gone`` are (entity, rule)."""
    stale = [(scorecard_id, row.rule, row.entity) for row in rows]
    stale += [(scorecard_id, rule, entity) for entity, rule in gone]
    if stale:
        await tx.delete_many(rule_result, ("scorecard_id", "rule", "entity"), stale)
    if rows:
        values = [(scorecard_id, row.rule, row.entity, row.passed, row.changed_at) for row in rows]
        await tx.insert_many(rule_result, ("scorecard_id", "rule", "entity", "passed", "changed_at"), values)


async def some_entities(tx: Tx, scorecard_id: str, limit: int) -> list[str]:
    """Some entities with results, to clean up after a scorecard."""
    table = scorecard_result
    statement = select(table.c.entity).where(table.c.scorecard_id == scorecard_id).limit(limit)
    return [row.entity for row in await tx.rows(statement)]


async def forget(tx: Tx, scorecard_id: str) -> None:
    """Drops whatever is left of a scorecard."""
    for table in (scorecard_result, rule_result):
        await tx.run(delete(table).where(table.c.scorecard_id == scorecard_id))


async def page(
    tx: Tx, scorecard_id: str, *, after: str, limit: int, level: str | None, rule: str | None, passed: bool | None
) -> list[LevelRow]:
    """Entities with results in the order of their identifiers, behind ``after``."""
    table = scorecard_result
    statement = select(table.c.entity, table.c.level, table.c.changed_at).where(
        table.c.scorecard_id == scorecard_id, table.c.entity > after
    )
    if level is not None:
        statement = statement.where(table.c.level == level)
    if rule is not None:
        statement = statement.join(rule_result, _same_entity(rule))
        if passed is not None:
            statement = statement.where(rule_result.c.passed == passed)
    rows = await tx.rows(statement.order_by(table.c.entity).limit(limit))
    return [LevelRow(**row._mapping) for row in rows]


async def counts(tx: Tx, scorecard_id: str) -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
    """Entities per level, and per rule how many pass and how many fail."""
    level, rule = scorecard_result.c, rule_result.c
    by_level = await tx.rows(
        select(level.level, func.count().label("number"))
        .where(level.scorecard_id == scorecard_id)
        .group_by(level.level)
    )
    by_rule = await tx.rows(
        select(rule.rule, rule.passed, func.count().label("number"))
        .where(rule.scorecard_id == scorecard_id)
        .group_by(rule.rule, rule.passed)
    )
    passes: dict[str, list[int]] = {}
    for row in by_rule:
        passes.setdefault(row.rule, [0, 0])[0 if row.passed else 1] += row.number
    return {row.level: row.number for row in by_level}, {name: (pair[0], pair[1]) for name, pair in passes.items()}


def _same_entity(rule: str) -> ColumnElement[bool]:
    left, right = scorecard_result.c, rule_result.c
    return and_(left.scorecard_id == right.scorecard_id, left.entity == right.entity, right.rule == rule)
