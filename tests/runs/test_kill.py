"""Kill -9 between answers: no start, claim, acknowledgement or report that was answered is lost."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from fairway.kit.clock import Clock, SystemClock
from fairway.wire.runs import AGENT
from support.live import LivePortal
from support.run_desk import agent_action

KILLS = 2
_ANSWERS = 50
"""Before each kill."""


@pytest.fixture
def clock() -> Clock:
    """The portal runs in a process of its own."""
    return SystemClock()


@dataclass
class Answered:
    """What the portal has said to have done."""

    started: set[str] = field(default_factory=set)
    claimed: dict[str, str] = field(default_factory=dict)
    """By run, until when."""
    acknowledged: set[str] = field(default_factory=set)
    ended: dict[str, str] = field(default_factory=dict)
    """By run, the last line of its log."""
    count: int = 0
    enough: threading.Event = field(default_factory=threading.Event)
    wanted: int = _ANSWERS

    def more(self) -> None:
        """One more answer."""
        self.count += 1
        if self.count >= self.wanted:
            self.enough.set()


def _work(client: httpx.Client, answered: Answered) -> None:
    """Starts a run, then does a bit of what an agent does, again and again until the portal is gone."""
    number = 0
    try:
        while True:
            number += 1
            _start(client, answered)
            runs = _call(client, answered, "POST", "/v1/actions/runs/claim-pending", installationId=AGENT, limit=2)[
                "runs"
            ]
            answered.claimed.update({run["id"]: run["claimedUntil"] for run in runs})
            if number % 3 and runs:
                _report(client, answered, [run["id"] for run in runs], number)
    except httpx.TransportError:
        return


def _start(client: httpx.Client, answered: Answered) -> None:
    answered.started.add(_call(client, answered, "POST", "/v1/actions/deploy/runs")["run"]["id"])


def _report(client: httpx.Client, answered: Answered, run_ids: list[str], number: int) -> None:
    _call(client, answered, "PATCH", "/v1/actions/runs/ack", runIds=run_ids)
    answered.acknowledged.update(run_ids)
    if number % 3 == 1:
        return
    line = f"line {number}"
    reports = [{"runId": run_id, "status": "SUCCESS", "logs": [{"message": line}]} for run_id in run_ids]
    _call(client, answered, "POST", "/v1/fairway/runs/reports", reports=reports)
    answered.ended.update(dict.fromkeys(run_ids, line))


def _call(client: httpx.Client, answered: Answered, method: str, path: str, **body: Any) -> dict[str, Any]:
    response = client.request(method, path, json=body)
    assert response.is_success, response.text
    answered.more()
    found: dict[str, Any] = response.json()
    return found


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_nothing_answered_is_lost(live_portal: LivePortal) -> None:
    with live_portal.login() as client:
        assert client.post("/v1/actions", json=agent_action()).status_code == 201
    answered = [Answered(), Answered()]
    for _ in range(KILLS):
        clients = [live_portal.login() for _ in answered]
        threads = [threading.Thread(target=_work, args=pair) for pair in zip(clients, answered, strict=True)]
        for thread in threads:
            thread.start()
        for each in answered:
            assert each.enough.wait(60)
        live_portal.kill()
        for thread, client, each in zip(threads, clients, answered, strict=True):
            thread.join(30)
            client.close()
            each.enough.clear()
            each.wanted = each.count + _ANSWERS
        live_portal.start()
        with live_portal.login() as client:
            for each in answered:
                _check(client, each)


def _check(client: httpx.Client, answered: Answered) -> None:
    runs = {run["id"]: run for run in client.get("/v1/actions/runs").json()["runs"]}
    assert answered.started <= runs.keys()
    for run_id, until in answered.claimed.items():
        run = runs[run_id]
        if run_id not in answered.acknowledged:
            assert (run["status"], run["claimedUntil"]) in {("IN_PROGRESS", until), ("IN_PROGRESS", None)}
    for run_id in answered.acknowledged:
        assert not runs[run_id]["pendingExecution"]
    for run_id, line in answered.ended.items():
        assert runs[run_id]["status"] == "SUCCESS"
        lines = client.get(f"/v1/actions/runs/{run_id}/logs").json()["runLogs"]
        assert [each["message"] for each in lines] == [line]
    waiting = {run_id for run_id, run in runs.items() if run["pendingExecution"] and run["claimedUntil"] is None}
    assert not waiting & answered.claimed.keys(), "a claim that was answered holds"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_was_claimed_by_the_dead_comes_again(live_portal: LivePortal) -> None:
    """The agent and the portal die at the same time; the run is executed by somebody else."""
    with live_portal.login() as client:
        assert client.post("/v1/actions", json=agent_action()).status_code == 201
        run_id = client.post("/v1/actions/deploy/runs", json={}).json()["run"]["id"]
        body = {"installationId": AGENT, "visibilityTimeoutMs": 500}
        [claimed] = client.post("/v1/actions/runs/claim-pending", json=body).json()["runs"]
        assert claimed["id"] == run_id
    live_portal.kill()
    live_portal.start()
    with live_portal.login() as client:
        body = {"installationId": AGENT, "waitMs": 20_000}
        [claimed] = client.post("/v1/actions/runs/claim-pending", json=body).json()["runs"]
        assert claimed["id"] == run_id
