"""All actions at hand: cached per process, checked against a version in every unit of work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from fairway.portal.actions import repository
from fairway.portal.actions.model import Action
from fairway.portal.storage.tables import marker
from fairway.portal.storage.tx import Tx

_VERSION = "actions_version"
_READ_VERSION = "SELECT value FROM marker WHERE name = 'actions_version'"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All actions at one version."""

    version: int
    every: Sequence[Action]
    by_identifier: Mapping[str, Action]
    automations: Sequence[Action]
    """Published ones."""


class ActionCache:
    """Hands out :class:`Snapshot`. Whoever writes an action calls :meth:`bump` first, which keeps other writers of
    actions out until the transaction ends."""

    def __init__(self) -> None:
        self._snapshot: Snapshot | None = None

    async def current(self, tx: Tx) -> Snapshot:
        """The actions of this transaction."""
        rows = await tx.raw(_READ_VERSION)
        version = int(rows[0][0]) if rows else 0
        snapshot = self._snapshot
        if snapshot is None or snapshot.version != version:
            snapshot = _snapshot(version, await repository.every(tx))
            self._snapshot = snapshot
        return snapshot

    async def bump(self, tx: Tx) -> None:
        """Tells every process that actions change."""
        await tx.insert_ignore(marker, {"name": _VERSION, "value": "0"})
        statement = select(marker.c.value).where(marker.c.name == _VERSION)
        value = int(await tx.scalar(statement.with_for_update() if tx.dialect == "postgresql" else statement))
        await tx.run(update(marker).where(marker.c.name == _VERSION).values(value=str(value + 1)))
        self.forget()
        tx.after_commit(self.forget)

    def forget(self) -> None:
        """Drops the snapshot: it may stem from a transaction that was rolled back."""
        self._snapshot = None


def _snapshot(version: int, every: Sequence[Action]) -> Snapshot:
    listening = [each for each in every if each.kind == "automation" and each.published]
    return Snapshot(version, every, {each.identifier: each for each in every}, listening)
