"""Types of what templates gave: flags are booleans, headers are texts, required parts are there (contract 6.7, rule 7).

Messages name the place and the kind of what was found, never the value: it may be a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairway.kit.jsonio import dumps_text

METHODS = ("POST", "PUT", "PATCH", "DELETE", "GET")
FLAGS = ("agent", "synchronized", "reportWorkflowStatus")
_TEXTS: Mapping[str, tuple[str, ...]] = {
    "WEBHOOK": ("url",),
    "GITHUB": ("org", "repo", "workflow"),
    "GITLAB": ("projectName", "groupName"),
    "AZURE_DEVOPS": ("org", "webhook"),
    "UPSERT_ENTITY": ("blueprintIdentifier",),
    "INTEGRATION_ACTION": ("installationId", "integrationActionType"),
    "KAFKA": (),
}
_OBJECTS: Mapping[str, tuple[str, ...]] = {
    "UPSERT_ENTITY": ("mapping",),
    "INTEGRATION_ACTION": ("integrationActionExecutionProperties",),
}
_MAPS = ("headers", "workflowInputs", "pipelineVariables", "agentLabels")


def typed(rendered: Mapping[str, Any]) -> dict[str, Any]:
    """The rendered invocation method with the types that receivers rely on and the defaults of its type."""
    kind = rendered.get("type")
    found = dict(rendered)
    if kind == "WEBHOOK":
        found = {"agent": False, "synchronized": False, "method": "POST", **found}
    if kind == "GITHUB":
        found = {"reportWorkflowStatus": True, **found}
    for flag in FLAGS:
        if flag in found:
            found[flag] = is_true(found[flag])
    if isinstance(found.get("method"), str):
        found["method"] = found["method"].upper()
    for name in ("headers", "agentLabels"):
        if isinstance(found.get(name), Mapping):
            found[name] = texts(found[name])
    inner = found.get("integrationActionExecutionProperties")
    if isinstance(inner, Mapping) and "reportWorkflowStatus" in inner:
        reported = is_true(inner["reportWorkflowStatus"])
        found["integrationActionExecutionProperties"] = {**inner, "reportWorkflowStatus": reported}
    return {"type": found.pop("type", None), **found}


def is_true(value: Any) -> bool:
    """Only ``true`` and ``"true"`` are true."""
    return value is True or value == "true"


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """A map of strings: strings as they are, others as compact JSON; what is null is left out."""
    return {name: as_text(value) for name, value in values.items() if value is not None}


def as_text(value: Any) -> str:
    """A string as it is, anything else as compact JSON."""
    return value if isinstance(value, str) else dumps_text(value)


def misfit(payload: Mapping[str, Any]) -> str | None:
    """Why a typed payload cannot be delivered, none when it can."""
    kind = str(payload.get("type"))
    if kind not in _TEXTS:
        return f'There is no invocation type "{kind}"'
    for name in _TEXTS[kind]:
        value = payload.get(name)
        if not isinstance(value, str) or not value:
            return f'"{name}" of the invocation must be a text, its template gave {_kind(value)}'
    for name in _OBJECTS.get(kind, ()):
        if not isinstance(payload.get(name), Mapping):
            return f'"{name}" of the invocation must be an object, its template gave {_kind(payload.get(name))}'
    for name in _MAPS:
        value = payload.get(name)
        if value is not None and not isinstance(value, Mapping):
            return f'"{name}" of the invocation must be an object, its template gave {_kind(value)}'
    if kind == "WEBHOOK" and payload["method"] not in METHODS:
        return f'"method" of the invocation must be one of {", ".join(METHODS)}'
    return None


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if value == "":
        return "an empty text"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "an array"}
    return names.get(type(value), "an object")
