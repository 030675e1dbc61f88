"""SQL of scorecards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update

from fairway.portal.scorecards.model import Scorecard, compiled
from fairway.portal.scorecards.tables import scorecard
from fairway.portal.storage.tx import Tx

_STORED = (
    "id", "blueprint_id", "identifier", "position", "document", "created_at", "created_by", "updated_at", "updated_by",
)  # fmt: skip


async def all_scorecards(tx: Tx) -> list[Scorecard]:
    """Every scorecard, by blueprint, in their order."""
    statement = select(scorecard).order_by(scorecard.c.blueprint_id, scorecard.c.position, scorecard.c.id)
    return [_scorecard(row) for row in await tx.rows(statement)]


async def of_blueprint(tx: Tx, blueprint_id: int) -> list[Scorecard]:
    """The scorecards of a blueprint, in their order."""
    statement = select(scorecard).where(scorecard.c.blueprint_id == blueprint_id)
    return [_scorecard(row) for row in await tx.rows(statement.order_by(scorecard.c.position, scorecard.c.id))]


async def find(tx: Tx, blueprint_id: int, identifier: str) -> Scorecard | None:
    """One scorecard."""
    row = await tx.row(
        select(scorecard).where(scorecard.c.blueprint_id == blueprint_id, scorecard.c.identifier == identifier)
    )
    return None if row is None else _scorecard(row)


async def by_id(tx: Tx, scorecard_id: str) -> Scorecard | None:
    """One scorecard by its surrogate key."""
    row = await tx.row(select(scorecard).where(scorecard.c.id == scorecard_id))
    return None if row is None else _scorecard(row)


async def add(tx: Tx, new: Scorecard) -> None:
    """Stores a new scorecard."""
    await tx.run(insert(scorecard).values(**_values(new)))


async def save(tx: Tx, changed: Scorecard) -> None:
    """Stores all of a scorecard that exists."""
    await tx.run(update(scorecard).where(scorecard.c.id == changed.id).values(**_values(changed)))


async def remove(tx: Tx, ids: Sequence[str]) -> None:
    """Deletes scorecards; their results are cleaned up afterwards."""
    await tx.run(delete(scorecard).where(tx.any_of(scorecard.c.id, ids)))


def _values(of: Scorecard) -> dict[str, Any]:
    return {name: getattr(of, name) for name in _STORED}


def _scorecard(row: Any) -> Scorecard:
    rule_filter, rules = compiled(row.document)
    return Scorecard(**row._mapping, filter=rule_filter, rules=rules)
