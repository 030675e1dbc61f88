"""A whole agent on Kafka: order, parallelism, work of others, pipelines, and messages that fail (contract 5, 8, 12)."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from support.agents import SECRET, polling
from support.kafka import RUNS, Event, MockBroker, committed, ends, publish, run_event
from support.plain_portal import PlainPortal, plain_portal
from support.streamers import GROUP, until
from support.targets import Received, Target, never, serving


@pytest.fixture
async def plain() -> AsyncIterator[PlainPortal]:
    async with plain_portal() as found:
        yield found


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    async with serving() as found:
        yield found


def _kafka(broker: MockBroker, **changes: str) -> dict[str, str]:
    return {
        "STREAMER_NAME": "KAFKA", "USING_LOCAL_PORT_INSTANCE": "true", "KAFKA_CONSUMER_GROUP_ID": GROUP,
        "KAFKA_CONSUMER_BOOTSTRAP_SERVERS": broker.address, "KAFKA_CONSUMER_SESSION_TIMEOUT_MS": "1500", **changes,
    }  # fmt: skip


def event(plain: PlainPortal, url: str, run_id: str, **options: Any) -> Event:
    """A run that the portal knows, and its message."""
    (plain.add_node if run_id.startswith("wfnr_") else plain.add)(run_id, url)
    return run_event(run_id, url, secret=SECRET, **options)


def _mapping(folder: Path, document: Any) -> None:
    (folder / "mapping.json").write_text(json.dumps(document))


async def _until_all_committed(broker: MockBroker) -> None:
    async def behind() -> bool:
        found, last = await asyncio.to_thread(committed, broker.address, GROUP), ends(broker.address)
        return any(max(0, at) < end for at, end in zip(found, last, strict=True))

    for _ in range(200):
        if not await behind():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("messages are not committed")


async def test_runs_of_an_entity_stay_in_order_and_others_do_not_wait(
    plain: PlainPortal, target: Target, tmp_path: Path, broker: MockBroker
) -> None:
    """The original has one request under way, whatever it is about (contract 1, 17)."""
    under_way: dict[str, int] = defaultdict(int)
    order: dict[str, list[str]] = defaultdict(list)
    most = 0

    async def answer(request: web.Request, received: Received) -> web.StreamResponse:
        nonlocal most
        context = received.json["context"]
        entity = context["entity"]
        assert under_way[entity] == 0, "one at a time for an entity"
        under_way[entity] += 1
        order[entity].append(context["runId"])
        most = max(most, sum(under_way.values()))
        await asyncio.sleep(0.02)
        under_way[entity] -= 1
        return web.json_response({})

    target.answers = [answer] * 120
    entities = [f"e{number}" for number in range(12)]
    events = [
        event(plain, target.url, f"r_{entity}_{number}", entity=entity) for number in range(10) for entity in entities
    ]
    publish(broker.address, events)
    async with polling(plain.url, tmp_path, **_kafka(broker)):
        await plain.until_done()
        await _until_all_committed(broker)
    assert order == {entity: [f"r_{entity}_{number}" for number in range(10)] for entity in entities}
    assert most > 4, "entities do not wait for each other"


@pytest.mark.slow
async def test_a_hanging_target_holds_up_nobody_else(
    plain: PlainPortal, target: Target, tmp_path: Path, broker: MockBroker
) -> None:
    async with serving() as slow:
        slow.answers = [never] * 3
        stuck = [Event(event(plain, slow.url, f"r_slow_{at}").value, "k", RUNS, 0) for at in range(3)]
        quick = [Event(event(plain, target.url, f"r_{at}").value, "k", RUNS, 0) for at in range(20)]
        publish(broker.address, [*stuck, *quick])
        async with polling(plain.url, tmp_path, **_kafka(broker, FAIRWAY_AGENT_DRAIN_SECONDS="0")):
            await plain.until(lambda: len(plain.open) == 3)
            assert committed(broker.address, GROUP)[0] <= 0, "behind the hanging ones nothing is committed"


@pytest.mark.slow
async def test_work_of_other_clusters_is_left_alone(
    plain: PlainPortal, target: Target, tmp_path: Path, broker: MockBroker
) -> None:
    """Two clusters on one topic, told apart by mappings; node runs, too (port-agent PR 84)."""
    _mapping(tmp_path, [{"enabled": '.payload.properties.cluster == "a"'}])
    mine = event(plain, target.url, "r_mine", properties={"cluster": "a"})
    others = [
        event(plain, target.url, "r_other", properties={"cluster": "b"}),
        event(plain, target.url, "wfnr_other", properties={"cluster": "b"}),
        run_event("r_forged", target.url, secret="somebody else's", properties={"cluster": "b"}),
    ]
    plain.add("r_forged", target.url)
    publish(broker.address, [*others, mine])
    async with polling(plain.url, tmp_path, **_kafka(broker)):
        await plain.until(lambda: plain.status("r_mine") == "SUCCESS")
        await _until_all_committed(broker)
    assert sorted(plain.open) == ["r_forged", "r_other", "wfnr_other"]
    assert not plain.runs["r_other"].logs
    assert not plain.nodes["wfnr_other"].logs
    assert len(target.requests) == 1


async def test_node_runs(plain: PlainPortal, target: Target, tmp_path: Path, broker: MockBroker) -> None:
    target.text = '{"answer": 42}'
    publish(broker.address, [event(plain, target.url, "wfnr_1", method={"body": {"n": 1}})])
    async with polling(plain.url, tmp_path, **_kafka(broker)):
        await plain.until_done()
    assert target.last.json == {"n": 1}, "the configured body"
    node = plain.nodes["wfnr_1"].document
    assert (node["status"], node["result"]) == ("COMPLETED", "SUCCESS")
    assert node["output"]["response"] == {"status": 200, "data": {"answer": 42}}


@pytest.mark.slow
async def test_a_broken_expression_ends_the_run_and_not_the_agent(
    plain: PlainPortal, target: Target, tmp_path: Path, broker: MockBroker
) -> None:
    _mapping(tmp_path, [{"name": "m", "body": 'if .payload.properties.bad then error("no good") else .payload end'}])
    bad = event(plain, target.url, "r_bad", properties={"bad": True})
    publish(broker.address, [Event(b"{not json", "k", bad.topic, 0), bad, event(plain, target.url, "r_good")])
    async with polling(plain.url, tmp_path, **_kafka(broker)):
        await plain.until_done()
        await _until_all_committed(broker)
    assert (plain.status("r_bad"), plain.status("r_good")) == ("FAILURE", "SUCCESS")
    assert "no good" in plain.summary("r_bad")


async def test_an_undeliverable_run_ends_with_the_real_cause(
    plain: PlainPortal, target: Target, tmp_path: Path, broker: MockBroker
) -> None:
    """Over Kafka the original leaves it in progress for ever (contract 11)."""
    events = [
        event(plain, "http://127.0.0.1:1/", "r_refused"),
        event(plain, "http://no-such-host.invalid/", "r_nowhere"),
        event(plain, "", "r_empty"),
    ]
    publish(broker.address, events)
    async with polling(plain.url, tmp_path, **_kafka(broker)):
        await plain.until_done()
        await _until_all_committed(broker)
    assert "127.0.0.1:1" in plain.summary("r_refused")
    assert "no-such-host.invalid" in plain.summary("r_nowhere")
    assert "There is no URL to call" in plain.summary("r_empty")


async def test_pipelines_of_gitlab(plain: PlainPortal, target: Target, tmp_path: Path, broker: MockBroker) -> None:
    target.text = '{"id": 7, "web_url": "http://gitlab/p/7"}'
    method = {"type": "GITLAB", "groupName": "g/sub", "projectName": "p", "synchronized": False}
    publish(broker.address, [event(plain, "", "r_1", method=method, properties={"ref": "dev", "n": 1})])
    env = {"GITLAB_URL": target.url + "/", "g_sub_p": "trigger-token-1"}
    async with polling(plain.url, tmp_path, **_kafka(broker, **env)):
        await plain.until(lambda: "externalRunId" in plain.runs["r_1"].document)
    assert target.last.path == "/api/v4/projects/g%2Fsub%2Fp/trigger/pipeline"
    assert (target.last.json["ref"], target.last.json["variables"]) == ("dev", {"ref": "dev", "n": "1"})
    run = plain.runs["r_1"].document
    assert (run["status"], run["externalRunId"], run["link"]) == ("IN_PROGRESS", "7", "http://gitlab/p/7")


@pytest.mark.slow
async def test_a_portal_that_is_away_does_not_hold_up_targets_and_gets_every_report(
    plain: PlainPortal, target: Target, tmp_path: Path, broker: MockBroker
) -> None:
    """Offsets wait for reports: an agent that is killed before the portal came back repeats them (contract 11, 17)."""
    plain.troubles["any"] = [503] * 40
    publish(broker.address, [event(plain, target.url, f"r_{at}") for at in range(10)])
    async with polling(plain.url, tmp_path, **_kafka(broker)):
        await until(lambda: len(target.requests) == 10, "targets are called")
        await plain.until_done(60)
        await _until_all_committed(broker)
    assert {plain.status(f"r_{at}") for at in range(10)} == {"SUCCESS"}
    assert len(target.requests) == 10
