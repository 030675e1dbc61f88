"""People leave while a run waits for them: waiting runs are counted again when users or teams change."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlalchemy import ColumnElement, false

from fairway.portal.runs.approvals import repository
from fairway.portal.runs.approvals.service import ApprovalService
from fairway.portal.storage import Database, Tx
from fairway.portal.storage.consumers import Consumer
from fairway.portal.storage.outbox import Event
from fairway.portal.storage.tables import event

_MOST = 10_000
"""Waiting runs that are counted again at a time."""


class PeopleWatch:
    """Without it a run that needs everybody would wait for somebody who left."""

    def __init__(self, db: Database, service: ApprovalService) -> None:
        self._db = db
        self._service = service

    @property
    def consumer(self) -> Consumer:
        """Wants events of users and teams, and none while no run waits."""
        return Consumer("run.approvals", self._handle, self._wanted)

    async def _wanted(self, tx: Tx) -> ColumnElement[bool]:
        if not await repository.waiting_runs(tx, 1):
            return false()
        changes = event.c.action.in_(("UPDATE", "DELETE"))
        return (event.c.resource_type == "entity") & event.c.blueprint.in_(("_user", "_team")) & changes

    async def _handle(self, events: Sequence[Event]) -> None:
        for run_id in await self._db.read(lambda tx: repository.waiting_runs(tx, _MOST)):
            await self._db.write(partial(self._service.recount_in, run_id=run_id))
