"""A webhook and its events in memory, and how the wire shows them (contract 9.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from fairway.kit.clock import rfc3339

EventState = Literal["pending", "processed", "failed", "dropped"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook with its secret opened; never logged, only shown to Admins."""

    id: str
    identifier: str
    webhook_key: str
    document: dict[str, Any]
    secret: str | None
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str

    @property
    def name(self) -> str:
        """``trigger.origin`` of what it writes."""
        return str(self.document.get("title") or self.identifier)

    @property
    def enabled(self) -> bool:
        """Off: payloads are accepted and dropped."""
        return self.document.get("enabled") is not False

    @property
    def security(self) -> dict[str, Any]:
        """How payloads are signed, with the secret."""
        return self._security(self.secret)

    @property
    def mappings(self) -> list[dict[str, Any]]:
        """What becomes of a payload."""
        return self.document.get("mappings") or []

    def shown(self, base_url: str, *, masked: bool = False) -> dict[str, Any]:
        """As the wire shows it; ``masked`` hides the secret, for events and the audit log."""
        return {
            "title": None,
            "integrationType": "custom",
            **self.document,
            "enabled": self.enabled,
            "mappings": self.mappings,
            "security": self._security("***" if masked and self.secret else self.secret),
            "id": self.id,
            "identifier": self.identifier,
            "webhookKey": "***" if masked else self.webhook_key,
            "url": f"{base_url}/ingest/{'***' if masked else self.webhook_key}",
            "createdAt": rfc3339(self.created_at),
            "updatedAt": rfc3339(self.updated_at),
            "createdBy": self.created_by,
            "updatedBy": self.updated_by,
        }

    def summary(self) -> dict[str, Any]:
        """Without mappings, secret and address, for lists."""
        kept = {key: self.document.get(key) for key in ("title", "icon", "description", "integrationType")}
        return {"id": self.id, "identifier": self.identifier, **kept, "enabled": self.enabled}

    def _security(self, secret: str | None) -> dict[str, Any]:
        given: dict[str, Any] = self.document.get("security") or {}
        return given if secret is None else {**given, "secret": secret}


@dataclass(frozen=True, slots=True)
class Payload:
    """A payload as it came."""

    headers: dict[str, str]
    """By lower-case name."""
    query: dict[str, Any]
    body: bytes


@dataclass(frozen=True, slots=True)
class Event:
    """A payload in the store."""

    seq: int
    id: str
    received_at: int
    payload: Payload
    state: EventState
    outcome: dict[str, Any] | None
    finished_at: int | None
