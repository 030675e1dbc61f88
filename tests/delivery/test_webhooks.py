"""Webhooks: sent signed, sent again when that may help, given up with the reason, and sent again when asked."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from aiohttp.test_utils import unused_port

from fairway.kit.clock import ManualClock
from fairway.portal.worker import Background
from support.actions import self_service
from support.forges.server import Forge, Reply
from support.runs import Runs


def _hook(url: str, **more: Any) -> dict[str, Any]:
    return {"type": "WEBHOOK", "url": url, "body": {"run": "{{ .run.id }}"}, **more}


async def _all_attempts(background: Background, clock: ManualClock) -> None:
    for _ in range(5):
        await background.settle()
        clock.advance(minutes=10)


async def test_an_asynchronous_run_waits_for_its_report(runs: Runs, receiver: Forge, background: Background) -> None:
    run = await runs.start(_hook(f"{receiver.url}/hook"))
    await background.settle()
    assert (await runs.get(run))["status"] == "IN_PROGRESS"
    assert "answered 200" in await runs.log(run)
    [seen] = receiver.requests
    assert seen.json == {"run": run["id"]}
    assert seen.headers["idempotency-key"] == run["id"]
    assert seen.headers["content-type"] == "application/json"


async def test_a_synchronous_run_ends_with_the_answer(runs: Runs, receiver: Forge, background: Background) -> None:
    receiver.first = [Reply(200, {"ticket": 7})]
    run = await runs.start(_hook(f"{receiver.url}/hook", synchronized=True))
    await background.settle()
    ended = await runs.get(run)
    assert ended["status"] == "SUCCESS"
    assert ended["response"] == {"ticket": 7}


@pytest.mark.parametrize("status", [400, 401, 404, 409, 500])
async def test_a_refusal_ends_it_with_what_was_said(
    runs: Runs, receiver: Forge, background: Background, status: int
) -> None:
    receiver.first = [Reply(status, {"problem": "the disk is full"})]
    run = await runs.start(_hook(f"{receiver.url}/hook"))
    await background.settle()
    ended = await runs.get(run)
    assert (ended["status"], ended["statusLabel"]) == ("FAILURE", f"HTTP {status}")
    assert "the disk is full" in await runs.log(run)
    assert len(receiver.requests) == 1


async def test_an_overloaded_receiver_is_asked_again_under_the_same_key(
    runs: Runs, receiver: Forge, background: Background, clock: ManualClock
) -> None:
    receiver.first = [Reply(503), Reply(429, headers={"retry-after": "120"}), Reply(200, {"done": True})]
    run = await runs.start(_hook(f"{receiver.url}/hook", synchronized=True))
    await background.settle()
    assert len(receiver.requests) == 1
    clock.advance(seconds=60)
    await background.settle()
    assert len(receiver.requests) == 2
    clock.advance(seconds=60)
    await background.settle()
    assert len(receiver.requests) == 2, "Retry-After is not over"
    clock.advance(seconds=61)
    await background.settle()
    assert len(receiver.requests) == 3
    assert {seen.headers["idempotency-key"] for seen in receiver.requests} == {run["id"]}
    assert (await runs.get(run))["status"] == "SUCCESS"
    assert "Attempt 1 of 4 failed" in await runs.log(run)


async def test_what_nobody_takes_is_a_dead_letter_that_can_be_sent_again(
    runs: Runs, receiver: Forge, background: Background, clock: ManualClock, client: httpx.AsyncClient
) -> None:
    receiver.first = [Reply(503)] * 4
    run = await runs.start(_hook(f"{receiver.url}/hook", synchronized=True))
    await _all_attempts(background, clock)
    assert len(receiver.requests) == 4
    failed = await runs.get(run)
    assert (failed["status"], failed["statusLabel"]) == ("FAILURE", "Not delivered")
    assert "Given up after 4 attempts" in await runs.log(run)
    letters = (await client.get("/v1/fairway/dead-letters")).json()["deadLetters"]
    assert [each["runId"] for each in letters] == [run["id"]]
    again = await client.post(f"/v1/fairway/runs/{run['id']}/redrive")
    assert again.json()["run"]["status"] == "IN_PROGRESS"
    await background.settle()
    assert (await runs.get(run))["status"] == "SUCCESS"
    assert receiver.requests[-1].headers["idempotency-key"] == run["id"]
    assert (await client.get("/v1/fairway/dead-letters")).json()["deadLetters"] == []
    assert (await client.post(f"/v1/fairway/runs/{run['id']}/redrive")).status_code == 409


async def test_a_receiver_that_is_down_does_not_hold_up_others(
    runs: Runs, receiver: Forge, background: Background, client: httpx.AsyncClient
) -> None:
    down = await runs.start(_hook(f"http://127.0.0.1:{unused_port()}/"))
    other = {**self_service("other"), "invocationMethod": _hook(f"{receiver.url}/hook")}
    await client.post("/v1/actions", json=other)
    await client.post("/v1/actions/other/runs", json={"properties": {}})
    await background.settle()
    assert len(receiver.requests) == 1
    assert (await runs.get(down))["status"] == "IN_PROGRESS"
    assert "Attempt 1 of 4 failed" in await runs.log(down)


async def test_reserved_headers_are_ours(runs: Runs, receiver: Forge, background: Background) -> None:
    headers = {"X-Port-Signature": "v1,forged", "Idempotency-Key": "mine", "X-Team": "core"}
    run = await runs.start(_hook(f"{receiver.url}/hook", headers=headers))
    await background.settle()
    [seen] = receiver.requests
    assert seen.headers["x-port-signature"] != "v1,forged"
    assert seen.headers["idempotency-key"] == run["id"]
    assert seen.headers["x-team"] == "core"


async def test_jenkins_through_its_webhook(runs: Runs, jenkins: Any, background: Background) -> None:
    jenkins.jobs["tkn"] = "deploy"
    run = await runs.start(_hook(f"{jenkins.url}/generic-webhook-trigger/invoke?token=tkn", synchronized=True))
    await background.settle()
    assert jenkins.built == [("deploy", {"run": run["id"]})]
    assert (await runs.get(run))["response"]["message"] == "Triggered jobs."


async def test_jenkins_says_what_is_wrong(runs: Runs, jenkins: Any, background: Background) -> None:
    run = await runs.start(_hook(f"{jenkins.url}/generic-webhook-trigger/invoke?token=none"))
    await background.settle()
    assert (await runs.get(run))["status"] == "FAILURE"
    assert "Did not find any jobs with GenericTrigger" in await runs.log(run)
