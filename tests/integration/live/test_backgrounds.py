"""Hooks that run beside resyncs, and the events that they emit (contract section 9)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fairway.integration.background import BackgroundContext, Gathering
from fairway.integration.definition import Context, Integration, Page
from fairway.integration.live import Processor, WebhookEvent, WebhookEventRawResults
from fairway.integration.model import Resource
from fairway.integration.runtime.backgrounds import BackgroundFigures, Backgrounds
from fairway.integration.testing import FakeThirdParty, Reply, backgrounds
from fairway.integration.testing.running import context_for
from fairway.kit.errors import MalformedBody, NotFound

MAPPING = {
    "resources": [
        {
            "kind": "item",
            "selector": {"query": ".hidden | not"},
            "port": {"entity": {"mappings": {"identifier": ".id", "blueprint": '"item"', "properties": {"n": ".n"}}}},
        }
    ]
}


class Heard(Processor):
    async def get_matching_kinds(self, event: WebhookEvent) -> list[str]:
        return ["item"]

    def ordering_key(self, event: WebhookEvent) -> str:
        return str(event.payload["id"])

    async def handle_event(self, payload: Any, resource: Resource) -> WebhookEventRawResults:
        gone = bool(payload.get("gone"))
        return WebhookEventRawResults([] if gone else [payload], [payload] if gone else [])


@pytest.fixture
def integration() -> Integration:
    made = Integration("shop")
    made.stream("items", Heard)

    @made.on_resync("item")
    async def items(context: Context) -> Page:
        return []

    return made


async def test_a_stream_becomes_upserts_and_deletes(integration: Integration, party: FakeThirdParty) -> None:
    async def lasting() -> AsyncIterator[bytes]:
        yield b'{"id": "a", "n": 1}\n{"id": "b", "gone": true}\n{"id": "c", "hidden": true}\n'
        await asyncio.Event().wait()

    @integration.background()
    async def watch(context: BackgroundContext) -> None:
        assert [each.kind for each in await context.resources()] == ["item"]
        async with context.http.lines(f"{party.url}/watch", stopping=context.stopping) as lines:
            async for event in lines.json():
                await context.emit("items", event)

    party.on("GET", "/watch", Reply(stream=lasting()))
    async with backgrounds(integration, MAPPING) as heard:
        await heard.until(lambda now: len(now.upserted) + len(now.deleted) == 3)
    assert [each.identifier for each in heard.upserted] == ["a"]
    assert {each.identifier for each in heard.deleted} == {"b", "c"}
    assert heard.duties is not None
    assert [(each["name"], each["state"]) for each in heard.duties.document()] == [("watch", "ended")]


async def test_a_hook_that_fails_is_started_again(integration: Integration) -> None:
    begun: list[int] = []

    @integration.background("the watch")
    async def watch(context: BackgroundContext) -> None:
        begun.append(len(begun))
        if len(begun) < 3:
            raise ConnectionResetError("it broke off")
        await context.resync(["item"])
        await context.emit("items", {"id": "a"})

    async with backgrounds(integration, MAPPING) as heard:
        await heard.until(lambda now: bool(now.upserted))
    assert heard.resyncs == [frozenset({"item"})]
    assert heard.duties is not None
    found = heard.duties.document()[0]
    assert (found["name"], found["state"], found["failures"]) == ("the watch", "ended", 2)
    assert "it broke off" in found["error"]


async def test_hooks_that_do_not_end_in_time_are_cancelled(integration: Integration) -> None:
    ends: list[str] = []

    @integration.background()
    async def stubborn(context: BackgroundContext) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("cancelled")

    @integration.background()
    async def good(context: BackgroundContext) -> None:
        await context.stopping.wait()
        ends.append("drained")

    stop = asyncio.Event()
    context = context_for(integration)
    context.stopping = stop
    duties = Backgrounds(integration.backgrounds, context, None, BackgroundFigures(drain=0.05))  # type: ignore[arg-type] # nothing is asked
    running = asyncio.create_task(duties.run(stop))
    while any(each["state"] != "running" for each in duties.document()):  # noqa: ASYNC110 nobody tells
        await asyncio.sleep(0)
    stop.set()
    await running
    await context.http.aclose()
    assert ends == ["drained", "cancelled"]


async def test_what_cannot_be_emitted_is_an_error(integration: Integration, tmp_path: Path) -> None:
    errors: list[Exception] = []

    @integration.background()
    async def watch(context: BackgroundContext) -> None:
        for stream, payload in (("others", {}), ("items", {"id": {1, 2}})):
            with pytest.raises((NotFound, MalformedBody)) as caught:
                await context.emit(stream, payload)
            errors.append(caught.value)

    async with backgrounds(integration, MAPPING) as heard:
        await heard.until(lambda _: len(errors) == 2)
    assert "others" in str(errors[0])
    assert "no JSON" in str(errors[1])


async def test_of_events_that_come_together_the_last_counts(integration: Integration) -> None:
    @integration.background()
    async def watch(context: BackgroundContext) -> None:
        async with Gathering(context, "items", seconds=60, most=2) as gathering:
            for number in range(5):
                await gathering.add("a", {"id": "a", "n": number})
            await gathering.add("b", {"id": "b"})
            await gathering.add("c", {"id": "c"})
            await gathering.add("a", {"id": "a", "n": 9})

    async with backgrounds(integration, MAPPING) as heard:
        await heard.until(lambda now: len(now.upserted) == 4)
    found = [(each.identifier, each.document["properties"]["n"]) for each in heard.upserted]
    assert [n for identifier, n in found if identifier == "a"] == [4, 9]
