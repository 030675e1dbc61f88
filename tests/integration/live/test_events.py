"""From events to upserts and deletes (contract sections 9.1 to 9.3; rows 22 of section 24)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from fairway.integration.caching import Cache
from fairway.integration.definition import Context, Integration
from fairway.integration.http import ThirdPartyHttp
from fairway.integration.live import (
    Journal,
    LiveEvents,
    LiveMapping,
    LiveSettings,
    Processor,
    WebhookEvent,
    WebhookEventRawResults,
)
from fairway.integration.mapping.compiled import compile_config
from fairway.integration.mapping.config import parse_config
from fairway.integration.model import AppConfig, Entity, EntityKey, Resource, Trigger
from fairway.jq import Engine
from fairway.kit.clock import SystemClock
from fairway.kit.errors import MalformedBody, NotFound, Unauthorized, Unavailable
from fairway.kit.logs import get_logger


def _resource(kind: str, query: str) -> dict[str, Any]:
    mappings = {"identifier": ".id", "blueprint": '"issue"', "properties": {"n": ".n"}}
    return {"kind": kind, "selector": {"query": query}, "port": {"entity": {"mappings": mappings}}}


CONFIG = {"resources": [_resource("issue", ".open"), _resource("closed", ".moved == true"), _resource("odd", ".n")]}


class Issues(Processor):
    async def authenticate(self, payload: Any, headers: Mapping[str, str]) -> bool:
        return headers.get("x-hook-token") == "hush"

    async def validate_payload(self, payload: Any) -> bool:
        return "item" in payload

    async def should_process_event(self, event: WebhookEvent) -> bool:
        return bool(event.payload.get("type") != "unknown")

    def ordering_key(self, event: WebhookEvent) -> str:
        return str(event.payload["item"]["id"])

    async def get_matching_kinds(self, event: WebhookEvent) -> list[str]:
        return ["odd"] if event.payload.get("type") == "odd" else ["issue", "closed"]

    async def handle_event(self, payload: Any, resource: Resource) -> WebhookEventRawResults:
        await asyncio.sleep(0)
        item = payload["item"]
        gone = payload.get("type") == "deleted"
        return WebhookEventRawResults([] if gone else [item], [item] if gone else [])


class Portal:
    def __init__(self) -> None:
        self.entities: dict[str, Any] = {}
        self.written: dict[str, list[Any]] = {}
        self.deleted: list[str] = []
        self.failures = 0

    async def upsert(self, entities: Sequence[Entity], config: AppConfig) -> None:
        if self.failures:
            self.failures -= 1
            raise Unavailable("The portal is down")
        for entity in entities:
            self.entities[entity.identifier] = entity.document["properties"]["n"]
            self.written.setdefault(entity.identifier, []).append(entity.document["properties"]["n"])

    async def delete(self, keys: Sequence[EntityKey], config: AppConfig) -> None:
        for key in keys:
            self.deleted.append(key.identifier)
            self.entities.pop(key.identifier, None)


@pytest.fixture
def portal() -> Portal:
    return Portal()


World = Callable[[], Any]


@pytest.fixture
async def world(tmp_path: Path, portal: Portal) -> AsyncIterator[World]:
    """Opens the journal and handles events as a process does."""
    engine, http, clock = Engine(), ThirdPartyHttp(), SystemClock()
    config = parse_config(CONFIG)
    compiled = compile_config(engine, config)

    def context(resource: Resource | None) -> Context:
        return Context(Integration(), {}, Trigger.LIVE, http, Cache(), clock, get_logger("test"), resource)

    async def mapping() -> LiveMapping:
        return LiveMapping(config, compiled.resources)

    @asynccontextmanager
    async def opened(*, running: bool = True) -> AsyncIterator[tuple[LiveEvents, Journal]]:
        journal = Journal(tmp_path / "journal.sqlite", clock)
        await journal.open()
        live = LiveEvents(journal, [("hook", Issues)], context, mapping, portal, LiveSettings(workers=8))
        stop = asyncio.Event()
        task = asyncio.create_task(live.run(stop)) if running else None
        yield live, journal
        stop.set()
        if task is not None:
            await task
        await journal.aclose()

    yield opened
    await http.aclose()


async def send(live: LiveEvents, token: str = "hush", **payload: Any) -> int | None:
    return await live.receive("/hook/", {"X-Hook-Token": token}, orjson.dumps(payload))


async def settled(journal: Journal) -> None:
    while journal.waiting:  # noqa: ASYNC110 the journal tells nobody
        await asyncio.sleep(0.005)


def item(name: str, n: int = 1, **more: Any) -> dict[str, Any]:
    return {"id": name, "n": n, "open": True, **more}


async def test_updates_are_upserted(world: Any, portal: Portal) -> None:
    async with world() as (live, journal):
        await send(live, item=item("a"))
        await settled(journal)
    assert portal.entities == {"a": 1}


async def test_an_item_that_the_selector_refuses_is_deleted(world: Any, portal: Portal) -> None:
    async with world() as (live, journal):
        await send(live, item=item("a", open=False))
        await settled(journal)
    assert portal.deleted == ["a"]


@pytest.mark.parametrize("is_open", [True, False])
async def test_a_deleted_item_is_deleted_whether_selected_or_not(world: Any, portal: Portal, is_open: bool) -> None:
    async with world() as (live, journal):
        await send(live, type="deleted", item=item("a", open=is_open))
        await settled(journal)
    assert portal.deleted == ["a"]


async def test_an_item_that_moved_to_another_kind_is_not_deleted(world: Any, portal: Portal) -> None:
    async with world() as (live, journal):
        await send(live, item=item("a", open=False, moved=True))
        await settled(journal)
    assert (portal.entities, portal.deleted) == ({"a": 1}, [])


async def test_refusals_come_before_anything_is_kept(world: Any) -> None:
    async with world(running=False) as (live, journal):
        with pytest.raises(Unauthorized):
            await send(live, token="wrong", item=item("a"))
        with pytest.raises(MalformedBody):
            await send(live, other=1)
        with pytest.raises(MalformedBody):
            await live.receive("hook", {}, b"{")
        with pytest.raises(NotFound):
            await live.receive("elsewhere", {}, b"{}")
        assert await send(live, type="unknown") is None
        assert journal.waiting == 0


async def test_secret_headers_are_not_kept(world: Any) -> None:
    async with world(running=False) as (live, journal):
        await live.receive("hook", {"X-Hook-Token": "hush", "X-Event": "push"}, orjson.dumps({"item": item("a")}))
        assert [event.headers for event in await journal.due(set(), 1)] == [{"x-event": "push"}]


async def test_an_event_waits_while_the_portal_is_down(world: Any, portal: Portal) -> None:
    portal.failures = 1
    async with world() as (live, journal):
        await send(live, item=item("a"))
        await send(live, item=item("a", 2))
        await settled(journal)
    assert portal.written == {"a": [1, 2]}


async def test_an_item_that_cannot_be_mapped_is_given_up_at_once_with_its_reason(world: Any) -> None:
    async with world() as (live, journal):
        await send(live, type="odd", item=item("a"))
        await settled(journal)
        (dead,) = await journal.dead()
        assert 'items of "odd-2" failed' in str(dead.error)


async def test_events_of_before_a_restart_are_handled_after_it(world: Any, portal: Portal) -> None:
    async with world(running=False) as (live, _):
        await send(live, item=item("a"))
    async with world() as (_, journal):
        await settled(journal)
    assert portal.entities == {"a": 1}


@pytest.mark.slow
async def test_of_a_burst_of_a_thousand_none_is_lost_and_each_key_keeps_its_order(world: Any, portal: Portal) -> None:
    async with world() as (live, journal):
        for number in range(100):
            await asyncio.gather(*(send(live, item=item(f"k{key}", number)) for key in range(10)))
        await settled(journal)
    assert portal.written == {f"k{key}": list(range(100)) for key in range(10)}
