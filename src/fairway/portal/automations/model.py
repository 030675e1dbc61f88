"""What starts things by itself: events, who listens to them, and under which condition (contract 6.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairway.kit.errors import InvalidRequest
from fairway.portal.actions.definition.expressions import Findings
from fairway.portal.http.requests import require

JsonObject = Mapping[str, Any]

TIMER = "TIMER_PROPERTY_EXPIRED"
ENTITY_TYPES: Mapping[str, frozenset[str]] = {
    "ENTITY_CREATED": frozenset({"CREATE"}),
    "ENTITY_UPDATED": frozenset({"UPDATE"}),
    "ENTITY_DELETED": frozenset({"DELETE"}),
    "ANY_ENTITY_CHANGE": frozenset({"CREATE", "UPDATE", "DELETE"}),
    TIMER: frozenset({"TIMER_EXPIRED"}),
    "TIMER_EXPIRED": frozenset({"TIMER_EXPIRED"}),
}
"""Event types about entities, and the actions of stored events that they stand for."""
RUN_TYPES: Mapping[str, frozenset[str]] = {
    "RUN_CREATED": frozenset({"CREATE"}),
    "RUN_UPDATED": frozenset({"UPDATE"}),
    "ANY_RUN_CHANGE": frozenset({"CREATE", "UPDATE"}),
}
"""Event types about runs."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event as automations see it."""

    id: int
    document: JsonObject
    """The event object of contract 6.5."""
    resource_type: str
    """``entity`` or ``run``."""
    action: str
    blueprint: str | None
    entity: str | None
    timer: str | None
    """The property whose value expired."""
    action_identifier: str | None
    """Of a run: its action."""
    run_id: str | None
    """The run that made the change, or that the event is about."""
    origin: str
    at: int
    """Milliseconds."""

    @property
    def entity_document(self) -> JsonObject | None:
        """The entity as it is now; before its deletion, when it was deleted."""
        if self.resource_type != "entity":
            return None
        diff = self.document["diff"]
        found: JsonObject | None = diff["after"] or diff["before"]
        return found


@dataclass(frozen=True, slots=True)
class Listener:
    """Somebody who wants to hear of events of one kind."""

    key: str
    """Unique and stable: one event starts at most one run for each."""
    name: str
    """For people: identifier of the automation or workflow."""
    event: JsonObject
    condition: JsonObject | None
    since: int = 0
    """Milliseconds: when it came to be. What happened before is none of its business, however late it is read."""

    @property
    def blueprint(self) -> str | None:
        """The blueprint whose entities it listens to."""
        return self.event.get("blueprintIdentifier")

    @property
    def action(self) -> str | None:
        """The action whose runs it listens to."""
        return self.event.get("actionIdentifier")

    def hears(self, occurrence: Occurrence) -> bool:
        """Whether an event is of the kind it listens to, and not older than itself."""
        if occurrence.at < self.since:
            return False
        kind = str(self.event["type"])
        if occurrence.resource_type == "run":
            return occurrence.action in RUN_TYPES.get(kind, ()) and self.action == occurrence.action_identifier
        if occurrence.action not in ENTITY_TYPES.get(kind, ()) or self.blueprint != occurrence.blueprint:
            return False
        return occurrence.action != "TIMER_EXPIRED" or self.event.get("propertyIdentifier") == occurrence.timer


def check_event(event: dict[str, Any], where: str) -> None:
    """Checks ``event`` of a trigger.

    Raises:
        InvalidRequest: the type is unknown, or the key that it needs is missing.
    """
    kind = require(event, "type", str, where=where)
    known = (*(name for name in ENTITY_TYPES if name != "TIMER_EXPIRED"), *RUN_TYPES)
    if kind in RUN_TYPES:
        require(event, "actionIdentifier", str, where=where)
    elif kind in ENTITY_TYPES:
        require(event, "blueprintIdentifier", str, where=where)
        if "TIMER" in kind:
            require(event, "propertyIdentifier", str, where=where)
    else:
        raise InvalidRequest(f'"type" in the {where} must be one of {", ".join(known)}, not "{kind[:50]}"')


def check_condition(found: Findings, condition: dict[str, Any], where: str) -> None:
    """Checks ``condition`` of a trigger; its expressions are left to be compiled.

    Raises:
        InvalidRequest: it is of another type, or holds something else than expressions.
    """
    if condition.get("type", "JQ") != "JQ":
        raise InvalidRequest(f'"type" in the {where} must be JQ')
    if condition.get("combinator", "and") not in ("and", "or"):
        raise InvalidRequest(f'"combinator" in the {where} must be one of and, or')
    for number, text in enumerate(require(condition, "expressions", list, where=where)):
        found.jq(text, f"expressions[{number}] in the {where}")
