"""Why an event started a workflow, or did not."""

from __future__ import annotations

from typing import Any

from fairway.portal.access.decisions import require_admin
from fairway.portal.automations import repository as evaluations
from fairway.portal.automations.insight import evaluation
from fairway.portal.caller import Caller
from fairway.portal.storage import Database, Tx
from fairway.portal.workflows.model import EVENT, nodes_of
from fairway.portal.workflows.service import require_workflow
from fairway.portal.workflows.triggers import listener_key


class WorkflowInsight:
    """Reads what event triggers made of the events they heard."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def evaluations(self, caller: Caller, identifier: str, limit: int) -> list[dict[str, Any]]:
        """The last evaluations of all event triggers of a workflow, newest first.

        Raises:
            Forbidden: the caller is no Admin.
            NotFound: there is no workflow of that identifier.
        """
        require_admin(caller, "read the log of workflows")

        async def work(tx: Tx) -> list[dict[str, Any]]:
            workflow = await require_workflow(tx, identifier)
            nodes = nodes_of(workflow.document).values()
            keys = {listener_key(workflow.id, each.identifier): each.identifier for each in nodes if each.type == EVENT}
            rows = await evaluations.latest(tx, keys, limit)
            return [{"trigger": keys[row.listener], **evaluation(row)} for row in rows]

        return await self._db.read(work)
