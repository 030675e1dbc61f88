"""``fairway agent`` as a process: how it starts, is killed, stops, and gives up (contract 2, 6 and 15)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.agents import SECRET, AgentProcess, variables
from support.own_portal import OwnPortal, until
from support.plain_portal import PlainPortal, hanging
from support.targets import Target, never

Start = Callable[..., AgentProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts agents; they are killed afterwards."""
    started: list[AgentProcess] = []

    def begin(url: str, name: str = "agent", **changes: str) -> AgentProcess:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        environment = variables(url, folder, **changes)
        del environment["CONTROL_THE_PAYLOAD_CONFIG_PATH"]
        process = AgentProcess(folder, **environment)
        process.start()
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.running:
            process.kill()


async def _ended(process: AgentProcess) -> int:
    return await asyncio.to_thread(process.wait)


async def test_what_a_killed_agent_had_acknowledged_is_done_after_its_start(
    plain: PlainPortal, target: Target, start: Start
) -> None:
    """Such a portal never offers an acknowledged run again: only the agent's own notes know of it."""
    target.answers = [never] * 8
    for number in range(20):
        plain.add(f"r_{number}", target.url)
    first = start(plain.url, FAIRWAY_AGENT_PARALLEL="4")
    await until(lambda: len(target.requests) >= 4)
    await until(lambda: sum(run.acked for run in plain.runs.values()) >= 4)
    first.kill()
    target.answers = []
    for run in plain.runs.values():
        run.claimed_until = 0.0  # what was claimed only is offered again, when the lease has run out
    start(plain.url)
    await plain.until_done()
    assert {plain.status(run_id) for run_id in plain.runs} == {"SUCCESS"}
    keys = [each.headers["idempotency-key"] for each in target.requests]
    assert set(keys) == set(plain.runs)
    assert len(keys) <= 20 + 8, "only what was under way is repeated, with the same key"


@pytest.mark.slow
async def test_what_a_killed_agent_had_is_done_by_another(own: OwnPortal, target: Target, start: Start) -> None:
    target.answers = [never] * 3
    await own.action(target.url)
    ids = await own.start(3)
    changes = {**own.credentials(), "FAIRWAY_AGENT_VISIBILITY_SECONDS": "3"}
    first = start(own.url, **changes)
    await until(lambda: len(target.requests) == 3)
    first.kill()
    start(own.url, "other", **changes)
    assert await own.ended(ids) == ["SUCCESS"] * 3
    keys = [each.headers["idempotency-key"] for each in target.requests]
    assert sorted(keys) == sorted([*ids, *ids])


async def test_an_idle_agent_stops_at_once(plain: PlainPortal, start: Start) -> None:
    agent = start(plain.url, POLLING_INTERVAL_SECONDS="600")
    await until(lambda: plain.count("claim") > 0)
    began = time.monotonic()
    assert await asyncio.to_thread(agent.stop) == 0
    assert time.monotonic() - began < 60


async def test_backing_off_is_interrupted(plain: PlainPortal, start: Start) -> None:
    plain.troubles["claim"] = [500] * 100
    changes = {"POLLING_INITIAL_BACKOFF_SECONDS": "300", "POLLING_MAX_BACKOFF_SECONDS": "300"}
    agent = start(plain.url, **changes)
    await until(lambda: plain.count("claim") > 0)
    began = time.monotonic()
    assert await asyncio.to_thread(agent.stop) == 0
    assert time.monotonic() - began < 60


async def test_sigterm_in_a_batch_finishes_what_was_acknowledged(
    plain: PlainPortal, target: Target, start: Start
) -> None:
    for number in range(60):
        plain.add(f"r_{number}", target.url)
    agent = start(plain.url, FAIRWAY_AGENT_PARALLEL="4")
    await until(lambda: len(target.requests) > 4)
    assert await asyncio.to_thread(agent.stop) == 0
    acked = [run_id for run_id, run in plain.runs.items() if run.acked]
    assert {plain.status(run_id) for run_id in acked} == {"SUCCESS"}, "nothing acknowledged is left behind"
    assert len(target.requests) == len(acked)


