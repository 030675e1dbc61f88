"""SQL of actions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, insert, select, update

from fairway.portal.actions.model import Action
from fairway.portal.actions.tables import action
from fairway.portal.storage.tx import Tx

_STORED = (
    action.c.id, action.c.identifier, action.c.document, action.c.permissions, action.c.created_at,
    action.c.created_by, action.c.updated_at, action.c.updated_by,
)  # fmt: skip


async def every(tx: Tx) -> list[Action]:
    """All actions, oldest first."""
    return [_action(row) for row in await tx.rows(select(*_STORED).order_by(action.c.created_at, action.c.id))]


async def find(tx: Tx, identifier: str) -> Action | None:
    """One action."""
    row = await tx.row(select(*_STORED).where(action.c.identifier == identifier))
    return None if row is None else _action(row)


async def exists(tx: Tx, identifier: str) -> bool:
    """Whether there is an action of that identifier."""
    return await tx.row(select(action.c.id).where(action.c.identifier == identifier)) is not None


async def of_blueprint(tx: Tx, blueprint: str) -> list[Action]:
    """The actions on entities of a blueprint, and the automations that listen to them."""
    return [_action(row) for row in await tx.rows(select(*_STORED).where(action.c.blueprint == blueprint))]


async def listening_to(tx: Tx, identifier: str) -> list[Action]:
    """The automations that follow the runs of an action."""
    return [_action(row) for row in await tx.rows(select(*_STORED).where(action.c.event_action == identifier))]


async def add(tx: Tx, new: Action) -> None:
    """Stores a new action."""
    await tx.run(insert(action).values(**_values(new)))


async def save(tx: Tx, changed: Action) -> None:
    """Stores all of an action that exists."""
    await tx.run(update(action).where(action.c.id == changed.id).values(**_values(changed)))


async def remove(tx: Tx, gone: Action) -> None:
    """Deletes an action; its runs stay."""
    await tx.run(delete(action).where(action.c.id == gone.id))


def _values(of: Action) -> dict[str, Any]:
    return {
        **{column.name: getattr(of, column.name) for column in _STORED},
        "kind": of.kind,
        "blueprint": of.blueprint,
        "operation": of.operation,
        "event_type": of.event.get("type"),
        "event_action": of.event.get("actionIdentifier"),
        "published": of.published,
    }


def _action(row: Any) -> Action:
    return Action(**row._mapping)
