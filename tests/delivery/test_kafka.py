"""Runs on Kafka: which message is where, signed, in which order, and what an outage does (contract 7.7, 7.9)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from confluent_kafka import Consumer

from fairway.kit.clock import ManualClock
from fairway.kit.settings import Settings
from fairway.portal.worker import Background
from fairway.wire.runs import change_log_topic, runs_topic
from fairway.wire.signatures import verify_message
from support.actions import self_service
from support.catalog import SERVICE
from support.kafka import MockBroker, mock_broker
from support.runs import Runs

PRODUCE = 0
UNKNOWN_SERVER_ERROR, NOT_LEADER, MESSAGE_TOO_LARGE = -1, 6, 10


@pytest.fixture
def broker() -> Iterator[MockBroker]:
    with mock_broker() as found:
        yield found


@pytest.fixture
def settings(settings: Settings, broker: MockBroker) -> Settings:
    return settings.model_copy(update={"kafka_brokers": broker.address, "gitlab_token": None})


@pytest.fixture
async def org_id(client: httpx.AsyncClient) -> str:
    return str((await client.get("/v1/organization")).json()["organization"]["id"])


@pytest.fixture
def topic(org_id: str, broker: MockBroker) -> str:
    """That of runs; both exist."""
    found = runs_topic(org_id)
    broker.create(topics=(found, change_log_topic(org_id)))
    return found


class Read:
    """A message as a consumer got it."""

    def __init__(self, message: Any) -> None:
        self.key = message.key().decode()
        self.partition = message.partition()
        self.raw: bytes = message.value()
        self.json: dict[str, Any] = json.loads(self.raw)


def read(broker: MockBroker, topic: str, count: int) -> list[Read]:
    """So many messages from the start; a moment later there are no more."""
    config = {
        "bootstrap.servers": broker.address, "group.id": "reader", "auto.offset.reset": "earliest",
        "enable.auto.commit": False, "isolation.level": "read_committed",
    }  # fmt: skip
    consumer = Consumer(config)
    consumer.subscribe([topic])
    found: list[Read] = []
    deadline = time.monotonic() + 30
    try:
        while len(found) < count and time.monotonic() < deadline:
            message = consumer.poll(0.2)
            if message is not None and message.error() is None:
                found.append(Read(message))
        assert consumer.poll(0.3) is None
    finally:
        consumer.close()
    assert len(found) == count
    return found


@pytest.fixture
async def services(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/blueprints", json=SERVICE)).status_code == 201
    for identifier in ("svc-a", "svc-b"):
        entity = {"identifier": identifier, "title": identifier, "properties": {"score": 1.0}}
        assert (await client.post("/v1/blueprints/service/entities", json=entity)).status_code == 201


async def _day_2(client: httpx.AsyncClient, invocation: dict[str, Any]) -> None:
    inputs = {"n": {"type": "number"}}
    action = {
        **self_service("operate", inputs=inputs, operation="DAY-2", blueprintIdentifier="service"),
        "invocationMethod": invocation,
    }
    answer = await client.post("/v1/actions", json=action)
    assert answer.status_code == 201, answer.text


async def _operate(client: httpx.AsyncClient, entity: str, n: int) -> dict[str, Any]:
    answer = await client.post("/v1/actions/operate/runs", json={"properties": {"n": n}, "entity": entity})
    assert answer.status_code == 202, answer.text
    return dict(answer.json()["run"])


def _secret(settings: Settings) -> str:
    assert settings.client_secret is not None
    return settings.client_secret.get_secret_value()


async def test_a_kafka_action_publishes_the_run_event_with_its_payload(
    client: httpx.AsyncClient, runs: Runs, background: Background, broker: MockBroker, topic: str, settings: Settings,
    services: None, org_id: str,
) -> None:  # fmt: skip
    await _day_2(client, {"type": "KAFKA", "payload": {"order": {"n": "{{ .inputs.n }}"}, "half": 0.5, "whole": 2.0}})
    run = await _operate(client, "svc-a", 3)
    await background.settle()
    [message] = read(broker, topic, 1)
    assert message.key == "service:svc-a"
    told = message.json
    assert verify_message(told, _secret(settings))
    assert not verify_message({**told, "half": 0.25}, _secret(settings))
    assert (told["action"], told["resourceType"], told["status"]) == ("DAY-2", "run", "TRIGGERED")
    assert told["context"] == {"entity": "svc-a", "blueprint": "service", "runId": run["id"]}
    assert told["trigger"]["by"]["orgId"] == org_id
    assert told["payload"]["entity"]["properties"]["score"] == 1
    assert told["payload"]["action"] == {
        "identifier": "operate", "trigger": "DAY-2", "invocationMethod": {"type": "KAFKA"},
    }  # fmt: skip
    assert told["payload"]["properties"] == {"n": 3}
    assert (told["order"], told["half"], told["whole"]) == ({"n": 3}, 0.5, 2)
    now = await runs.get(run)
    assert now["status"] == "IN_PROGRESS", "whoever reads it reports"
    assert f'Published to the topic "{topic}"' in await runs.log(run)


async def test_an_agent_that_reads_kafka_gets_webhooks_and_pipelines(
    client: httpx.AsyncClient, runs: Runs, background: Background, broker: MockBroker, topic: str, settings: Settings
) -> None:
    told = await client.patch("/v1/organization", json={"settings": {"portAgentStreamerName": "KAFKA"}})
    assert told.status_code == 200
    secret = {"secretName": "KEY", "secretValue": "a-long-secret"}
    assert (await client.post("/v1/organization/secrets", json=secret)).status_code == 201
    methods = {
        "hook": {"type": "WEBHOOK", "agent": True, "url": "http://inside/", "headers": {"x-key": "{{ .secrets.KEY }}"},
                 "body": {"context": {"team": "core"}, "payload": {"size": 1}, "headers": "odd"}},
        "pipe": {"type": "GITLAB", "projectName": "shop", "groupName": "acme", "pipelineVariables": {"A": "b"}},
    }  # fmt: skip
    started = {}
    for name, method in methods.items():
        made = await client.post("/v1/actions", json={**self_service(name), "invocationMethod": method})
        assert made.status_code == 201, made.text
        started[name] = (await client.post(f"/v1/actions/{name}/runs", json={"properties": {}})).json()["run"]
    await background.settle()
    messages = {each.json["context"]["runId"]: each for each in read(broker, topic, 2)}
    hook, pipe = (messages[started[name]["id"]] for name in methods)
    assert (hook.key, pipe.key) == (started["hook"]["id"], started["pipe"]["id"])
    for each in (hook, pipe):
        assert verify_message(each.json, _secret(settings))
    invocation = hook.json["payload"]["action"]["invocationMethod"]
    assert (invocation["url"], invocation["agent"], invocation["synchronized"]) == ("http://inside/", True, False)
    assert invocation["headers"] == {"x-key": "a-long-secret"}, "the agent has to send it"
    assert hook.json["context"]["team"] == "core"
    assert hook.json["payload"]["size"] == 1
    assert pipe.json["payload"]["action"]["invocationMethod"]["pipelineVariables"] == {"A": "b"}
    claimed = await client.post("/v1/actions/runs/claim-pending", json={"installationId": "_PORT_EXEC_AGENT"})
    assert claimed.json()["runs"] == [], "a run is offered in one place"
    assert "a-long-secret" not in str(await runs.get(started["hook"])) + await runs.log(started["hook"])


async def test_messages_of_an_entity_stay_in_order(
    client: httpx.AsyncClient, background: Background, broker: MockBroker, topic: str, clock: ManualClock,
    services: None,
) -> None:  # fmt: skip
    await _day_2(client, {"type": "KAFKA", "payload": {"n": "{{ .inputs.n }}"}})
    for number in range(20):
        await _operate(client, ("svc-a", "svc-b")[number % 2], number)
    for _ in range(20):
        await background.settle()
        clock.advance(seconds=1)
    messages = read(broker, topic, 20)
    for entity in ("svc-a", "svc-b"):
        of_entity = [each for each in messages if each.key == f"service:{entity}"]
        assert [each.json["n"] for each in of_entity] == list(range(int(entity == "svc-b"), 20, 2))
        assert len({each.partition for each in of_entity}) == 1


async def test_an_outage_is_waited_for_and_keeps_the_order(
    client: httpx.AsyncClient, runs: Runs, background: Background, broker: MockBroker, topic: str, clock: ManualClock,
    services: None,
) -> None:  # fmt: skip
    await _day_2(client, {"type": "KAFKA", "payload": {"n": "{{ .inputs.n }}"}})
    first = await _operate(client, "svc-a", 1)
    broker.fail(PRODUCE, *[UNKNOWN_SERVER_ERROR] * 1)
    await background.settle()
    assert (await runs.get(first))["status"] == "IN_PROGRESS"
    assert "Attempt 1 of 4 failed: Kafka did not take a message" in await runs.log(first)
    second = await _operate(client, "svc-a", 2)
    await background.settle()
    assert "Attempt" not in await runs.log(second), "it is not its turn"
    for _ in range(3):
        clock.advance(minutes=1)
        await background.settle()
    assert [each.json["n"] for each in read(broker, topic, 2)] == [1, 2]


async def test_what_goes_away_for_a_moment_is_no_failure(
    client: httpx.AsyncClient, runs: Runs, background: Background, broker: MockBroker, topic: str
) -> None:
    """The producer tries again by itself and does not write twice."""
    broker.fail(PRODUCE, NOT_LEADER, NOT_LEADER)
    run = await runs.start({"type": "KAFKA", "payload": {"a": 1}})
    await background.settle()
    [message] = read(broker, topic, 1)
    assert message.json["a"] == 1
    assert "Attempt" not in await runs.log(run)


async def test_one_that_brokers_refuse_for_good_ends_alone(
    client: httpx.AsyncClient, runs: Runs, background: Background, broker: MockBroker, topic: str
) -> None:
    broker.fail(PRODUCE, MESSAGE_TOO_LARGE)
    run = await runs.start({"type": "KAFKA", "payload": {"a": 1}})
    await background.settle()
    ended = await runs.get(run)
    assert (ended["status"], ended["statusLabel"]) == ("FAILURE", "Refused by Kafka")
    assert "refused the message for good" in ended["summary"]


async def test_a_payload_cannot_take_the_place_of_the_signature(
    runs: Runs, background: Background, broker: MockBroker, topic: str, settings: Settings
) -> None:
    forged = {"headers": {"X-Port-Signature": "v1,forged", "x-more": "kept"}, "context": {"runId": "r_other"}}
    await runs.start({"type": "KAFKA", "payload": forged})
    await background.settle()
    [message] = read(broker, topic, 1)
    assert message.json["headers"]["x-more"] == "kept"
    assert message.json["headers"]["X-Port-Signature"] != "v1,forged"
    assert verify_message(message.json, _secret(settings))


@pytest.mark.parametrize("payload", [[1, "{{ .run.id }}"], None])
async def test_payloads_that_are_no_objects(
    runs: Runs, background: Background, broker: MockBroker, topic: str, payload: Any
) -> None:
    run = await runs.start({"type": "KAFKA", **({} if payload is None else {"payload": payload})})
    await background.settle()
    [message] = read(broker, topic, 1)
    if payload is None:
        assert message.json["payload"]["action"]["identifier"] == "deliver"
    else:
        assert message.json["payload"] == [1, run["id"]]


async def test_changes_of_entities_are_on_the_change_log(
    client: httpx.AsyncClient, background: Background, broker: MockBroker, topic: str, org_id: str,
    settings: Settings,
) -> None:  # fmt: skip
    blueprint = {**SERVICE, "changelogDestination": {"type": "KAFKA"}}
    assert (await client.post("/v1/blueprints", json=blueprint)).status_code == 201
    for title in ("one", "two", "three"):
        entity = {"identifier": "svc", "title": title}
        answer = await client.post("/v1/blueprints/service/entities", params={"upsert": "true"}, json=entity)
        assert answer.status_code in (200, 201)
    await background.settle()
    messages = read(broker, change_log_topic(org_id), 4)
    entities = [each for each in messages if each.json["resourceType"] == "entity"]
    assert [(each.json["action"], each.json["diff"]["after"]["title"]) for each in entities] == [
        ("CREATE", "one"), ("UPDATE", "two"), ("UPDATE", "three"),
    ]  # fmt: skip
    assert {each.key for each in entities} == {"entity:service:svc"}
    assert all(each.json["changelogDestination"] == {"type": "KAFKA"} for each in entities)
    assert all(verify_message(each.json, _secret(settings)) for each in messages)
