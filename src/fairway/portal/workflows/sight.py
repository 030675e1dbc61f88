"""Who may see a workflow run: Admins, whoever started it, whoever is asked to respond, and everybody when the workflow
says so."""

from __future__ import annotations

from collections.abc import Sequence

from fairway.kit.errors import NotFound
from fairway.portal.caller import Caller
from fairway.portal.storage import Tx
from fairway.portal.workflows import run_repository as repository
from fairway.portal.workflows.model import INPUT, NodeRun, WorkflowRun, nodes_of
from fairway.portal.workflows.synthetic import responders_of


async def require_run(tx: Tx, caller: Caller, run_id: str) -> WorkflowRun:
    """A run that the caller may see.

    Raises:
        NotFound: there is none.
    """
    found = await repository.find_run(tx, run_id)
    if found is None or not (sees(caller, found) or _asked(caller, found)):
        raise NotFound(f'Workflow run "{run_id[:80]}" was not found')
    return found


async def require_node(tx: Tx, caller: Caller, node_run_id: str) -> tuple[WorkflowRun, NodeRun]:
    """A node run of a run that the caller may see.

    Raises:
        NotFound: there is none.
    """
    node = await repository.find_node_run(tx, node_run_id)
    run = None if node is None else await repository.find_run(tx, node.workflow_run)
    if node is None or run is None or not (sees(caller, run) or _asked(caller, run)):
        raise NotFound(f'Node run "{node_run_id[:80]}" was not found')
    return run, node


def sees(caller: Caller, run: WorkflowRun) -> bool:
    """Whether the caller may see a run, whoever is asked to respond aside."""
    return caller.is_admin or run.shared or run.created_by == caller.principal_id


def _asked(caller: Caller, run: WorkflowRun) -> bool:
    nodes: Sequence[object] = [
        node
        for node in nodes_of(run.definition).values()
        if node.type == INPUT and (rule := responders_of(node.config)) is not None and rule.grants(caller)
    ]
    return bool(nodes)
