"""Gives an integration's processors one event, as the process does, without a portal (contract sections 9 and 17)."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from fairway.integration.actions import Runs
from fairway.integration.definition import Context, Integration
from fairway.integration.http import HttpSettings, OutboundGuard, ThirdPartyHttp
from fairway.integration.live import Journal, LiveEvents, LiveMapping
from fairway.integration.mapping.compiled import compile_config
from fairway.integration.mapping.config import parse_config
from fairway.integration.model import AppConfig, Entity, EntityKey, Resource, Trigger
from fairway.integration.testing.running import context_for
from fairway.jq import Engine
from fairway.kit.clock import Clock, SystemClock


@dataclass(slots=True)
class Delivered:
    """What became of an event. ``wanted`` is false when no processor took it."""

    wanted: bool = False
    upserted: list[Entity] = field(default_factory=list)
    deleted: list[EntityKey] = field(default_factory=list)

    async def upsert(self, entities: Sequence[Entity], config: AppConfig) -> None:
        """Remembers them."""
        self.upserted += entities

    async def delete(self, keys: Sequence[EntityKey], config: AppConfig) -> None:
        """Remembers them."""
        self.deleted += keys


async def deliver_event(
    integration: Integration,
    mapping: Mapping[str, Any],
    path: str,
    payload: Any,
    *,
    headers: Mapping[str, str] | None = None,
    config: Any = None,
    clock: Clock | None = None,
    runs: Runs | None = None,
) -> Delivered:
    """Posts ``payload`` (an object, or the bytes that were signed) to ``path`` and handles the event.

    Raises:
        Unauthorized: the processors refuse the sender.
        MalformedBody: they refuse the payload.
        Exception: what they raise while they handle it; in a process the event would be tried again.
    """
    found, clock = Delivered(), clock or SystemClock()
    engine, parsed = Engine(), parse_config(mapping, integration.served, integration.selectors)
    live = LiveMapping(parsed, compile_config(engine, parsed).resources)
    http = ThirdPartyHttp(HttpSettings(guard=OutboundGuard(enabled=False)))
    context = context_for(integration, http=http, config=config, clock=clock, trigger=Trigger.LIVE)
    context.runs = runs

    def context_of(resource: Resource | None) -> Context:
        selector = integration.selector_of(resource) if resource is not None else None
        return replace(context, resource=resource, selector=selector)

    async def current() -> LiveMapping:
        return live

    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "events.sqlite", clock)
        await journal.open()
        try:
            events = LiveEvents(journal, integration.webhooks, context_of, current, found)
            body = payload if isinstance(payload, bytes) else orjson.dumps(payload)
            found.wanted = await events.receive(path, headers or {}, body) is not None
            await events.handle_due()
        finally:
            await journal.aclose()
            await http.aclose()
    return found
