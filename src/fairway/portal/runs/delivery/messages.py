"""Messages about runs: what agents and other readers of Kafka get, and webhooks without a body of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fairway.portal.runs.delivery.base import Order

_CONTENT = ("body", "payload")
"""Keys of an invocation method that are the message's content, not its description."""


def description(order: Order) -> dict[str, Any]:
    """The run event of contract 7.9. The invocation method in it has no content: that is what the event is for."""
    invocation = {key: value for key, value in order.payload.items() if key not in _CONTENT}
    return replace(order.event, invocation=invocation).message()


def default_body(order: Order) -> dict[str, Any]:
    """What a webhook without ``body`` gets: the run event, without the headers that go to the target anyway."""
    invocation = {key: value for key, value in order.payload.items() if key not in (*_CONTENT, "headers")}
    message = replace(order.event, invocation=invocation).message()
    del message["headers"]
    return message


def agent_message(order: Order) -> dict[str, Any]:
    """What an agent reads from Kafka: the action's own body laid over the run event, as agents that poll build it. The
    run's id and the invocation method stay those of the run."""
    event = description(order)
    body = order.payload.get("body")
    if not isinstance(body, Mapping):
        return event
    content = _objects(body, "payload", "context", "headers")
    message = overlaid(event, content)
    message["context"]["runId"] = order.event.run_id
    action = message["payload"].get("action")
    message["payload"]["action"] = {
        **(action if isinstance(action, Mapping) else {}),
        "invocationMethod": event["payload"]["action"]["invocationMethod"],
    }
    return message


def kafka_message(order: Order) -> dict[str, Any]:
    """What an action of type KAFKA publishes: its object laid over the run event, or the event with its array."""
    event = description(order)
    content = order.payload.get("payload")
    if isinstance(content, Mapping):
        return overlaid(event, _objects(content, "headers"))
    return event if content is None else {**event, "payload": content}


def overlaid(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two objects as one, recursively; what is ``above`` wins."""
    found = dict(below)
    for key, value in above.items():
        present = found.get(key)
        both = isinstance(value, Mapping) and isinstance(present, Mapping)
        found[key] = overlaid(present or {}, value) if both else value
    return found


def _objects(content: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The content without those of its keys that must be objects and are not."""
    return {key: value for key, value in content.items() if key not in names or isinstance(value, Mapping)}
