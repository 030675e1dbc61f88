"""What authors write for live events (contract section 9.2). Names of methods are Ocean's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairway.integration.definition import Context
from fairway.integration.model import RawItem, Resource


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """One event; names of ``headers`` are lower-case. ``body`` is what signatures are made of."""

    path: str
    headers: Mapping[str, str]
    payload: Any
    body: bytes


@dataclass(slots=True)
class WebhookEventRawResults:
    """Raw items as the third party has them now, and those that it has no more."""

    updated_raw_results: list[RawItem] = field(default_factory=list)
    deleted_raw_results: list[RawItem] = field(default_factory=list)


class Hooks:
    """Around :meth:`Processor.handle_event`; they do nothing unless an author writes them."""

    async def before_processing(self) -> None:
        """In front of it."""

    async def after_processing(self) -> None:
        """After a success."""

    async def on_error(self, error: Exception) -> None:
        """After a failure."""

    async def cancel(self) -> None:
        """Time ran out."""


class Processor(Hooks, ABC):
    """One is made for each event and resource. The first four methods run before the sender is answered, so they do
    without I/O; secret headers are not kept beyond them."""

    def __init__(self, context: Context) -> None:
        self.context = context

    async def should_process_event(self, event: WebhookEvent) -> bool:
        """Whether the event is for this processor."""
        return True

    async def authenticate(self, payload: Any, headers: Mapping[str, str]) -> bool:
        """Whether the sender is who it says; false answers 401. ``self.event.body`` has the bytes to verify."""
        return True

    async def validate_payload(self, payload: Any) -> bool:
        """Whether the payload makes sense; false answers 400."""
        return True

    def ordering_key(self, event: WebhookEvent) -> str:
        """Events of one key are handled one after the other; by default all of a path."""
        return ""

    @abstractmethod
    async def get_matching_kinds(self, event: WebhookEvent) -> list[str]:
        """The kinds whose resources the event is about."""

    @abstractmethod
    async def handle_event(self, payload: Any, resource: Resource) -> WebhookEventRawResults:
        """What the event changed, for one resource; may be called again after a failure."""

    event: WebhookEvent
    """The event that is being handled."""

    async def handle_action(self, payload: Any) -> None:
        """What the event means apart from any kind, such as the end of a run that ``context.runs`` is told of. Once for
        each event, before its kinds; may be called again after a failure."""
