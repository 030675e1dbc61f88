"""Configurations of action nodes as invocation methods, and what became of them as outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairway.portal.runs.delivery.upsert import entity_body
from fairway.portal.runs.model import Finish
from fairway.portal.workflows.engine import Outcome
from fairway.portal.workflows.model import INTEGRATION_ACTION, UPSERT_ENTITY, WEBHOOK, JsonObject, Node

_OWN_KEYS = ("onFailure", "onTimeout", "published")
TIMED_OUT = "Timed out"
"""Label of a delivery whose answer did not come in time."""


def invocation_of(node: Node) -> dict[str, Any]:
    """The invocation method that a node's configuration stands for, templates unrendered. Nodes wait for the answer of
    a webhook unless they say otherwise; actions do not."""
    config = {key: value for key, value in node.config.items() if key not in _OWN_KEYS and value is not None}
    if node.type == WEBHOOK:
        return {"synchronized": True, **config}
    if node.type == INTEGRATION_ACTION:
        kind = config.get("integrationActionType") or config.get("integrationInvocationType") or "dispatch_workflow"
        return {**config, "integrationActionType": kind}
    return config


def outcome_of(node: Node, payload: JsonObject, finish: Finish) -> Outcome | None:
    """The end of a node whose delivery came to this; none when its backend reports later."""
    level = "ERROR" if finish.status == "FAILURE" else "INFO"
    logs = tuple((level, line) for line in finish.logs)
    links = None if finish.link is None else list(finish.link)
    if finish.status == "FAILURE":
        if finish.label == TIMED_OUT and node.config.get("onTimeout") == "continue":
            return _timed_out(payload, logs)
        error = {"message": finish.summary or finish.label or "The delivery failed"}
        return Outcome("FAILED", {"error": error}, label=finish.label, links=links, logs=logs)
    if finish.status == "SUCCESS":
        output = {"response": {"status": finish.response_status, "data": finish.response}}
        return Outcome("SUCCESS", output, label=finish.label, links=links, logs=logs)
    return None


def upserted(payload: JsonObject) -> tuple[str, str] | None:
    """Blueprint and identifier of the entity that an UPSERT_ENTITY wrote; none when the portal made the identifier."""
    mapping = payload.get("mapping")
    if payload.get("type") != UPSERT_ENTITY or not isinstance(mapping, Mapping):
        return None
    identifier = entity_body(mapping).get("identifier")
    return (str(payload["blueprintIdentifier"]), identifier) if isinstance(identifier, str) else None


def _timed_out(payload: JsonObject, logs: tuple[tuple[str, str], ...]) -> Outcome | None:
    """``onTimeout`` ``continue``: the answer is not waited for any longer, or its receiver may still report."""
    return Outcome("SUCCESS", {"timeout": True}, label=TIMED_OUT, logs=logs) if payload.get("synchronized") else None
