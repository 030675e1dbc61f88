"""The job that executes a node: what can be decided at once is, the rest is rendered and goes to whoever does it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fairway.jq import Engine as Jq
from fairway.jq import Templates
from fairway.portal.runs.rendering.renderer import Renderer
from fairway.portal.storage import Tx
from fairway.portal.storage.jobs import Job, JobHandler
from fairway.portal.workflows import logs
from fairway.portal.workflows import run_repository as repository
from fairway.portal.workflows.asking import expire_in
from fairway.portal.workflows.conditions import choose
from fairway.portal.workflows.context import NodeContext
from fairway.portal.workflows.delivering import deliver_in
from fairway.portal.workflows.engine import STEP
from fairway.portal.workflows.model import CONDITION, INPUT, NOT_OFFERED, Node, nodes_of
from fairway.portal.workflows.payloads import invocation_of
from fairway.portal.workflows.tools import Tools

Then = Callable[[Tx, int], Awaitable[None]]


class Steps:
    """Executes nodes that runs have come to. Twice does no harm: a node that was rendered is not rendered again."""

    def __init__(self, tools: Tools, jq: Jq, renderer: Renderer) -> None:
        self._tools = tools
        self._jq = jq
        self._templates = Templates(jq)
        self._renderer = renderer

    @property
    def job_handler(self) -> JobHandler:
        """For ``Portal.job_handlers``."""
        return JobHandler(STEP, self._step, given_up=self._tools.give_up_in)

    async def _step(self, job: Job) -> None:
        context = await self._tools.load(str(job.payload["nodeRun"]))
        if context is None or context.node.ended or context.run.ended or context.node.config is not None:
            return
        node = nodes_of(context.run.definition)[context.node.node]
        if node.type in NOT_OFFERED:
            await self._tools.fail(
                context, f"Nodes of type {node.type} are not offered: this portal runs no language models"
            )
        elif node.type == CONDITION:
            found = await choose(self._jq, node.config, context.document({}))
            await self._tools.completion.finish(self._tools.system, context.node, found)
        elif node.type == INPUT:
            await self._ask(context, node)
        else:
            await self._render(context, node)

    async def _ask(self, context: NodeContext, node: Node) -> None:
        """The configuration with its texts rendered; then somebody has to respond."""
        config = await self._templates.render(_without_inputs(node.config), context.document({}))
        shown = {**config, **{key: node.config[key] for key in ("userInputs",) if key in node.config}}
        lines = [("INFO", "Waits for somebody to respond")]
        if node.config.get("notifications"):
            lines.append(("WARN", "Notifications of INPUT nodes are not sent by this portal"))
        values = {"config": shown, "links": await self._links(context, node)}
        await self._store(context, values, lines, lambda tx, now: expire_in(tx, context.node, node, now))

    async def _render(self, context: NodeContext, node: Node) -> None:
        secrets = await self._renderer.secrets()
        rendered = await self._renderer.render(invocation_of(node), context, secrets)
        if rendered.problem is not None:
            await self._tools.fail(context, rendered.problem)
            return
        values: dict[str, Any] = {
            "config": rendered.payload, "secret": rendered.secret, "queue": rendered.queue,
            "labels": rendered.labels, "links": await self._links(context, node),
        }  # fmt: skip
        if rendered.queue is None:
            await self._store(context, values, [], lambda tx, now: deliver_in(tx, context.node.id, now))
        else:
            await self._store(context, values, [("INFO", "Waits to be claimed")])

    async def _store(
        self, context: NodeContext, values: dict[str, Any], lines: list[tuple[str, str]], then: Then | None = None
    ) -> None:
        """What was rendered, and the job that goes on from there, in one transaction."""
        now = self._tools.now()
        node_id = context.node.id

        async def work(tx: Tx) -> None:
            run = await repository.lock_run(tx, context.run.id)
            node = await repository.find_node_run(tx, node_id)
            if run is None or run.ended or node is None or node.ended or node.config is not None:
                return
            await repository.update_node_run(tx, node_id, {**values, "updated_at": now})
            await logs.write_in(tx, node_id, lines, self._tools.system, now)
            if then is not None:
                await then(tx, now)

        await self._tools.db.write(work)

    async def _links(self, context: NodeContext, node: Node) -> list[str]:
        """``links`` of the node; those whose template gives no text are left out."""
        wanted = [each.get("url") if isinstance(each, dict) else each for each in node.document.get("links") or ()]
        found = await self._templates.render(wanted, context.document({}))
        return [each for each in found if isinstance(each, str) and each]


def _without_inputs(config: Any) -> dict[str, Any]:
    """Forms have expressions of their own, which see the form."""
    return {key: value for key, value in config.items() if key not in ("userInputs", "notifications")}
