"""The engine's public surface, over compiled programs and over libjq alike."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fairway.jq import Engine, JqSyntaxError, Limits, NotCompiledError, Result

OUTSIDE = ' | getpath(["k"]) '
"""Keeps a program out of the compiled subset."""


@pytest.mark.parametrize(
    ("program", "document", "expected"),
    [
        (".a", {"a": 1}, Result(1)),
        (".a", {}, Result(None)),
        (".[]", [], Result(kind="empty")),
        (".[]", [3, 4], Result(3)),
        ("1, error(2)", None, Result(1)),
        ('error("no")', None, Result(None, "no", "error")),
        ("error({a: 1})", None, Result(None, '{"a":1}', "error")),
        (".a + 0", {"a": 10}, Result(10)),
        (".a * 2", {"a": 1.5}, Result(3)),
        (".", 123456789012345678901234567890, Result(123456789012345678901234567890)),
        ("tojson", 123456789012345678901234567890, Result("123456789012345678901234567890")),
        ("12345678901234567890", None, Result(12345678901234567890)),
        (".", "\U0001f600é\0", Result("\U0001f600é\0")),
        ('trimstr("a"), abs', "aba", Result("b")),
        ("[pick(.a)]", {"a": 1, "b": 2}, Result([{"a": 1}])),
        ("1 # \\", None, Result(1)),
        (".a.'b-c'", {"a": {"b-c": 1}}, Result(1)),
    ],
)
async def test_first(engine: Engine, program: str, document: Any, expected: Result) -> None:
    found = await engine.first(engine.compile(program), document)
    assert found == expected
    assert type(found.value) is type(expected.value)


async def test_the_three_shapes_of_a_call(engine: Engine) -> None:
    size = engine.compile("length")
    name = engine.compile('ltrimstr("x") | @base64')
    assert [r.value for r in await engine.first_many(size, ["a", "bb", {}])] == [1, 2, 0]
    assert [r.value for r in await engine.first_of_many([size, name, size], "xab")] == [3, "YWI=", 3]
    assert await engine.first_of_many([], 1) == []
    assert await engine.first_many(size, []) == []
    rows = await engine.first_matrix([size, name], ["xa", 1])
    assert [[r.kind for r in row] for row in rows] == [["value", "value"], ["value", "error"]]


@pytest.mark.parametrize("program", [".[]", ".[] | getpath([])"])
async def test_all(engine: Engine, program: str) -> None:
    assert await engine.all(engine.compile(program), [1, 2, 3], 2) == [1, 2]
    assert await engine.all(engine.compile(program), [1], 2) == [1]
    assert await engine.all(engine.compile(program), [], 2) == []
    failed = await engine.all(engine.compile(program), 1, 2)
    assert isinstance(failed, Result)
    assert failed.kind == "error"


@pytest.mark.parametrize(
    "text",
    ["", " ", "# only", ".[", "1)|(2", 'import "a" as $a; $a', 'include "a"; .', "def f: 1;", "$x", "nope", "\0"],
)
def test_what_is_not_jq_is_refused(engine: Engine, text: str) -> None:
    with pytest.raises(JqSyntaxError) as caught:
        engine.compile(text)
    assert caught.value.status == 422
    assert caught.value.reason


def test_the_message_names_text_reason_and_place(engine: Engine) -> None:
    with pytest.raises(JqSyntaxError, match=r"`\.a \| nope` is not valid: nope/0 is not defined \(line 2, column 3\)"):
        engine.compile(".a\n| nope")


def test_programs_are_cached_within_bounds() -> None:
    engine = Engine(limits=Limits(cached_programs=2))
    first = engine.compile(".a")
    assert engine.compile(".a") is first
    engine.compile(".b")
    engine.compile(".a")
    engine.compile(".c")
    assert engine.compile(".a") is first
    with pytest.raises(JqSyntaxError, match="longer than"):
        engine.compile("." + " " * 70_000)


def test_first_now_needs_a_compiled_program(engine: Engine) -> None:
    with pytest.raises(NotCompiledError):
        engine.first_now(engine.compile("getpath([])"), 1)


@pytest.mark.parametrize("program", ["env", "$ENV"])
async def test_only_the_allowed_environment_is_seen(engine: Engine, program: str) -> None:
    assert (await engine.first(engine.compile(program), None)).value == {"ALLOWED": "yes"}
    assert (await engine.first(engine.compile(f"{program}.PATH"), None)).value is None


@pytest.mark.parametrize("program", ["halt", "halt_error", "halt_error(1)", "input", '"x" | modulemeta'])
async def test_process_builtins_are_shut(engine: Engine, program: str) -> None:
    found = await engine.first(engine.compile(program), "x")
    assert found.kind == "error"
    assert found.error
    assert "not available" in found.error


@pytest.mark.parametrize("program", ["debug", 'debug("m")', "stderr", "., inputs"])
async def test_side_channels_do_nothing(engine: Engine, program: str) -> None:
    assert await engine.all(engine.compile(program), "x", 9) == ["x"]


async def test_concurrent_calls_do_not_mix(engine: Engine) -> None:
    program = engine.compile(". as $x | getpath([]) | [$x, .]")
    found = await asyncio.gather(*(engine.first(program, number) for number in range(100)))
    assert [result.value for result in found] == [[number, number] for number in range(100)]


async def test_a_document_that_is_not_json_fails_alone(engine: Engine) -> None:
    program = engine.compile("getpath([])")
    bad, good = await engine.first_many(program, [{"x": object()}, 1])
    assert bad.kind == "error"
    assert good.value == 1


async def test_a_closed_engine_answers_with_a_failure() -> None:
    engine = Engine()
    program = engine.compile("getpath([])")
    running = asyncio.create_task(engine.first(engine.compile("last(repeat(1))"), None))
    await asyncio.sleep(0.2)
    await engine.aclose()
    assert (await running).failed
    assert (await engine.first(program, None)).kind == "limit"
    assert engine.worker_pids == []
    await engine.aclose()


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.1, 0.15])
async def test_closing_answers_calls_at_work_with_the_reason(seconds: float) -> None:
    engine = Engine(workers=3)
    endless = engine.compile("last(repeat(1))")
    running = [asyncio.create_task(engine.first(endless, None)) for _ in range(6)]
    await asyncio.sleep(seconds)
    await engine.aclose()
    found = await asyncio.gather(*running)
    assert {result.error for result in found} == {"the expression engine is closed"}
    assert engine.worker_pids == []
