"""Processors of live events as Ocean has them, made into processors of ours (contract section 9.2)."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

from fairway.integration.live import Processor, WebhookEventRawResults
from fairway.integration.live import WebhookEvent as JournalEvent
from fairway.integration.live.processor import Hooks
from fairway.integration.model import Resource
from fairway.integration.ocean import current
from fairway.integration.ocean.models import ResourceConfig, resource_config_of

EventPayload = dict[str, Any]
EventHeaders = Mapping[str, str]


class WebhookProcessorType(StrEnum):
    """``ACTION`` runs once for an event, for no kind."""

    WEBHOOK = "webhook"
    ACTION = "action"


class _Request:
    """What arrived, for signatures."""

    def __init__(self, event: JournalEvent) -> None:
        self.headers = event.headers
        self._body = event.body

    async def body(self) -> bytes:
        """Its bytes."""
        return self._body


class WebhookEvent:
    """One event."""

    def __init__(self, event: JournalEvent) -> None:
        self.trace_id = str(uuid.uuid4())
        self.payload: EventPayload = event.payload
        self.headers: EventHeaders = event.headers
        self._original_request = _Request(event)


class AbstractWebhookProcessor(Hooks, ABC):
    """One is made for each step of an event. The first three methods run before the sender is answered."""

    def __init__(self, event: WebhookEvent) -> None:
        self.event = event

    @abstractmethod
    async def should_process_event(self, event: WebhookEvent) -> bool:
        """Whether it is for this processor."""

    @abstractmethod
    async def get_matching_kinds(self, event: WebhookEvent) -> list[str]:
        """The kinds it is about."""

    @abstractmethod
    async def authenticate(self, payload: EventPayload, headers: EventHeaders) -> bool:
        """Whether the sender is who it says."""

    @abstractmethod
    async def validate_payload(self, payload: EventPayload) -> bool:
        """Whether it makes sense."""

    @abstractmethod
    async def handle_event(self, payload: EventPayload, resource: ResourceConfig) -> WebhookEventRawResults:
        """What it changed."""

    @classmethod
    def get_processor_type(cls) -> WebhookProcessorType:
        """For every resource of the kinds, or once."""
        return WebhookProcessorType.WEBHOOK


def adapted(theirs: type[AbstractWebhookProcessor]) -> type[Processor]:
    """A processor of ours that does what ``theirs`` does; the journal knows it by the same name."""
    made = type(theirs.__name__, (_Adapter,), {"theirs": theirs})
    made.__qualname__ = theirs.__qualname__
    return made


class _Adapter(Processor):
    theirs: ClassVar[type[AbstractWebhookProcessor]]

    async def _call(self, name: str, *given: Any) -> Any:
        made = self.theirs(WebhookEvent(self.event))
        return await current.bound(self.context, lambda: getattr(made, name)(*given))

    async def should_process_event(self, event: JournalEvent) -> bool:
        return bool(await self._call("should_process_event", WebhookEvent(event)))

    async def authenticate(self, payload: Any, headers: Mapping[str, str]) -> bool:
        return bool(await self._call("authenticate", payload, headers))

    async def validate_payload(self, payload: Any) -> bool:
        return bool(await self._call("validate_payload", payload))

    async def get_matching_kinds(self, event: JournalEvent) -> list[str]:
        if self._is_action:
            return []
        return list(await self._call("get_matching_kinds", WebhookEvent(event)))

    async def handle_action(self, payload: Any) -> None:
        if self._is_action:
            await self._call("handle_event", payload, None)

    async def handle_event(self, payload: Any, resource: Resource) -> WebhookEventRawResults:
        config = resource_config_of(self.context.integration, resource)
        found: WebhookEventRawResults = await self._call("handle_event", payload, config)
        return found

    async def before_processing(self) -> None:
        await self._call("before_processing")

    async def after_processing(self) -> None:
        await self._call("after_processing")

    async def on_error(self, error: Exception) -> None:
        await self._call("on_error", error)

    async def cancel(self) -> None:
        await self._call("cancel")

    @property
    def _is_action(self) -> bool:
        return self.theirs.get_processor_type() is WebhookProcessorType.ACTION
