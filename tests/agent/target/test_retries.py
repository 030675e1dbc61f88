"""Repeating requests: which answers, how long the pause, and the same idempotency key each time (contract 19.5)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from fairway.agent.mapping.model import Policy
from fairway.agent.target import Request, Retry, TargetFailed, TargetSettings
from fairway.agent.target.retry import asked_pause
from support.targets import Received, Target, claimed, client, executing, never, serving

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    async with serving() as found:
        yield found


async def cut(request: web.Request, received: Received) -> web.StreamResponse:
    """The connection breaks without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_target_that_did_not_take_it_is_asked_again(target: Target, status: int) -> None:
    target.answers += [status, status]
    async with executing() as executor:
        report = await executor.execute(claimed(target.url, synchronized=True))
    assert (report.status, report.attempts, len(target.requests)) == ("SUCCESS", 3, 3)
    assert [each.headers["idempotency-key"] for each in target.requests] == ["r_1"] * 3
    assert len({each.body for each in target.requests}) == 1
    assert any("It took 3 attempts" in line.message for line in report.logs)


@pytest.mark.parametrize("status", [400, 401, 404, 409, 500, 501])
async def test_other_failures_are_final(target: Target, status: int) -> None:
    target.status = status
    async with executing() as executor:
        report = await executor.execute(claimed(target.url))
    assert (report.status, report.attempts, report.dead, len(target.requests)) == ("FAILURE", 1, False, 1)


async def test_what_stays_undeliverable_is_a_dead_letter(target: Target) -> None:
    target.status, target.text = 503, "closed"
    async with executing() as executor:
        report = await executor.execute(claimed(target.url))
    assert (report.status, report.attempts, report.dead) == ("FAILURE", 4, True)
    assert report.summary == "The target answered 503 Service Unavailable: closed"


async def test_a_refused_connection_is_tried_again_and_then_told(target: Target) -> None:
    async with serving() as gone:
        url = gone.url
    async with executing() as executor:
        report = await executor.execute(claimed(url))
    assert (report.status, report.attempts, report.dead) == ("FAILURE", 4, True)
    assert f'"{url}' in (report.summary or "")
    assert "cannot be reached" in (report.summary or "")
    assert "(4 attempts)" in (report.summary or "")


async def test_unknown_hosts() -> None:
    async with executing([{"retries": 0}]) as executor:
        report = await executor.execute(claimed("http://no-such-host.invalid/x"))
    assert "cannot be reached" in (report.summary or "")
    assert "no-such-host.invalid" in (report.summary or "")


async def test_a_broken_connection_is_tried_again(target: Target) -> None:
    target.answers += [cut, cut]
    async with executing() as executor:
        report = await executor.execute(claimed(target.url, synchronized=True))
    assert (report.status, report.attempts) == ("SUCCESS", 3)
    assert {each.headers["idempotency-key"] for each in target.requests} == {"r_1"}


async def test_a_hanging_target_is_left_after_its_time(target: Target) -> None:
    """Not asked again: it may have acted."""
    target.answers.append(never)
    async with executing(target=client(TargetSettings(timeout_seconds=0.2))) as executor:
        report = await executor.execute(claimed(target.url))
    assert (report.status, report.attempts, report.dead) == ("FAILURE", 1, True)
    assert "did not answer within 0.2 s" in (report.summary or "")
    assert len(target.requests) == 1


async def test_a_target_that_trickles_is_left_too(target: Target) -> None:
    """The original's time-out starts anew with each byte (contract 3)."""

    async def trickle(request: web.Request, received: Received) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b"x")
            await asyncio.sleep(0.02)
        return response

    target.answers.append(trickle)
    async with executing([{"timeoutSeconds": 0.3}]) as executor:
        report = await executor.execute(claimed(target.url))
    assert "did not answer within 0.3 s" in (report.summary or "")


