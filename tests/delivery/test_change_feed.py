"""The change log for agents that poll: in order, one agent at a time, nothing lost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from fairway.kit.clock import ManualClock
from fairway.kit.settings import Settings
from fairway.wire.signatures import verify_message
from support.catalog import SERVICE
from support.people import Login

AGENT = {"type": "WEBHOOK", "agent": True, "url": "http://inside.example/changes"}


@dataclass(frozen=True)
class Feed:
    """Claims and acknowledges."""

    client: httpx.AsyncClient

    async def claim(self, agent: str = "a1", **more: Any) -> dict[str, Any]:
        answer = await self.client.post("/v1/fairway/change-log/claim", json={"agentId": agent, **more})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def ack(self, cursor: Any, agent: str = "a1", **more: Any) -> int:
        body = {"agentId": agent, "cursor": cursor, **more}
        return (await self.client.post("/v1/fairway/change-log/ack", json=body)).status_code

    async def titles(self, agent: str = "a1", **more: Any) -> list[str]:
        return [each["diff"]["after"]["title"] for each in (await self.claim(agent, **more))["messages"]]

    async def write(self, title: str, blueprint: str = "service") -> None:
        entity = {"identifier": "svc", "title": title}
        answer = await self.client.post(f"/v1/blueprints/{blueprint}/entities?upsert=true", json=entity)
        assert answer.status_code in (200, 201), answer.text


@pytest.fixture
async def feed(client: httpx.AsyncClient) -> Feed:
    """A blueprint whose changes go to agents, one whose changes the portal posts, and a group that has begun."""
    for identifier, destination in (("service", AGENT), ("posted", {"type": "WEBHOOK", "url": "http://x.example/"})):
        blueprint = {**SERVICE, "identifier": identifier, "changelogDestination": destination}
        assert (await client.post("/v1/blueprints", json=blueprint)).status_code == 201
    found = Feed(client)
    assert await found.claim() == {"ok": True, "messages": [], "cursor": None, "claimedUntil": None}
    return found


async def test_messages_are_those_of_kafka(feed: Feed, settings: Settings) -> None:
    await feed.write("one", "posted")
    await feed.write("two")
    claimed = await feed.claim()
    [message] = claimed["messages"]
    assert (message["action"], message["resourceType"]) == ("CREATE", "entity")
    assert message["context"]["entity"] == "svc"
    assert message["diff"]["after"]["title"] == "two"
    assert message["changelogDestination"] == AGENT
    assert settings.client_secret is not None
    assert verify_message(message, settings.client_secret.get_secret_value())
    assert claimed["claimedUntil"] is not None
    assert await feed.ack(claimed["cursor"]) == 200
    assert (await feed.claim())["messages"] == []


async def test_one_agent_of_a_group_at_a_time_and_in_order(feed: Feed) -> None:
    for title in "abc":
        await feed.write(title)
    first = await feed.claim("a1", limit=2)
    assert [each["diff"]["after"]["title"] for each in first["messages"]] == ["a", "b"]
    assert await feed.titles("a2") == [], "the other agent has the cursor"
    assert await feed.ack(first["cursor"], "a2") == 409
    assert await feed.ack(first["cursor"], "a1") == 200
    assert await feed.ack(first["cursor"], "a1") == 409, "once"
    assert await feed.titles("a2") == ["c"]


async def test_what_is_not_acknowledged_comes_again(feed: Feed, clock: ManualClock) -> None:
    await feed.write("a")
    lost = await feed.claim("a1", visibilityTimeoutMs=30_000)
    assert await feed.titles("a2") == []
    clock.advance(seconds=31)
    assert await feed.titles("a2") == ["a"]
    assert await feed.ack(lost["cursor"], "a1") == 409
    assert await feed.titles("a2") == ["a"], "its holder may ask again"


async def test_groups_have_cursors_of_their_own_and_begin_now(feed: Feed) -> None:
    await feed.write("a")
    assert await feed.titles(group="late") == []
    await feed.write("b")
    assert await feed.titles(group="late") == ["b"]
    assert await feed.titles() == ["a", "b"]


async def test_what_is_for_nobody_is_passed(feed: Feed) -> None:
    for number in range(7):
        await feed.write(str(number), "posted")
    await feed.write("last")
    assert await feed.titles(limit=2) == [], "a batch of events for others"
    assert await feed.titles(limit=2, waitMs=5000) == ["last"]


async def test_a_claim_waits_for_the_first_message(feed: Feed) -> None:
    waiting = asyncio.create_task(feed.titles(waitMs=30_000))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await feed.write("a")
    async with asyncio.timeout(20):
        assert await waiting == ["a"]


@pytest.mark.parametrize(
    "body",
    [{}, {"agentId": ""}, {"agentId": 7}, {"agentId": "a b"}, {"agentId": "a", "group": "x" * 61},
     {"agentId": "a", "limit": "many"}],
)  # fmt: skip
async def test_claims_that_will_not_do(feed: Feed, body: dict[str, Any]) -> None:
    assert (await feed.client.post("/v1/fairway/change-log/claim", json=body)).status_code == 422


@pytest.mark.parametrize("cursor", [None, "", "1", "a.b", "1.2.3", "١.٢"])
async def test_cursors_that_are_none(feed: Feed, cursor: str | None) -> None:
    assert await feed.ack(cursor) == 422


async def test_people_do_not_read_it(feed: Feed, login: Login) -> None:
    member = await login("jo@example.com")
    for path in ("claim", "ack"):
        body = {"agentId": "a", "cursor": "1.1"}
        assert (await member.post(f"/v1/fairway/change-log/{path}", json=body)).status_code == 403
