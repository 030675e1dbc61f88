"""A run as the rest of the portal sees it, and the words that make and end one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from fairway.portal.actions.model import Action
from fairway.wire.runs import TERMINAL, RunStatus

JsonObject = Mapping[str, Any]

MAX_DEPTH = 10
"""Automations that start automations: how far such a chain may go."""


@dataclass(frozen=True, slots=True)
class Run:
    """A row of the run table (contract 7.2)."""

    id: str
    number: int
    action: str
    blueprint: str | None
    entity: str | None
    status: RunStatus
    status_label: str | None
    summary: str
    source: str
    link: Sequence[str]
    properties: JsonObject
    raw_properties: JsonObject
    required_approval: JsonObject | None
    approval: JsonObject | None
    response: Any
    payload: JsonObject | None
    """The rendered invocation method with secrets masked; none until it is rendered."""
    external_run_id: str | None
    definition: JsonObject
    """The action as it was when the run was made: ``identifier``, ``title``, ``icon``, ``trigger``,
    ``invocationMethod``, ``approvalNotification``, ``allowAnyoneToViewRuns``."""
    context: str
    """Sealed JSON of :class:`Context`."""
    queue: str | None
    labels: JsonObject | None
    claimed_until: int
    claimed_by: str | None
    acked_at: int | None
    depth: int
    parent: str | None
    terminal_log: bool
    expires_at: int | None
    created_by: str
    creator_email: str | None
    impersonated_by: str | None
    updated_by: str
    created_at: int
    updated_at: int
    ended_at: int | None

    @property
    def terminal(self) -> bool:
        """Ended: only labels, links, summary and external id may still change."""
        return self.status in TERMINAL


@dataclass(frozen=True, slots=True)
class Context:
    """What templates see besides secrets (contract 6.7), taken when the run was made."""

    inputs: JsonObject
    """Entity inputs replaced by entity documents."""
    trigger: JsonObject
    event: JsonObject | None
    entity: JsonObject | None
    action: JsonObject
    """``{identifier, blueprint, encryptedProperties}``."""
    run: JsonObject
    """``{id}``."""

    def document(self, secrets: Mapping[str, str]) -> dict[str, Any]:
        """The document that templates are evaluated on."""
        return {
            "inputs": self.inputs, "trigger": self.trigger, "event": self.event, "entity": self.entity,
            "action": self.action, "run": self.run, "secrets": dict(secrets),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewRun:
    """What starting a run needs once everything about it has been checked."""

    action: Action
    entity: JsonObject | None = None
    """The entity document, for DAY-2 and DELETE."""
    properties: JsonObject = field(default_factory=dict)
    """``properties`` of the run: what people see, entity inputs as ``{identifier, title}``."""
    raw_properties: JsonObject = field(default_factory=dict)
    """As submitted and completed by defaults; encrypted inputs already sealed."""
    inputs: JsonObject = field(default_factory=dict)
    """As templates see them."""
    encrypted: tuple[str, ...] = ()
    event: JsonObject | None = None
    """The event of an automation, with ``id``."""
    blueprint: str | None = None
    """Of the entity that an automation's event is about."""
    entity_identifier: str | None = None
    depth: int = 0
    parent: str | None = None
    impersonated_by: str | None = None


@dataclass(frozen=True, slots=True)
class Finish:
    """How a run ends, or what a backend says of it while it goes on (``status`` none)."""

    status: Literal["SUCCESS", "FAILURE"] | None = None
    label: str | None = None
    summary: str | None = None
    link: Sequence[str] | None = None
    external_run_id: str | None = None
    response: Any = None
    logs: tuple[str, ...] = ()
