"""A whole agent that reads Kafka: credentials from the portal, requests, reports, and what is left at a stop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

from support.agents import SECRET, polling
from support.kafka import MockBroker, change_event, mock_broker, publish, run_event
from support.own_portal import until
from support.plain_portal import PlainPortal, hanging
from support.targets import Target, never


@pytest.fixture
def broker() -> Iterator[MockBroker]:
    with mock_broker() as found:
        found.create()
        yield found


_QUICK = {"KAFKA_CONSUMER_SESSION_TIMEOUT_MS": "1500"}
"""The mock broker takes almost a session time-out for every rebalance, which Kafka does not."""


def _kafka(broker: MockBroker) -> dict[str, str]:
    return {
        "STREAMER_NAME": "KAFKA",
        "USING_LOCAL_PORT_INSTANCE": "true",
        "KAFKA_CONSUMER_BOOTSTRAP_SERVERS": broker.address,
        "KAFKA_CONSUMER_GROUP_ID": "org.agents",
        **_QUICK,
    }


async def test_runs_and_changes_are_delivered_and_runs_reported(
    plain: PlainPortal, target: Target, tmp_path: Path, broker: MockBroker
) -> None:
    plain.add("r_1", target.url)
    publish(broker.address, [run_event("r_1", target.url, secret=SECRET), change_event(target.url, run_id="r_1")])
    async with polling(plain.url, tmp_path, **_kafka(broker)) as agent:
        await until(lambda: len(target.requests) == 2)
        await until(lambda: agent.metric("reported_total") == 1)
        await until(lambda: agent.agent.condition().streamer.connected)
    assert plain.count("claim") == 0
    assert plain.count("ack") == 0
    assert len(plain.runs["r_1"].logs) == 1, "a change touches no run"
    assert plain.settings["portAgentStreamerName"] == "KAFKA"


async def test_a_forged_message_ends_its_run_and_is_not_sent(
    plain: PlainPortal, target: Target, tmp_path: Path, broker: MockBroker
) -> None:
    plain.add("r_1", target.url)
    publish(broker.address, [run_event("r_1", target.url, secret="somebody else's")])
    async with polling(plain.url, tmp_path, **_kafka(broker)):
        await plain.until_done()
    assert plain.status("r_1") == "FAILURE"
    assert "signature" in plain.summary("r_1")
    assert not target.requests


@pytest.mark.slow
async def test_credentials_come_from_the_portal(
    plain: PlainPortal, target: Target, tmp_path: Path, broker: MockBroker
) -> None:
    async def credentials(request: web.Request) -> web.StreamResponse:
        found = {"brokers": [broker.address], "username": "u", "password": "p"}
        return web.json_response({"ok": True, "credentials": found})

    plain.troubles["unknown"] = [503, *[credentials] * 5]
    changes = {"STREAMER_NAME": "KAFKA", "KAFKA_CONSUMER_GROUP_ID": "org.agents", **_QUICK}
    plain.add("r_1", target.url)
    publish(broker.address, [run_event("r_1", target.url, secret=SECRET)])
    async with polling(plain.url, tmp_path, **changes) as agent:
        await until(lambda: len(target.requests) == 1)
        await until(lambda: agent.metric("unreported") == 0)


@pytest.mark.slow
async def test_what_was_not_finished_comes_again(
    plain: PlainPortal, target: Target, tmp_path: Path, broker: MockBroker
) -> None:
    """Cut off by the end of the grace period, or with a report that the portal never took."""
    target.answers = [never]
    plain.add("r_1", target.url)
    publish(broker.address, [run_event("r_1", target.url, secret=SECRET)])
    async with polling(plain.url, tmp_path / "a", **_kafka(broker), FAIRWAY_AGENT_DRAIN_SECONDS="0") as first:
        await until(lambda: len(target.requests) == 1)
        await first.stop()
    plain.troubles["log"] = [hanging() for _ in range(10)]
    async with polling(plain.url, tmp_path / "b", **_kafka(broker), FAIRWAY_AGENT_DRAIN_SECONDS="0"):
        await until(lambda: len(target.requests) == 2)
    assert [each.headers["idempotency-key"] for each in target.requests] == ["r_1", "r_1"]
