"""What the compiler must cover, and what must stay bounded without a worker to kill."""

from __future__ import annotations

import time
from typing import Any

import pytest

from fairway.jq import Engine, Limits, compile_program
from fairway.jq.evaluate import all_compiled, first_compiled

COVERED = [
    ".a.b[0].c?",
    '.name | gsub("[^a-zA-Z0-9]"; "-") | ascii_downcase',
    '.url | sub("https://github.com/"; "") | split("/") | last',
    '.labels | map(select(.name | startswith("team:"))) | .[0].name // "none"',
    'to_entries | map("\\(.key)=\\(.value)") | join(",")',
    "[.assignees[].login] | unique | sort",
    'if .state == "closed" and .merged_at then "merged" elif .draft then "draft" else .state end',
    ".a as $a | .list | map(select(. != $a)) | length > 0",
    ".created_at | fromdateiso8601 | todate",
    'if (.labels | type) == "array" then (.labels | any(.name == "bug")) else false end',
    "{a, b: .c.d, (.e | tostring): [.f[]?]}",
    "reduce .[] as {n: $n} (0; . + $n)",
    "group_by(.team) | map({team: .[0].team, n: length})",
    'try error("x") catch .',
    ".properties.'my-prop'",
    '.spec | has("replicas") | not',
    '"\\(.number)" | test("^\\\\d+$")',
    "first(.[] | select(.ok))",
    ". # a comment\n| .a",
]


@pytest.mark.parametrize("text", COVERED)
def test_common_expressions_are_compiled(text: str) -> None:
    assert compile_program(text).compiled


@pytest.mark.parametrize(
    "text",
    ["def f: 1; f", "..", ".a |= 1", ".[0:.n]", "$ENV", "env", "input", "limit(0; .)", "1e3", '"a" * 3', "now", "x::y"],
)
def test_the_rest_is_left_to_libjq(text: str) -> None:
    program = compile_program(text)
    assert not program.compiled or first_compiled(program, None, Limits()) is None


@pytest.mark.parametrize(
    "text", ["'\"', __import__('os')", '"\\"\\n\\\\" + "{}"', '."a\\"]; import os #"', '{"a\'\\n": 1}']
)
def test_no_text_of_the_program_becomes_python(text: str) -> None:
    program = compile_program(text)
    if program.first:
        names = set(program.first.__code__.co_names) | set(program.first.__code__.co_consts)
        assert not any(isinstance(name, str) and ("os" in name or '"' in name) for name in names)


@pytest.mark.parametrize(
    ("text", "document", "expected"),
    [
        (".a + 1", {"a": 2**60}, 1152921504606847000),
        (".a | tojson", {"a": 1e-7}, "1E-7"),
        (".a == .b", {"a": 2**53 + 1, "b": 2**53}, False),
        ('.a | test("\\\\w")', {"a": "é"}, True),
        ("reverse", [1, 2], [2, 1]),
        (". * 2", "ab", "abab"),
    ],
)
async def test_doubtful_values_are_decided_by_libjq(engine: Engine, text: str, document: Any, expected: Any) -> None:
    program = engine.compile(text)
    assert program.compiled
    assert engine.first_now(program, document).value == expected
    assert (await engine.first(program, document)).value == expected


BOMBS = [
    "|".join(["[., .]"] * 40),
    "|".join(['"\\(.)\\(.)"'] * 40),
    "|".join([". + ."] * 40),
    "|".join(["{a: ., b: .}"] * 40) + "| tojson",
    "|".join(["{a: ., b: .}"] * 40) + "| . == 1 or . == {}",
    'reduce .[] as $x ("x"; . + .)',
    "reduce .[] as $x ([]; [., .]) | tojson",
    "[.[] as $a | .[] as $b | .[] as $c | .[] as $d | 1] | length",
    "[.[] as $a | .[] as $b | $a == $b]",
    '[.[] | gsub("a"; "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]',
    '[.[] | test("a*a*a*b")]',
    '[.[] | test("[a-z]*[a-z]*[a-z]*[0-9]")]',
    '[.[] | split("")] | flatten | group_by(.) | map(length)',
    "(" * 79 + "." + ")" * 79,
    "+".join(["."] * 5000),
    "[" + ",".join(["."] * 5000) + "]",
]


@pytest.mark.parametrize("text", BOMBS)
@pytest.mark.parametrize("document", [["a" * 3000 + str(n) for n in range(300)], [[[{"a": "a"}]] * 9] * 99])
def test_compiled_bombs_give_up_by_themselves(text: str, document: Any) -> None:
    started = time.process_time()
    program = compile_program(text)
    if program.compiled:
        first_compiled(program, document, Limits())
        all_compiled(program, document, 100, Limits())
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        (".a.b", {"a"}),
        (".a, (.b | length)", {"a", "b"}),
        ('.a | strftime("%Y")', {"a"}),
        ("{a, b: .c[0]}", {"a", "c"}),
        (".a as $x | .b + $x", {"a", "b"}),
        (". | .a", {"a"}),
        ("[.a[] | select(.x)] | add", {"a"}),
        ("reduce .a[] as $x (.b; . + $x)", {"a", "b"}),
        ("1", set()),
        (".", None),
        (". as $d | .a", None),
        ("length", None),
        (".[]", None),
        (".[.a]", None),
        ('getpath(["a"])', None),
        ("select(.a)", None),
        ("def f: .a; f", None),
        ("del(.a) | .b", None),
    ],
)
def test_which_keys_a_program_reads(text: str, reads: set[str] | None) -> None:
    assert compile_program(text).reads == (None if reads is None else frozenset(reads))


async def test_pruning_changes_nothing(engine: Engine) -> None:
    program = engine.compile('.a | getpath(["x"])')
    documents: list[Any] = [{"a": {"x": 1}, "b": 2}, {"b": 2}, [1], None, {"a": 5}]
    kinds = [(result.value, result.kind) for result in await engine.first_many(program, documents)]
    assert kinds == [(1, "value"), (None, "value"), (None, "error"), (None, "value"), (None, "error")]
