"""Keeps an integration's background hooks going, and handles what they emit, without a portal (contract section 17)."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fairway.integration.background import Surroundings
from fairway.integration.definition import Context, Integration
from fairway.integration.http import HttpSettings, OutboundGuard, ThirdPartyHttp
from fairway.integration.live import Journal, LiveEvents, LiveMapping
from fairway.integration.mapping.compiled import compile_config
from fairway.integration.mapping.config import parse_config
from fairway.integration.model import Resource, Trigger
from fairway.integration.runtime.backgrounds import BackgroundFigures, Backgrounds, LiveSurroundings
from fairway.integration.testing.events import Delivered
from fairway.integration.testing.running import context_for
from fairway.jq import Engine
from fairway.kit.clock import SystemClock

_FIGURES = BackgroundFigures(first_pause=0.01, longest_pause=0.02, drain=2.0)


@dataclass(slots=True)
class Heard(Delivered):
    """What came of the events so far. ``resyncs`` are the kinds of each resync that was asked for."""

    resyncs: list[frozenset[str] | None] = field(default_factory=list)
    duties: Backgrounds | None = None

    async def until(self, reached: Callable[[Heard], bool], seconds: float = 10.0) -> None:
        """Waits until ``reached``.

        Raises:
            AssertionError: it was not reached in time.
        """
        end = asyncio.get_running_loop().time() + seconds
        while not reached(self):
            duties = self.duties.document() if self.duties is not None else []
            assert asyncio.get_running_loop().time() < end, f"not reached: {self}; hooks: {duties}"
            await asyncio.sleep(0.005)


class _Around(LiveSurroundings):
    def __init__(self, live: LiveEvents, stopping: asyncio.Event, heard: Heard) -> None:
        super().__init__(live, None, stopping)
        self._heard = heard

    async def resync(self, kinds: Collection[str] | None = None) -> None:
        self._heard.resyncs.append(None if kinds is None else frozenset(kinds))


@asynccontextmanager
async def backgrounds(
    integration: Integration, mapping: Mapping[str, Any], *, config: Any = None, http: ThirdPartyHttp | None = None
) -> AsyncIterator[Heard]:
    """The hooks run while the block does; what they emit is handled by the processors of ``Integration.stream``."""
    heard, stop, clock = Heard(), asyncio.Event(), SystemClock()
    client = http or ThirdPartyHttp(HttpSettings(guard=OutboundGuard(enabled=False)))
    context = replace(context_for(integration, http=client, config=config, trigger=Trigger.LIVE), stopping=stop)
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "events.sqlite", clock)
        await journal.open()
        try:
            live = _live(integration, mapping, context, journal, heard)
            around: Surroundings = _Around(live, stop, heard)
            heard.duties = Backgrounds(integration.backgrounds, context, around, _FIGURES)
            tasks: Sequence[asyncio.Task[None]] = [
                asyncio.create_task(live.run(stop)),
                asyncio.create_task(heard.duties.run(stop)),
            ]
            try:
                yield heard
            finally:
                stop.set()
                await asyncio.gather(*tasks)
        finally:
            await journal.aclose()
            if http is None:
                await client.aclose()


def _live(
    integration: Integration, mapping: Mapping[str, Any], context: Context, journal: Journal, heard: Heard
) -> LiveEvents:
    parsed = parse_config(mapping, integration.served, integration.selectors)
    now = LiveMapping(parsed, compile_config(Engine(), parsed).resources)

    def context_of(resource: Resource | None) -> Context:
        selector = integration.selector_of(resource) if resource is not None else None
        return replace(context, resource=resource, selector=selector)

    async def current() -> LiveMapping:
        return now

    return LiveEvents(journal, [], context_of, current, heard, streams=integration.streams)
