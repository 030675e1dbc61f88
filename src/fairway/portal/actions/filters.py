"""Which actions a list names (contract 6.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairway.portal.actions.definition.words import EVENTS, OPERATIONS
from fairway.portal.actions.model import Action
from fairway.portal.catalog.properties.shape import one_of

KINDS = ("self-service", "automation")
VERSIONS = ("v1", "v2")


@dataclass(frozen=True, slots=True)
class ActionFilter:
    """What an action has to be; an empty list or none asks for nothing."""

    identifiers: Sequence[str] = ()
    blueprints: Sequence[str] = ()
    operations: Sequence[str] = ()
    published: bool | None = None
    kind: str | None = None
    events: Sequence[str] = ()
    event_actions: Sequence[str] = ()
    version: str | None = None

    def check(self) -> None:
        """Raises:
        InvalidRequest: a word is not one of its closed list.
        """
        for operation in self.operations:
            one_of(operation, OPERATIONS, "operation")
        for event in self.events:
            one_of(event, EVENTS, "trigger_event")
        if self.kind is not None:
            one_of(self.kind, KINDS, "trigger_type")
        if self.version is not None:
            one_of(self.version, VERSIONS, "version")

    def takes(self, action: Action) -> bool:
        """Whether the action is asked for. Every action is of version v2 (contract 6.9)."""
        return (
            self.version != "v1"
            and self.published in (None, action.published)
            and self.kind in (None, action.kind)
            and _among(action.identifier, self.identifiers)
            and _among(action.blueprint, self.blueprints)
            and _among(action.operation, self.operations)
            and _among(action.event.get("type"), self.events)
            and _among(action.event.get("actionIdentifier"), self.event_actions)
        )


def _among(value: str | None, wanted: Sequence[str]) -> bool:
    return not wanted or value in wanted


def _parameter(name: str, schema: dict[str, Any], text: str, *, many: bool = False) -> dict[str, Any]:
    shape: Mapping[str, Any] = {"type": "array", "items": schema} if many else schema
    return {"name": name, "in": "query", "schema": shape, "description": text}


PARAMETERS: list[dict[str, Any]] = [
    _parameter("action_identifier", {"type": "string"}, "Only these; also as action_identifier[].", many=True),
    _parameter("blueprint_identifier", {"type": "string"}, "About entities of these blueprints.", many=True),
    _parameter("operation", {"enum": list(OPERATIONS)}, "Self-service actions with these operations.", many=True),
    _parameter("published", {"type": "boolean"}, "Only published ones, or only the others."),
    _parameter("trigger_type", {"enum": list(KINDS)}, "Started by people, or by events."),
    _parameter("trigger_event", {"enum": list(EVENTS)}, "Automations on these events.", many=True),
    _parameter("trigger_event_action_identifier", {"type": "string"}, "On runs of these actions.", many=True),
    _parameter("version", {"enum": list(VERSIONS)}, "Every action is v2; none is v1."),
]
"""The same for the API's description."""