async def test_giving_up_is_no_success(plain: PlainPortal, start: Start) -> None:
    plain.troubles["claim"] = [500] * 1000
    agent = start(plain.url, POLLING_MAX_FAILURE_DURATION_SECONDS="0.5")
    assert await _ended(agent) == 3
    assert any(line["event"] == "gave_up" and "500" in line["problem"] for line in agent.records())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"PORT_CLIENT_ID": ""}, "PORT_CLIENT_ID is missing"),
        ({"STREAMER_NAME": "PIGEON"}, "STREAMER_NAME"),
        ({"FAIRWAY_AGENT_CA_FILE": "/no/such/file"}, "/no/such/file"),
        ({"FAIRWAY_AGENT_ALLOWED_URLS": "nonsense"}, "nonsense"),
        ({"CONTROL_THE_PAYLOAD_CONFIG_PATH": "absent.json"}, "absent.json"),
    ],
)
async def test_it_does_not_start_with_wrong_settings(
    start: Start, tmp_path: Path, changes: dict[str, str], words: str
) -> None:
    given = variables("http://127.0.0.1:9", tmp_path)
    del given["CONTROL_THE_PAYLOAD_CONFIG_PATH"]
    process = AgentProcess(tmp_path, **{**given, **changes})
    process.start()
    assert await _ended(process) == 1
    (record,) = process.records()
    assert words in record["message"]


async def test_logs_are_json_with_the_run_and_without_secrets(plain: PlainPortal, target: Target, start: Start) -> None:
    target.text = f"you sent {SECRET} and hunter22"
    plain.add("r_1", target.url, headers={"X-Api-Key": "header-secret"})
    agent = start(plain.url, TARGET_PASSWORD="hunter22", LOG_LEVEL="DEBUG")
    await plain.until_done()
    await asyncio.to_thread(agent.stop)
    records = agent.records()
    assert len(records) == len(agent.log.read_text().splitlines()), "every line is JSON"
    done = next(line for line in records if line["event"] == "done")
    assert (done["run_id"], done["action"], done["answered"]) == ("r_1", "deploy", 200)
    log, told = agent.log.read_text(), str(plain.runs["r_1"].logs) + str(plain.runs["r_1"].response)
    for secret in (SECRET, "hunter22", "token-1", "header-secret"):
        assert secret not in log
        assert secret not in told


@pytest.mark.slow
async def test_reports_that_the_portal_did_not_take_are_sent_after_the_next_start(
    plain: PlainPortal, target: Target, start: Start
) -> None:
    plain.troubles["status"] = [hanging() for _ in range(100)]
    for number in range(5):
        plain.add(f"r_{number}", target.url)
    first = start(plain.url, FAIRWAY_AGENT_DRAIN_SECONDS="1")
    await until(lambda: plain.count("status") >= 5)
    assert await asyncio.to_thread(first.stop) == 0
    plain.troubles.clear()
    start(plain.url)
    await plain.until_done()
    assert len(target.requests) == 5, "delivered once, reported later"


async def test_a_cut_off_run_ends_where_nobody_else_can_do_it(
    plain: PlainPortal, target: Target, start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without a state folder that outlives the process, the run must not stay open."""
    target.answers = [never]
    plain.add("r_1", target.url)
    agent = start(plain.url, FAIRWAY_AGENT_DRAIN_SECONDS="0", FAIRWAY_AGENT_STATE_DIR="", TMPDIR=str(tmp_path))
    await until(lambda: len(target.requests) == 1)
    assert await asyncio.to_thread(agent.stop) == 0
    assert plain.status("r_1") == "FAILURE"
    assert "stopped before the target answered" in plain.summary("r_1")
