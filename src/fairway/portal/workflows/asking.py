"""The end of INPUT nodes: enough people have responded, or the time for it is over.

Every look is a job that was asked for in the transaction of the response, or of the question: a portal that dies before
the node has ended leaves no question open.
"""

from __future__ import annotations

from collections.abc import Sequence

from fairway.portal.storage import Tx
from fairway.portal.storage.jobs import Job, JobHandler, enqueue
from fairway.portal.workflows.conditions import described, text_of
from fairway.portal.workflows.engine import Outcome
from fairway.portal.workflows.model import JsonObject, Node, NodeRun, nodes_of, outlets_of
from fairway.portal.workflows.tools import Tools, failure

LOOK = "workflow.asked"
EXPIRED = "Expired"


async def look_in(tx: Tx, node_run_id: str, responses: int, now: int) -> None:
    """Has the node looked at behind its latest response."""
    await enqueue(tx, LOOK, f"{node_run_id}:{responses}", {"nodeRun": node_run_id}, now=now)


async def expire_in(tx: Tx, asked: NodeRun, node: Node, now: int) -> None:
    """Has the node looked at when its ``expiresInSeconds`` are over."""
    seconds = node.config.get("expiresInSeconds")
    if seconds is not None:
        payload = {"nodeRun": asked.id, "expires": True}
        await enqueue(tx, LOOK, f"{asked.id}:expires", payload, now=now, due_at=now + int(seconds) * 1000)


class Asking:
    """Looks at INPUT nodes."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    @property
    def job_handler(self) -> JobHandler:
        """For ``Portal.job_handlers``."""
        return JobHandler(LOOK, self._look, given_up=self._tools.give_up_in)

    async def _look(self, job: Job) -> None:
        context = await self._tools.load(str(job.payload["nodeRun"]))
        if context is None or context.node.ended:
            return
        node = nodes_of(context.run.definition)[context.node.node]
        outcome = decided(node, context.node.responses or ())
        if outcome is None and job.payload.get("expires"):
            outcome = _expired(node, context.node.responses or ())
        if outcome is not None:
            await self._tools.completion.finish(self._tools.system, context.node, outcome)


def decided(node: Node, responses: Sequence[JsonObject]) -> Outcome | None:
    """The end of the node, when an outlet has enough responses; without outlets the first response is enough."""
    outlets = outlets_of(node.config)
    for outlet in outlets:
        count = sum(each["button"] == outlet["identifier"] for each in responses)
        if count >= int(outlet.get("numOfResponders") or 1):
            output = {"selectedOutlet": described(outlet), "responses": list(responses)}
            return Outcome(
                "SUCCESS", output, str(outlet["identifier"]), text_of(outlet.get("statusLabel")),
                text_of(outlet.get("workflowStatusLabel")), logs=(("INFO", f'Outlet "{outlet["identifier"]}"'),),
            )  # fmt: skip
    if outlets or not responses:
        return None
    return Outcome("SUCCESS", {"selectedOutlet": None, "responses": list(responses)})


def _expired(node: Node, responses: Sequence[JsonObject]) -> Outcome:
    seconds = node.config["expiresInSeconds"]
    return failure(f"Within {seconds} s {len(responses)} responded, which decided nothing", EXPIRED)
