"""Kill -9 in the middle of workflows and automations: each run ends, and each event has started one run."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from fairway.kit.clock import Clock, SystemClock
from support.actions import automation
from support.catalog import SERVICE
from support.flow import Document, call, workflow
from support.forges.server import Forge
from support.live import LivePortal

RUNS = 12
KILLED_AT = (6, 20, 45)
"""After so many requests."""


@pytest.fixture
def clock() -> Clock:
    """The portal runs in a process of its own."""
    return SystemClock()


def _definitions(target: Forge) -> tuple[Document, Document]:
    body = {"run": "{{ .workflowRun.identifier }}"}
    nodes = [call(name, f"{target.url}/{name}", body=body) for name in ("a", "b", "end")]
    arrows = [("start", "a"), ("start", "b"), ("a", "end"), ("b", "end")]
    hook = {"type": "WEBHOOK", "synchronized": True, "url": f"{target.url}/heard",
            "body": {"who": "{{ .event.diff.after.identifier }}"}}  # fmt: skip
    event = {"type": "ENTITY_CREATED", "blueprintIdentifier": "service"}
    return workflow(*nodes, arrows=arrows), {**automation("react", **event), "invocationMethod": hook}


async def _ask(live: LivePortal, method: str, path: str, body: Any = None) -> Any:
    def send() -> httpx.Response:
        with live.login() as client:
            return client.request(method, path, json=body)

    answer = await asyncio.to_thread(send)
    assert answer.is_success, answer.text
    return answer.json()


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_nothing_stops_half_way(live_portal: LivePortal, target: Forge) -> None:
    flow, react = _definitions(target)
    for path, body in (("blueprints", SERVICE), ("workflows", flow), ("actions", react)):
        await _ask(live_portal, "POST", f"/v1/{path}", body)
    started = []
    for number in range(RUNS):
        path = "/v1/fairway/workflows/flow/runs"
        started.append((await _ask(live_portal, "POST", path, {"inputs": {"env": "x"}}))["run"]["id"])
        await _ask(live_portal, "POST", "/v1/blueprints/service/entities", {"identifier": f"svc-{number}"})
        if len(target.requests) >= KILLED_AT[0] and number == RUNS // 2:
            await asyncio.to_thread(live_portal.kill)
            await asyncio.to_thread(live_portal.start)
    for wanted in KILLED_AT[1:]:
        while len(target.requests) < wanted:  # noqa: ASYNC110 the portal is another process
            await asyncio.sleep(0.05)
        await asyncio.to_thread(live_portal.kill)
        await asyncio.to_thread(live_portal.start)
    await _until_ended(live_portal)
    for run in started:
        found = (await _ask(live_portal, "GET", f"/v1/fairway/workflows/runs/{run}"))["run"]
        assert (found["status"], found["result"]) == ("COMPLETED", "SUCCESS"), found["summary"]
        assert Counter(each["node"]["identifier"] for each in found["nodeRuns"]) == {
            "start": 1,
            "a": 1,
            "b": 1,
            "end": 1,
        }
    keys = {(seen.path, seen.headers["idempotency-key"]) for seen in target.requests}
    assert Counter(path for path, _ in keys) == dict.fromkeys(("/a", "/b", "/end", "/heard"), RUNS)


async def _until_ended(live: LivePortal) -> None:
    """Jobs of the dead are done when their leases are over."""
    while True:
        going = (await _ask(live, "GET", "/v1/fairway/workflows/runs?status=IN_PROGRESS"))["runs"]
        runs = (await _ask(live, "GET", "/v1/actions/runs?action=react"))["runs"]
        if not going and len(runs) == RUNS and all(each["status"] == "SUCCESS" for each in runs):
            return
        await asyncio.sleep(1)
