"""Why an automation was started, or was not."""

from __future__ import annotations

from typing import Any

from fairway.kit.clock import rfc3339
from fairway.portal.access.decisions import require_admin
from fairway.portal.actions.service import ActionService, missing
from fairway.portal.audit.records import event_identifier
from fairway.portal.automations import repository
from fairway.portal.automations.starting import listener_key
from fairway.portal.caller import Caller
from fairway.portal.storage import Database, Tx


class AutomationInsight:
    """Reads evaluations."""

    def __init__(self, db: Database, actions: ActionService) -> None:
        self._db = db
        self._actions = actions

    async def evaluations(self, caller: Caller, identifier: str, limit: int) -> list[dict[str, Any]]:
        """The last evaluations of an automation, newest first.

        Raises:
            Forbidden: the caller is no Admin.
            NotFound: there is no automation of that identifier.
        """
        require_admin(caller, "read the log of automations")

        async def work(tx: Tx) -> list[dict[str, Any]]:
            action = await self._actions.require(tx, identifier)
            if action.kind != "automation":
                raise missing(identifier)
            return [evaluation(row) for row in await repository.latest(tx, [listener_key(action.id)], limit)]

        return await self._db.read(work)


def evaluation(row: Any) -> dict[str, Any]:
    """An evaluation as the wire shows it."""
    return {
        "event": event_identifier(row.event_id),
        "outcome": row.outcome,
        "message": row.message,
        "runId": row.run_id,
        "at": rfc3339(row.at),
    }
