"""Actions that suites define."""

from __future__ import annotations

from typing import Any

ENRICH: dict[str, Any] = {
    "identifier": "service_enrich_service",
    "title": "Enrich Service",
    "icon": "Microservice",
    "trigger": {
        "type": "self-service",
        "operation": "DAY-2",
        "blueprintIdentifier": "service",
        "userInputs": {
            "properties": {
                "domain": {"type": "string", "format": "entity", "blueprint": "domain", "title": "Domain"},
                "type": {"type": "string", "enum": ["frontend", "backend", "library"], "title": "Type"},
                "lifecycle": {
                    "type": "string",
                    "enum": ["Production", "Experimental", "Deprecated"],
                    "title": "Lifecycle",
                },
            },
            "required": ["domain", "type", "lifecycle"],
            "order": ["domain", "type", "lifecycle"],
        },
    },
    "invocationMethod": {
        "type": "WEBHOOK",
        "url": "https://ci.example.com/hook",
        "agent": False,
        "synchronized": False,
        "method": "POST",
        "headers": {"RUN_ID": "{{ .run.id }}"},
        "body": {
            "port_context": {"entity": "{{ .entity.identifier }}", "runId": "{{ .run.id }}"},
            "domain": "{{ .inputs.domain.identifier }}",
            "type": "{{ .inputs.type }}",
        },
    },
    "requiredApproval": False,
    "publish": True,
}
"""The action of contract 6.2."""


def kafka(**payload: Any) -> dict[str, Any]:
    """The smallest invocation method."""
    return {"type": "KAFKA", "payload": payload}


def self_service(identifier: str = "do_it", *, inputs: dict[str, Any] | None = None, **trigger: Any) -> dict[str, Any]:
    """A self-service action; ``trigger`` adds to its trigger, ``userInputs`` included."""
    user_inputs = {"properties": inputs or {}, **trigger.pop("userInputs", {})}
    base = {"type": "self-service", "operation": "CREATE", "userInputs": user_inputs}
    return {"identifier": identifier, "trigger": {**base, **trigger}, "invocationMethod": kafka()}


def automation(identifier: str = "react", condition: dict[str, Any] | None = None, /, **event: Any) -> dict[str, Any]:
    """An automation on an event of ``service`` entities, unless ``event`` says another."""
    trigger: dict[str, Any] = {
        "type": "automation",
        "event": event or {"type": "ENTITY_UPDATED", "blueprintIdentifier": "service"},
    }
    if condition is not None:
        trigger["condition"] = condition
    return {"identifier": identifier, "trigger": trigger, "invocationMethod": kafka()}