async def test_a_mapping_has_a_policy_of_its_own(target: Target) -> None:
    target.status = 500
    async with executing([{"retries": 1, "retryOn": [500]}]) as executor:
        report = await executor.execute(claimed(target.url))
    assert (report.attempts, report.dead) == (2, True)
    target.status = 503
    async with executing([{"retries": 1, "retryOn": []}]) as executor:
        report = await executor.execute(claimed(target.url))
    assert (report.attempts, report.dead) == (1, False)
    target.answers.append(never)
    async with executing([{"retryOn": ["timeout"], "timeoutSeconds": 0.2}]) as executor:
        target.status = 200
        report = await executor.execute(claimed(target.url, synchronized=True))
    assert (report.status, report.attempts) == ("SUCCESS", 2)


async def test_retry_after_is_kept_to(target: Target) -> None:
    loop = asyncio.get_running_loop()
    instants: list[float] = []

    async def busy(request: web.Request, received: Received) -> web.StreamResponse:
        instants.append(loop.time())
        return web.Response(status=503, headers={"Retry-After": "1"})

    async def ready(request: web.Request, received: Received) -> web.StreamResponse:
        instants.append(loop.time())
        return web.Response()

    target.answers += [busy, ready]
    quick = TargetSettings(retry=Retry(first_seconds=0.001, max_seconds=30))
    async with executing(target=client(quick)) as executor:
        await executor.execute(claimed(target.url))
    assert instants[1] - instants[0] >= 0.99


async def test_each_attempt_is_signed_anew(target: Target) -> None:
    async def late(request: web.Request, received: Received) -> web.StreamResponse:
        return web.Response(status=503, headers={"Retry-After": "2"})

    target.answers.append(late)
    sender = client(TargetSettings(retry=Retry(first_seconds=0.001)))
    delivery = await sender.send(Request("POST", target.url, b"{}", {"X-A": "1"}))
    await sender.aclose()
    first, second = target.requests
    assert first.headers["x-port-timestamp"] < second.headers["x-port-timestamp"]
    assert first.headers["x-port-signature"] != second.headers["x-port-signature"]
    assert delivery.headers["X-Port-Timestamp"] == second.headers["x-port-timestamp"]


async def test_cancelling_ends_a_pause_and_a_request(target: Target) -> None:
    target.status = 503
    slow = client(TargetSettings(retry=Retry(first_seconds=1000, max_seconds=1000)))
    async with executing(target=slow) as executor:
        for answer in (503, never):
            target.answers.append(answer)
            target.arrived.clear()
            task = asyncio.create_task(executor.execute(claimed(target.url)))
            await target.arrived.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task


# --- pauses


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, 0), ("", 0), ("5", 5), (" 7 ", 7), ("0", 0), ("-3", 0), ("soon", 0), ("²", 0), ("9" * 50, 999_999_999),
        ("Tue, 01 Jan 2030 00:01:00 GMT", 60), ("Mon, 31 Dec 2029 23:59:00 GMT", 0), ("Tue, 01 Jan 2030 00:01:00", 60),
        ("Tue, 99 Jan 2030 00:01:00 GMT", 0), ("1.5", 0),
    ],
)  # fmt: skip
def test_spellings_of_retry_after(text: str | None, seconds: float) -> None:
    assert asked_pause(text, NOW) == seconds


@given(st.integers(1, 1000), st.text(max_size=30) | st.integers(0, 10**12).map(str))
@settings(deadline=None)
def test_pauses_are_bounded_and_never_shorter_than_asked(attempt: int, asked: str) -> None:
    retry = Retry(first_seconds=0.5, max_seconds=30)
    pause = retry.pause(attempt, {"retry-after": asked}, NOW)
    assert min(asked_pause(asked, NOW), 30) <= pause <= 30
    assert pause >= min(0.5 * 2 ** min(attempt - 1, 10), 30) / 2


def test_a_policy_of_a_mapping_changes_what_it_names() -> None:
    retry = Retry(retries=3, first_seconds=1, max_seconds=2)
    assert retry.under(Policy()) == retry
    changed = retry.under(Policy(retries=0, retry_on=frozenset({500})))
    assert (changed.retries, changed.on, changed.first_seconds) == (0, frozenset({500}), 1)


async def test_send_tells_how_often_it_was_tried() -> None:
    sender = client()
    async with serving() as gone:
        url = gone.url
    with pytest.raises(TargetFailed) as caught:
        await sender.send(Request("POST", url))
    assert (caught.value.attempts, caught.value.kind) == (4, "connect")
    await sender.aclose()
