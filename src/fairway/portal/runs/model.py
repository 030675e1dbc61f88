"""A run as the rest of the portal sees it, and the words that make and end one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from fairway.kit.ids import random_id
from fairway.portal.actions.model import Action
from fairway.wire.runs import RUN_PREFIX, TERMINAL, RunStatus

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
    secret: bool
    """Whether the payload that a backend gets differs from the masked one."""
    queue: str | None
    """Who may claim it; none when the portal delivers it itself."""
    labels: JsonObject | None
    """What a claimer must have."""
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
    pending: bool = False
    """It waits for a claim or, once claimed, for the acknowledgement."""
    claimed_until: int = 0
    """Until when a claimer has it to itself; 0 while nobody has. Milliseconds."""
    claimed_by: str | None = None

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
    trigger: JsonObject | None = None
    """``.trigger`` of templates; made from the caller when absent."""
    id: str = field(default_factory=partial(random_id, RUN_PREFIX))
    """Of the run to be. Beginning a run that exists already changes nothing: whoever may be run twice gives its own."""


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
    response_status: int | None = None
    """HTTP status of ``response``, where there is one."""
