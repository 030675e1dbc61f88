"""Who started the runs that workflows start: nobody approves what their own workflow run asks for."""

from __future__ import annotations

from fairway.kit.crypto import SecretBox
from fairway.portal.runs.approvals.lineage import Link, causer, people
from fairway.portal.storage import Tx
from fairway.portal.workflows import run_repository as repository
from fairway.portal.workflows.context import open_context


class WorkflowLineage:
    """Workflow runs, and the node runs that act in their name."""

    def __init__(self, box: SecretBox) -> None:
        self._box = box

    async def link(self, tx: Tx, run_id: str) -> Link | None:
        """See :class:`fairway.portal.runs.approvals.lineage.Lineage`."""
        node = await repository.find_node_run(tx, run_id)
        run = await repository.find_run(tx, run_id if node is None else node.workflow_run)
        if run is None:
            return None
        trigger = open_context(self._box, run).get("trigger")
        return Link(people(run.created_by, causer(trigger)), run.parent)
