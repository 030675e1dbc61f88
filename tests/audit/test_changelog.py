"""Change-log destinations: webhooks and Kafka, against real servers and librdkafka's own broker."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from confluent_kafka import Consumer, Producer
from sqlalchemy import select

from fairway.kit.clock import Clock, ManualClock, to_millis
from fairway.kit.errors import Unavailable
from fairway.kit.kafka import KafkaPublisher, Message
from fairway.kit.settings import Settings
from fairway.portal.audit.tables import changelog_delivery
from fairway.portal.services import Portal, build_portal
from fairway.portal.storage.outbox import Change, append
from fairway.portal.storage.tables import event
from fairway.portal.worker import Background

START = datetime(2030, 1, 1, tzinfo=UTC)
SECRET = "s" * 64


@pytest.fixture
def clock() -> Clock:
    return ManualClock(START)


@pytest.fixture
def moving(clock: Clock) -> ManualClock:
    assert isinstance(clock, ManualClock)
    return clock


class Receiver:
    """Remembers what it got and answers with ``status``."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((headers, await request.read()))
        return web.Response(status=self.status)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.requests]

    @property
    def told(self) -> list[tuple[str, str | None]]:
        return [(body["action"], (body["diff"]["after"] or {}).get("title")) for body in self.bodies]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", found.handle)
    server = TestServer(app)
    await server.start_server()
    found.url = str(server.make_url("/hook"))
    yield found
    await server.close()


async def _blueprint(client: httpx.AsyncClient, destination: dict[str, Any] | None) -> None:
    body: dict[str, Any] = {
        "identifier": "service", "title": "Service", "schema": {"properties": {"name": {"type": "string"}}},
    }  # fmt: skip
    if destination is not None:
        body["changelogDestination"] = destination
    response = await client.post("/v1/blueprints?create_catalog_page=false", json=body)
    assert response.status_code == 201, response.text


async def _put(client: httpx.AsyncClient, identifier: str, title: str) -> None:
    body = {"identifier": identifier, "title": title, "properties": {"name": "é"}}
    response = await client.post("/v1/blueprints/service/entities?upsert=true", json=body)
    assert response.status_code in (200, 201), response.text


async def test_a_webhook_gets_signed_events(
    client: httpx.AsyncClient, background: Background, receiver: Receiver
) -> None:
    destination = {"type": "WEBHOOK", "url": receiver.url}
    await _blueprint(client, destination)
    await _put(client, "a", "A")
    await background.settle()
    headers, body = next(each for each in receiver.requests if b'"resourceType":"entity"' in each[1])
    timestamp = headers["x-port-timestamp"]
    assert timestamp == str(int(START.timestamp()))
    expected = hmac.new(SECRET.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).digest()
    assert headers["x-port-signature"] == "v1," + base64.b64encode(expected).decode()
    assert headers["x-fairway-event"].startswith("event_")
    assert headers["content-type"] == "application/json"
    assert "é".encode() in body, "raw UTF-8"
    told = json.loads(body)
    assert body == json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode(), "compact"
    assert (told["action"], told["resourceType"], told["status"]) == ("CREATE", "entity", "SUCCESS")
    assert (told["context"]["blueprint"], told["context"]["entity"]) == ("service", "a")
    assert told["diff"]["after"]["title"] == "A"
    assert told["changelogDestination"] == destination
    assert sorted(body["resourceType"] for body in receiver.bodies) == ["blueprint", "entity"]


async def test_events_of_one_entity_stay_in_order(
    client: httpx.AsyncClient, background: Background, receiver: Receiver, moving: ManualClock, portal: Portal
) -> None:
    await _blueprint(client, {"type": "WEBHOOK", "url": receiver.url})
    await background.settle()
    receiver.requests.clear()
    receiver.status = 500
    for number in range(5):
        await _put(client, "a", f"v{number}")
    await background.settle()
    assert receiver.told == [("CREATE", "v0")], "the first one holds up the others"
    receiver.status = 200
    await background.settle()
    assert len(receiver.requests) == 1, "it pauses"
    moving.advance(seconds=3)
    await background.settle()
    assert receiver.told[1:] == [("CREATE", "v0"), *(("UPDATE", f"v{number}") for number in range(1, 5))]
    assert await portal.db.read(lambda tx: tx.rows(select(changelog_delivery))) == []


async def test_a_dead_receiver_is_given_up(
    client: httpx.AsyncClient, background: Background, receiver: Receiver, moving: ManualClock
) -> None:
    await _blueprint(client, {"type": "WEBHOOK", "url": receiver.url})
    await background.settle()
    receiver.requests.clear()
    receiver.status = 410
    await _put(client, "a", "v0")
    for _ in range(12):
        await background.settle()
        moving.advance(hours=2)
    assert receiver.told == [("CREATE", "v0")] * 12
    receiver.status = 200
    await _put(client, "a", "v1")
    await background.settle()
    assert receiver.told[12:] == [("UPDATE", "v1")]


async def test_forbidden_destinations(client: httpx.AsyncClient, background: Background, portal: Portal) -> None:
    await _blueprint(client, {"type": "WEBHOOK", "url": "http://169.254.169.254/latest"})
    await background.settle()
    (waiting,) = await portal.db.read(lambda tx: tx.rows(select(changelog_delivery)))
    assert waiting.attempts == 1


