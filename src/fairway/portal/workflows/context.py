"""What templates and conditions of workflows see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairway.kit.clock import rfc3339
from fairway.kit.crypto import SecretBox
from fairway.kit.jsonio import dumps_text, loads
from fairway.portal.storage import Tx
from fairway.portal.workflows import run_repository as repository
from fairway.portal.workflows.model import NodeRun, WorkflowRun

TRIGGER_ALIAS = "trigger"
"""``.outputs.trigger`` is the output of whichever trigger started the run."""


def seal_context(box: SecretBox, run_id: str, context: Mapping[str, Any]) -> str:
    """The context of a run as it is stored."""
    return box.seal(dumps_text(context), f"workflow_run:{run_id}")


def open_context(box: SecretBox, run: WorkflowRun) -> dict[str, Any]:
    """The context of a run: ``inputs``, ``trigger``, ``event``, ``entity``."""
    found: dict[str, Any] = loads(box.open(run.context, f"workflow_run:{run.id}"))
    return found


@dataclass(frozen=True, slots=True)
class NodeContext:
    """What the expressions of one node are evaluated on; see docs/decisions/workflows.md."""

    run: WorkflowRun
    node: NodeRun
    context: Mapping[str, Any]
    """Of the run, opened."""
    done: Sequence[NodeRun]
    """Every node run of the run."""

    def document(self, secrets: Mapping[str, str]) -> dict[str, Any]:
        """The document, with these secrets in it."""
        return _document(self.context, self.run, self.done, self.node, secrets)


async def load_in(tx: Tx, box: SecretBox, node_run_id: str) -> NodeContext | None:
    """The context of a node run; none when it is gone."""
    node = await repository.find_node_run(tx, node_run_id)
    run = None if node is None else await repository.find_run(tx, node.workflow_run)
    if node is None or run is None:
        return None
    return NodeContext(run, node, open_context(box, run), await repository.node_runs(tx, run.id))


def _document(
    context: Mapping[str, Any], run: WorkflowRun, done: Sequence[NodeRun], current: NodeRun, secrets: Mapping[str, str]
) -> dict[str, Any]:
    outputs = {each.node: each.output for each in done if each.ended}
    if run.trigger_node in outputs:
        outputs.setdefault(TRIGGER_ALIAS, outputs[run.trigger_node])
    by = (context.get("trigger") or {}).get("by") or {}
    return {
        "inputs": context.get("inputs") or {},
        "trigger": context.get("trigger"),
        "event": context.get("event"),
        "entity": context.get("entity"),
        "outputs": outputs,
        "nodes": {each.node: {"status": each.status, "result": each.result, "output": each.output} for each in done},
        "run": {"id": current.id},
        "workflow": {"identifier": run.workflow, "versionIdentifier": context.get("version")},
        "workflowRun": {
            "identifier": run.id,
            "createdAt": rfc3339(run.created_at),
            "trigger": {"identifier": run.trigger_node, "by": {**by, **(by.get("user") or {})}},
        },
        "workflowNodeRun": {"identifier": current.id, "createdAt": rfc3339(current.created_at)},
        "secrets": dict(secrets),
    }
