"""Starting a workflow by hand: who, with which inputs, and whether they may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairway.kit.clock import Clock, rfc3339, to_millis
from fairway.kit.errors import InvalidRequest, NotFound
from fairway.portal.access.directory import Directory
from fairway.portal.actions.feature import Actions
from fairway.portal.caller import Caller
from fairway.portal.catalog.wiring import Catalog
from fairway.portal.http.requests import optional
from fairway.portal.people.documents import user_document
from fairway.portal.storage import Database, Tx
from fairway.portal.workflows.engine import Engine, Start
from fairway.portal.workflows.model import SELF_SERVE, Node, Workflow, WorkflowRun, nodes_of
from fairway.portal.workflows.repository import all_workflows
from fairway.portal.workflows.service import require_workflow
from fairway.portal.workflows.synthetic import blueprint_of, trigger_action

Document = Mapping[str, Any]
_SHOWN_USER = ("id", "email", "firstName", "lastName", "status", "createdAt", "updatedAt")


class WorkflowStarter:
    """Checks what is asked for, then has the run begin."""

    def __init__(
        self, db: Database, clock: Clock, engine: Engine, actions: Actions, catalog: Catalog, directory: Directory
    ) -> None:
        self._db = db
        self._clock = clock
        self._engine = engine
        self._actions = actions
        self._catalog = catalog
        self._directory = directory

    async def start(self, caller: Caller, identifier: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Starts a run and answers at once.

        Raises:
            NotFound: the workflow or the entity does not exist, as far as the caller may know.
            InvalidRequest: it has no trigger that can be pressed, or entity or inputs will not do.
            Forbidden: the caller may not press the trigger.
        """
        given = dict(body)
        workflow = await self._db.read(lambda tx: require_workflow(tx, identifier))
        node = _trigger(workflow, optional(given, "trigger", str))
        inputs = dict(optional(given, "inputs", dict) or {})
        entity = await self._entity(caller, workflow, node, optional(given, "entity", str), inputs)
        action = trigger_action(identifier, node, None if entity is None else str(entity["blueprint"]))
        checked = await self._actions.forms.check(caller, action, inputs, entity)
        decision = await self._actions.access.decide_execute(caller, action, entity, checked.inputs)
        decision.enforce()
        context = {
            "inputs": checked.inputs, "trigger": await self._trigger_document(caller), "event": None, "entity": entity,
        }  # fmt: skip
        new = Start(
            workflow, node.identifier, checked.raw, context, "UI" if caller.origin == "UI" else "API", checked.shown,
            None if entity is None else str(entity["blueprint"]),
            None if entity is None else str(entity["identifier"]), depth=caller.run_depth, parent=caller.run_id,
        )  # fmt: skip

        async def work(tx: Tx) -> WorkflowRun | None:
            return await self._engine.begin_in(tx, caller, new)

        run = await self._db.write(work)
        assert run is not None, "only what has a cause can have been started before"
        return run.shown()

    async def form(self, caller: Caller, identifier: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The form of a trigger for the values given so far, as that of an action. Raises like :meth:`start`."""
        given = dict(body)
        workflow = await self._db.read(lambda tx: require_workflow(tx, identifier))
        node = _trigger(workflow, optional(given, "trigger", str))
        inputs = dict(optional(given, "form", dict) or {})
        entity = await self._entity(caller, workflow, node, optional(given, "entity", str), inputs)
        action = trigger_action(identifier, node, None if entity is None else str(entity["blueprint"]))
        self._actions.access.decide_visible(caller, action).enforce()
        return await self._actions.forms.resolve(caller, action, inputs, entity)

    async def offers(self, caller: Caller) -> list[dict[str, Any]]:
        """Published triggers that can be pressed, and whether the caller may."""
        found = []
        for workflow in await self._db.read(all_workflows):
            for node in nodes_of(workflow.document).values():
                if node.type == SELF_SERVE and node.published:
                    found.append(self._offer(caller, workflow, node))
        return found

    def _offer(self, caller: Caller, workflow: Workflow, node: Node) -> dict[str, Any]:
        about = blueprint_of(node.config)
        blueprint = None if about is None else about[0]
        decision = self._actions.access.decide_visible(caller, trigger_action(workflow.identifier, node, blueprint))
        shown = {key: workflow.document.get(key) for key in ("title", "icon", "description", "category")}
        return {
            "workflow": workflow.identifier, "trigger": node.identifier, "triggerTitle": node.document.get("title"),
            **shown, "blueprint": blueprint, "allowed": decision.allowed, "reason": decision.reason,
        }  # fmt: skip

    async def _entity(
        self, caller: Caller, workflow: Workflow, node: Node, identifier: str | None, inputs: dict[str, Any]
    ) -> Document | None:
        """The entity that the run is about; the input that stands for it is filled in."""
        if identifier is None:
            return None
        found = blueprint_of(node.config)
        if found is None:
            raise InvalidRequest(
                f'Workflow "{workflow.identifier}" is not about entities: its trigger "{node.identifier}" names no '
                "blueprint"
            )
        blueprint, name = found
        key = await self._catalog.search.readable(caller, blueprint, identifier)
        documents = [] if key is None else await self._catalog.reader.documents([key])
        if not documents:
            raise NotFound(f'Entity with identifier "{identifier}" was not found in blueprint "{blueprint}"')
        if name is not None:
            inputs.setdefault(name, identifier)
        return documents[0]

    async def _trigger_document(self, caller: Caller) -> dict[str, Any]:
        """``.trigger``: people as the user routes show them."""
        trigger = caller.trigger(rfc3339(to_millis(self._clock.now())))
        records = await self._db.read(lambda tx: self._directory.people(tx, [caller.principal_id]))
        if records and caller.kind in ("user", "service_account"):
            shown = user_document(records[0], caller.org_id)
            trigger["by"] = {**trigger["by"], "user": {key: shown.get(key) for key in _SHOWN_USER}}
        return {**trigger, "operation": None}


def _trigger(workflow: Workflow, wanted: str | None) -> Node:
    """The trigger that is pressed."""
    found = [each for each in nodes_of(workflow.document).values() if each.type == SELF_SERVE]
    if wanted is not None:
        found = [each for each in found if each.identifier == wanted]
    if not found:
        named = f' "{wanted}"' if wanted else ""
        raise InvalidRequest(f'Workflow "{workflow.identifier}" has no trigger{named} of type {SELF_SERVE}')
    if len(found) > 1:
        names = ", ".join(f'"{each.identifier}"' for each in found)
        raise InvalidRequest(f'Workflow "{workflow.identifier}" has several triggers; "trigger" must be one of {names}')
    if not found[0].published:
        raise InvalidRequest(f'Trigger "{found[0].identifier}" of workflow "{workflow.identifier}" is not published')
    return found[0]
