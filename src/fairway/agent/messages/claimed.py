"""Invocations from claimed runs and node runs: the envelope is rebuilt, so that mapping files work for both transports.

The envelope stands inside a copy of the configured body (contract 7), which stays untouched as ``method["body"]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairway.agent.messages.routing import TYPES, flag, mapping, order_key, type_of
from fairway.agent.messages.skipped import Skipped
from fairway.agent.model import Invocation


def from_run(run: Mapping[str, Any], *, received_at: float = 0.0) -> Invocation | Skipped:
    """An action run as a claim answers it (contract 7). A payload that cannot be run becomes an invocation with a
    ``problem``: the run was given to this agent, so it has to end."""
    run_id = run.get("id")
    if not isinstance(run_id, str) or not run_id:
        return Skipped('a claimed run has no "id"', unreadable=True)
    method = mapping(run.get("payload"))
    action = mapping(run.get("action")).get("identifier")
    return Invocation(
        kind="run",
        id=run_id,
        message=_run_message(run, run_id, method),
        method=method,
        key=order_key(run.get("blueprint"), run.get("entity"), run_id),
        action=action if isinstance(action, str) else "",
        received_at=received_at,
        problem=_problem(method, "payload"),
    )


def from_node_run(node: Mapping[str, Any], *, received_at: float = 0.0) -> Invocation | Skipped:
    """A workflow's node run as a claim answers it; its configuration is ``config`` or ``node.config``."""
    run_id = node.get("identifier")
    if not isinstance(run_id, str) or not run_id:
        return Skipped('a claimed node run has no "identifier"', unreadable=True)
    config = mapping(node.get("config")) or mapping(mapping(node.get("node")).get("config"))
    uid = node.get("nodeUid")
    return Invocation(
        kind="node",
        id=run_id,
        message=_node_message(run_id, config),
        method=config,
        key=run_id,
        action=uid if isinstance(uid, str) else "",
        received_at=received_at,
        problem=_problem(config, "config"),
    )


def _problem(method: Mapping[str, Any], where: str) -> str:
    if not method:
        return f'The claimed run has no "{where}", so there is nothing to send'
    if "agent" in method and not flag(method["agent"]):
        return f'The run is not for execution agents: "{where}.agent" is not true'
    kind = type_of(method)
    if kind not in TYPES:
        return f'"{where}.type" is "{kind[:60]}"; execution agents run {" and ".join(sorted(TYPES))}'
    return ""


def _run_message(run: Mapping[str, Any], run_id: str, method: Mapping[str, Any]) -> dict[str, Any]:
    message = dict(mapping(method.get("body")))
    invocation = _described(method)
    payload = mapping(message.get("payload"))
    if type_of(method) == "GITLAB":  # it has no body: pipelines get the inputs, as they do over Kafka
        payload = {"properties": mapping(run.get("rawProperties") or run.get("properties")), **payload}
    action = {**mapping(payload.get("action")), "invocationMethod": invocation}
    message["headers"] = invocation["headers"]
    message["payload"] = {**payload, "action": action}
    message["context"] = {**mapping(message.get("context")), "runId": run_id}
    return message


def _node_message(run_id: str, config: Mapping[str, Any]) -> dict[str, Any]:
    invocation = _described(config)
    return {
        "headers": invocation["headers"],
        "payload": {"action": {"invocationMethod": invocation}},
        "context": {"runId": run_id, "nodeConfig": dict(config)},
    }


def _described(method: Mapping[str, Any]) -> dict[str, Any]:
    """The invocation without its body, with the values that it has when it does not name them."""
    rest = {name: value for name, value in method.items() if name != "body"}
    defaults = {"synchronized": False, "method": "POST"} if type_of(method) != "GITLAB" else {}
    return {
        **rest,
        **{name: value for name, value in defaults.items() if name not in rest},
        "headers": mapping(rest.get("headers")),
    }
