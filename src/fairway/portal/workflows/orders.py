"""From a node run to the order that a backend delivers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fairway.kit.clock import Clock, to_millis
from fairway.portal.access.principals import load_caller
from fairway.portal.caller import Caller, system_caller
from fairway.portal.runs.delivery.base import Order, Refused
from fairway.portal.runs.delivery.orders import SigningSecret
from fairway.portal.runs.rendering.renderer import Renderer
from fairway.portal.storage import Database
from fairway.portal.workflows.context import NodeContext
from fairway.portal.workflows.model import JsonObject, WorkflowRun, nodes_of
from fairway.portal.workflows.payloads import invocation_of
from fairway.wire.runs import RunEvent

STARTED_BY_PEOPLE = ("UI", "API")


class NodeOrders:
    """Makes orders of node runs. An order lives as long as its delivery."""

    def __init__(self, db: Database, clock: Clock, renderer: Renderer, signing: SigningSecret, org_id: str) -> None:
        self._db = db
        self._clock = clock
        self._renderer = renderer
        self._signing = signing
        self._org_id = org_id

    async def payload(self, context: NodeContext) -> JsonObject:
        """The real configuration, with the secrets of today.

        Raises:
            RenderingFailed: it cannot be rendered any more.
        """
        if not context.node.secret and context.node.config is not None:
            return context.node.config
        node = nodes_of(context.run.definition)[context.node.node]
        return await self._renderer.real(invocation_of(node), context, await self._renderer.secrets())

    async def of(self, context: NodeContext) -> Order:
        """The order of a node run that is in progress.

        Raises:
            Refused: whoever started the run is gone.
            RenderingFailed: it cannot be rendered any more.
        """
        run, node = context.run, context.node
        payload = await self.payload(context)
        trigger: dict[str, Any] = context.context.get("trigger") or {}
        event = RunEvent(
            run_id=node.id, action=run.workflow, operation=str(trigger.get("operation") or "CREATE"), trigger=trigger,
            invocation=payload, properties=run.inputs, entity=context.context.get("entity"),
            entity_identifier=run.entity, blueprint=run.blueprint,
        )  # fmt: skip
        return Order(
            id=node.id, payload=payload, event=event,
            key=f"{run.blueprint}:{run.entity}" if run.entity else run.id,
            caller=await self._caller(run, node.id), signing_secret=await self._signing.signing_secret(),
            secrets=await self._renderer.secrets(), depth=run.depth, sent_at=to_millis(self._clock.now()),
            external_id=node.external_run_id,
        )  # fmt: skip

    async def _caller(self, run: WorkflowRun, node_run_id: str) -> Caller:
        """What starts by itself acts as the portal, under the workflow's name; other runs as whoever started them."""
        found: Caller | None
        if run.source not in STARTED_BY_PEOPLE:
            found = system_caller(self._org_id, run.workflow)
        else:
            found = await self._db.read(lambda tx: load_caller(tx, run.created_by, self._org_id))
            if found is None:
                raise Refused("Whoever started this run does not exist any more, or is disabled")
            found = found.acting_as(run.source)
        agent = f"fairway-workflow/{run.workflow}"
        return replace(found, run_id=node_run_id, run_depth=run.depth, user_agent=agent)
