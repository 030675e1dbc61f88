"""What people say to INPUT nodes, each once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairway.kit.clock import Clock, rfc3339, to_millis
from fairway.kit.errors import Conflict, Forbidden, InvalidRequest
from fairway.portal.actions.forms.service import FormService
from fairway.portal.caller import Caller
from fairway.portal.http.requests import optional
from fairway.portal.storage import Database, Tx
from fairway.portal.workflows import run_repository as repository
from fairway.portal.workflows.asking import decided, look_in
from fairway.portal.workflows.completion import Completion
from fairway.portal.workflows.model import INPUT, JsonObject, Node, NodeRun, WorkflowRun, nodes_of, outlets_of
from fairway.portal.workflows.sight import require_node
from fairway.portal.workflows.synthetic import input_action, responders_of


class InputResponses:
    """Takes responses."""

    def __init__(self, db: Database, clock: Clock, forms: FormService, completion: Completion) -> None:
        self._db = db
        self._clock = clock
        self._forms = forms
        self._completion = completion

    async def respond(self, caller: Caller, node_run_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Adds a response; the node ends when one of its outlets has as many as it asks for.

        Raises:
            NotFound: there is no such node run that the caller may see.
            Forbidden: the caller is not among those asked.
            InvalidRequest: the node waits for no input, or button or inputs will not do.
            Conflict: the node does not wait any more, or the caller has responded.
        """
        run, node = await self._asked(caller, node_run_id)
        given = dict(body)
        button = _button(node, optional(given, "button", str))
        values = optional(given, "inputs", dict) or {}
        checked = await self._forms.check(caller, input_action(run, node), values, None)
        response = {
            "inputs": dict(checked.raw),
            "button": button,
            "submitterInfo": {
                "submittedBy": caller.email or caller.principal_id,
                "userId": caller.principal_id,
                "submittedAt": rfc3339(self._now()),
            },
        }
        stored = await self._db.write(lambda tx: self._add(tx, caller, node_run_id, response))
        outcome = decided(node, stored.responses or ())
        if outcome is not None:  # the job does it, too, should this process not come to it
            stored = await self._completion.finish(caller, stored, outcome)
        return stored.shown()

    async def form(self, caller: Caller, node_run_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The form of an INPUT node for the values given so far. Raises like :meth:`respond`."""
        run, node = await self._asked(caller, node_run_id)
        values = optional(dict(body), "form", dict) or {}
        return await self._forms.resolve(caller, input_action(run, node), values, None)

    async def _asked(self, caller: Caller, node_run_id: str) -> tuple[WorkflowRun, Node]:
        """The node, when it asks the caller."""
        run, node_run = await self._db.read(lambda tx: require_node(tx, caller, node_run_id))
        node = nodes_of(run.definition)[node_run.node]
        if node.type != INPUT:
            raise InvalidRequest(f'Node "{node.identifier}" is of type {node.type} and waits for no input')
        _permit(caller, run, node)
        return run, node

    async def _add(self, tx: Tx, caller: Caller, node_run_id: str, response: JsonObject) -> NodeRun:
        _, current = await require_node(tx, caller, node_run_id)
        await repository.lock_run(tx, current.workflow_run)
        _, current = await require_node(tx, caller, node_run_id)
        if current.ended or current.config is None:
            raise Conflict(f'Node run "{node_run_id}" does not wait for input')
        responses = [*(current.responses or ()), response]
        if any(each["submitterInfo"]["userId"] == caller.principal_id for each in responses[:-1]):
            raise Conflict("You have responded already")
        now = self._now()
        await repository.update_node_run(tx, node_run_id, {"responses": responses, "updated_at": now})
        await look_in(tx, node_run_id, len(responses), now)
        return (await require_node(tx, caller, node_run_id))[1]

    def _now(self) -> int:
        return to_millis(self._clock.now())


def _permit(caller: Caller, run: WorkflowRun, node: Node) -> None:
    rule = responders_of(node.config)
    if rule is None:
        if caller.is_admin or caller.principal_id == run.created_by:
            return
        raise Forbidden(f'Node "{node.identifier}" names nobody: Admins and whoever started the run may respond')
    if rule.grants(caller) is None:
        raise Forbidden(f'{caller.email or caller.principal_id} is not among those asked by node "{node.identifier}"')


def _button(node: Node, button: str | None) -> str | None:
    buttons = [each["identifier"] for each in (node.config.get("userInputs") or {}).get("buttons") or ()]
    known = buttons or [each["identifier"] for each in outlets_of(node.config)]
    if not known and button is None:
        return None
    if button not in known:
        raise InvalidRequest(f'"button" must be one of {", ".join(known) or "none"}, not "{button}"')
    return button
