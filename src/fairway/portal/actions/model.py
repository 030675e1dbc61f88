"""An action as the rest of the portal sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["self-service", "automation"]
Operation = Literal["CREATE", "DAY-2", "DELETE"]

JsonObject = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Action:
    """A stored definition, checked when it was saved (contract 6.2)."""

    id: str
    identifier: str
    document: JsonObject
    """As sent: what answers echo, without stamps."""
    permissions: JsonObject
    """``{"execute": {...}, "approve": {...}}`` (contract 6.8)."""
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str

    @property
    def title(self) -> str | None:
        """Shown instead of the identifier."""
        return self.document.get("title")

    @property
    def icon(self) -> str | None:
        """Name of an icon."""
        return self.document.get("icon")

    @property
    def trigger(self) -> JsonObject:
        """What starts it (contract 6.3, 6.5)."""
        found: JsonObject = self.document["trigger"]
        return found

    @property
    def kind(self) -> Kind:
        """Started by people, or by events."""
        return "automation" if self.trigger["type"] == "automation" else "self-service"

    @property
    def operation(self) -> Operation | None:
        """None for automations."""
        return self.trigger.get("operation")

    @property
    def blueprint(self) -> str | None:
        """The blueprint whose entities it creates, changes, deletes or listens to."""
        if self.kind == "automation":
            return self.event.get("blueprintIdentifier")
        return self.trigger.get("blueprintIdentifier")

    @property
    def event(self) -> JsonObject:
        """Of an automation; empty for self-service actions."""
        return self.trigger.get("event") or {}

    @property
    def user_inputs(self) -> JsonObject:
        """``userInputs`` of a self-service action; empty for automations."""
        return self.trigger.get("userInputs") or {}

    @property
    def inputs(self) -> Mapping[str, JsonObject]:
        """The input definitions by identifier."""
        return self.user_inputs.get("properties") or {}

    @property
    def invocation(self) -> JsonObject:
        """``invocationMethod``, templates unrendered."""
        found: JsonObject = self.document["invocationMethod"]
        return found

    @property
    def approval(self) -> JsonObject | None:
        """``{"type": "ANY"|"ALL", ...}`` when runs need approval, none otherwise; a bare ``true`` means ``ANY``."""
        required = self.document.get("requiredApproval")
        if not required:
            return None
        return required if isinstance(required, dict) else {"type": "ANY"}

    @property
    def notification(self) -> JsonObject | None:
        """``approvalNotification``."""
        return self.document.get("approvalNotification")

    @property
    def published(self) -> bool:
        """Offered to people, or listening to events."""
        return bool(self.document.get("publish", True))
