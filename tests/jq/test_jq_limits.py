"""Contract 15.23: one second, 4 MiB of output, 256 MiB of memory; afterwards the engine works as before."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from fairway.jq import Engine, JqSyntaxError, Limits

HOSTILE = [
    "[range(1e9)]",
    "def f: f; f",
    "def f: 1 + f; f",
    "last(repeat(1))",
    '[limit(1e9; repeat("x"))] | add',
    ". * 1e9",
    '"x" * 1e9',
    "[range(1000000)]",
    "reduce range(100000) as $i (0; [.])",
    "reduce range(100) as $i ([1]; . + .)",
    "[limit(100000; repeat([1]))] | combinations",
    '("a" * 40) | test("^(a|aa)+$b")',
    '("a" * 30000) | test("(a*)*(a*)*b")',
    "until(false; .)",
    "[recurse(.)]",
    "input | input",
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_programs_end_in_time(text: str) -> None:
    engine = Engine(limits=Limits(seconds=0.4))
    await engine.first(engine.compile("getpath([])"), None)
    started = time.monotonic()
    try:
        found = await engine.first(engine.compile(text), "x")
    except JqSyntaxError:
        pass  # libjq folds constants, so that the limit may strike while compiling
    else:
        assert found.kind in {"limit", "error"} or found.value is False
    assert time.monotonic() - started < 5
    assert (await engine.first(engine.compile("getpath([])"), 1)).value == 1
    await engine.aclose()


async def test_a_batch_blames_only_the_culprit(engine: Engine) -> None:
    program = engine.compile("if . == 7 then last(repeat(1)) else getpath([]) end")
    found = await engine.first_many(program, list(range(30)))
    assert [at for at, result in enumerate(found) if result.kind == "limit"] == [7]
    assert [result.value for result in found if result.kind == "value"] == [n for n in range(30) if n != 7]


async def test_a_batch_of_runaways_is_given_up() -> None:
    engine = Engine(limits=Limits(seconds=0.2))
    program = engine.compile("last(repeat(getpath([])))")
    started = time.monotonic()
    found = await engine.first_many(program, list(range(100)))
    assert {result.kind for result in found} == {"limit"}
    assert time.monotonic() - started < 10
    await engine.aclose()


@pytest.mark.parametrize("busy", [False, True])
async def test_a_killed_worker_is_replaced(engine: Engine, busy: bool) -> None:
    program = engine.compile("last(range(300000)) | getpath([])")
    await engine.first(program, None)
    call = asyncio.create_task(engine.first(program, None)) if busy else None
    await asyncio.sleep(0.05)
    for pid in engine.worker_pids:
        os.kill(pid, signal.SIGKILL)
    if call:
        assert (await call).value == 299999
    assert (await engine.first(program, None)).value == 299999
    assert engine.compile("getpath([1])").text == "getpath([1])"


async def test_too_many_waiting_calls_are_refused() -> None:
    engine = Engine(limits=Limits(waiting_calls=2))
    program = engine.compile("last(range(100000)) | getpath([])")
    found = await asyncio.gather(*(engine.first(program, None) for _ in range(5)))
    assert sorted(result.kind for result in found) == ["limit"] * 3 + ["value"] * 2
    await engine.aclose()


async def test_the_event_loop_keeps_turning(engine: Engine) -> None:
    call = asyncio.create_task(engine.first(engine.compile("last(repeat(1))"), None))
    ticks = 0
    while not call.done():
        await asyncio.sleep(0.01)
        ticks += 1
    assert ticks > 20