async def test_agent_webhooks_are_not_posted(
    client: httpx.AsyncClient, background: Background, receiver: Receiver
) -> None:
    await _blueprint(client, {"type": "WEBHOOK", "url": receiver.url, "agent": True})
    await _put(client, "a", "A")
    await background.settle()
    assert receiver.requests == []


@pytest.fixture
def broker() -> Iterator[str]:
    """librdkafka's mock broker, in this process."""
    holder = Producer({"test.mock.num.brokers": 1})
    metadata = holder.list_topics(timeout=10)
    found = next(iter(metadata.brokers.values()))
    yield f"{found.host}:{found.port}"
    del holder


def _read(broker: str, topic: str, number: int) -> list[tuple[str, dict[str, Any], bytes]]:
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "t", "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    found = []
    while len(found) < number:
        message = consumer.poll(10)
        assert message is not None, f"only {len(found)} messages came"
        if message.error() is None:
            value = message.value()
            found.append((message.key().decode(), json.loads(value), value))
    consumer.close()
    return found


@pytest.mark.slow
async def test_kafka_gets_signed_events_in_order(settings: Settings, clock: Clock, broker: str) -> None:
    portal = await build_portal(settings.model_copy(update={"kafka_brokers": broker}), clock)
    background = Background(portal)
    destination = {"type": "KAFKA"}

    def change(number: int) -> Change:
        after = {"identifier": "a", "title": f"v{number}"}
        return Change("UPDATE", "entity", "a", after=after, blueprint="b", entity="a", destination=destination)

    from fairway.portal.caller import system_caller

    admin = system_caller(portal.org.id)
    for number in range(10):
        await portal.db.write(lambda tx, number=number: append(tx, admin, 1, [change(number)]))
    await background.settle()
    messages = await asyncio.to_thread(_read, broker, f"{portal.org.id}.change.log", 10)
    assert {key for key, _, _ in messages} == {"entity:b:a"}
    assert [value["diff"]["after"]["title"] for _, value, _ in messages] == [f"v{number}" for number in range(10)]
    told = messages[0][1]
    assert told["changelogDestination"] == destination
    headers = told.pop("headers")
    signed = json.dumps({**told, "headers": {}}, separators=(",", ":"), ensure_ascii=False).encode()
    text = headers["X-Port-Timestamp"].encode() + b"." + signed
    expected = base64.b64encode(hmac.new(SECRET.encode(), text, hashlib.sha256).digest()).decode()
    assert headers["X-Port-Signature"] == f"v1,{expected}"
    await portal.close()


async def test_kafka_that_is_away_is_an_error(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairway.kit.kafka._DELIVERY_MS", 300)
    publisher = KafkaPublisher(settings.model_copy(update={"kafka_brokers": "127.0.0.1:1"}))
    with pytest.raises(Unavailable, match='topic "t"'):
        await publisher.publish([Message("t", "k", b"v")])
    await publisher.aclose()


@pytest.mark.slow
async def test_a_message_that_is_too_large_does_not_block(settings: Settings, broker: str) -> None:
    publisher = KafkaPublisher(settings.model_copy(update={"kafka_brokers": broker}))
    await publisher.publish([Message("large", "k", b"0" * 9_000_000), Message("large", "k", b"1")])
    (message,) = await asyncio.to_thread(_read, broker, "large", 1)
    assert message[2] == b"1"
    await publisher.aclose()


async def test_without_kafka_events_are_only_audited(
    client: httpx.AsyncClient, background: Background, portal: Portal
) -> None:
    await _blueprint(client, {"type": "KAFKA"})
    await background.settle()
    assert [consumer.name for consumer in portal.audit.consumers] == ["changelog"]
    audits = (await client.get("/v1/audit-log?blueprint=service")).json()["audits"]
    assert [audit["action"] for audit in audits] == ["CREATE"]


async def test_old_events_are_trimmed(
    client: httpx.AsyncClient, portal: Portal, background: Background, moving: ManualClock
) -> None:
    await _blueprint(client, None)
    await background.settle()
    days = portal.settings.event_retention_days

    async def kept() -> list[int]:
        rows = await portal.db.read(lambda tx: tx.rows(select(event.c.at).where(event.c.resource == "service")))
        return [row.at for row in rows]

    moving.advance(days=days - 1)
    await background.settle()
    assert await kept() == [to_millis(START)]
    await _put(client, "a", "A")
    moving.advance(days=2)
    await background.settle()
    assert await kept() == []
    (audit,) = (await client.get("/v1/audit-log?blueprint=service")).json()["audits"]
    assert audit["context"]["entity"] == "a"


async def test_what_a_consumer_has_not_handled_is_kept(portal: Portal, moving: ManualClock) -> None:
    from fairway.portal.audit.retention import EventRetention
    from fairway.portal.caller import system_caller
    from fairway.portal.storage.tables import consumer

    retention = EventRetention(portal.db, moving, 1)
    admin, now = system_caller("org"), to_millis(START)
    await portal.db.write(lambda tx: append(tx, admin, now, [Change("CREATE", "page", name) for name in "ab"]))
    moving.advance(days=3)
    stuck = {"name": "stuck", "txid": 0, "event_id": 0, "lease_owner": "w", "lease_until": to_millis(moving.now())}
    await portal.db.write(lambda tx: tx.insert_ignore(consumer, stuck))
    assert await portal.db.write(retention._trim) == 0
    moving.advance(days=3)
    assert await portal.db.write(retention._trim) > 0
