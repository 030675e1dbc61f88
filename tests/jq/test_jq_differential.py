"""The compiler against libjq, which is the truth: values, emptiness, errors and the order of several outputs."""

from __future__ import annotations

import json
import os
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

import jq
from fairway.jq import codec, compile_program
from fairway.jq.evaluate import all_compiled, first_compiled
from fairway.jq.limits import Limits

NAMES = ["a", "b", "c", "id", "name", "labels", "key", "value"]
TEXTS = [
    "",
    "a",
    "b",
    "Ab-c",
    "x/y",
    "é",
    "10",
    "-1.5",
    "0",
    "a,b",
    "true",
    '[1,{"a":"b"}]',
    "a\nb",
    "A1 b2\n",
    '"',
    "\x7f\\",
    "2024-02-29T12:30:59Z",
    " \ta ",
    "2023-02-30T00:00:00Z",
]
NUMBERS = [0, 1, -1, 2, 3, 10, 1.5, -0.5, 2.0, 1000000, 2**53, 2**53 + 1, -(2**60), 10**20, 1e-7, 1e17]
REGEXES = [
    *("a", "^a", "b$", "[a-z]+", "^[A-Z][0-9]? ?", "a|b", "(a|x)/?y", "a.b", "\\\\d+", "\\\\s", "[^a]", "\\\\."),
    *("-", "^$", "[a-b-]", "[^a-zA-Z0-9]+", "(?:a|b)b", "a{2}", "é", "\\\\w+$", ".", "^.", "[,/ ]"),
]


def words(text: str) -> list[str]:
    """The words of ``text``."""
    return text.split()


LITERALS = [
    "null",
    "true",
    "false",
    "0",
    "1",
    "2",
    "10",
    "-1",
    "1.5",
    "[]",
    "{}",
    *(json.dumps(text) for text in TEXTS),
]
STEPS = [
    ".[]",
    ".[]?",
    ".[0]",
    ".[-1]",
    ".[1:]",
    ".[:-1]",
    ".[0:2]?",
    '.["a"]',
    '.["b"]?',
    ".[1]?",
    '."a"',
    ".a?",
    ".b?",
]
CALLS = words(
    "length keys not add any all tostring tonumber tojson fromjson type ascii_downcase ascii_upcase floor ceil round "
    "sort unique min max flatten reverse to_entries from_entries error empty values nulls strings numbers booleans "
    "arrays objects scalars first last keys_unsorted utf8bytelength abs fromdate todate trim ltrim rtrim @base64 @uri "
    "@json @text fromdateiso8601"
)
TEXT_CALLS = words("has contains startswith endswith ltrimstr rtrimstr trimstr split join index inside in error")
CLOSURES = words(
    "map map map select select any all first sort_by group_by unique_by min_by max_by map_values with_entries has "
    "contains startswith ltrimstr trimstr split join add last in inside index error"
)
OPERATORS = words("+ + - * / % == != < <= > >= and or // // | | | ,")
SHAPES = [
    *(
        "({0}) {op} ({1})",
        "{0} {op} {1}",
        "{0} {op} {1}",
        "{0} | {1}",
        "{closure}({0})",
        "{closure}({0})",
        "{closure}({0})",
    ),
    *("({0}){path}", "{path} | {0}", "[{0}]", "[{path} | {0}]", "({0})?", '"<\\({0})>"', ".[{0}]", "try ({0})"),
    *("try ({0}) catch ({1})", "{{a: ({0}), (({1}) | tostring): 1}}", "{{a: {0}, b: {1}}}", '"\\({0})-\\({1})"'),
    *(
        "if {0} then {1} end",
        "if {0} then {1} else {2} end",
        "{0} as $x | {1}",
        "{0} as [$x, $y] | {1}",
        "({0} as $x | {1})",
    ),
    *(
        "({0}) as {{a: $x, $y}} | {1}",
        "reduce ({0}) as $x ({1}; {2})",
        "{{a, b}}",
        "{{$x}}",
        "map({{key: .a, value: .b}})",
    ),
    *(
        "reduce .[] as $x (null; . + ($x | {0}))",
        "[.[] | {0}]",
        "({0}) // {1}",
        "first({0}, {1})",
        "limit(2; {0})",
        "last({0}, {1})",
        "({0}), {1}",
        "-{0}",
        "{0}, {1}",
    ),
]


class Grammar:
    """Random programs, mostly of the covered subset, and documents that fit them badly."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def program(self, depth: int) -> str:
        """A program with ``$x`` and ``$y`` bound."""
        return f"1 as $x | [2] as $y | {self._part(depth)}"

    def document(self, depth: int) -> Any:
        """Any JSON value."""
        pick = self._random.random()
        if depth and pick < 0.35:
            return {name: self.document(depth - 1) for name in self._random.sample(NAMES, self._random.randrange(6))}
        if depth and pick < 0.65:
            return [self.document(depth - 1) for _ in range(self._random.randrange(4))]
        if pick < 0.8:
            return self._random.choice(TEXTS)
        return self._random.choice(
            [None, True, False, *NUMBERS, self._random.uniform(-9, 9), self._random.randint(-9, 9)]
        )

    def _path(self) -> str:
        count = self._random.choice([1, 1, 2, 3])
        return "".join(
            self._random.choice([f".{self._random.choice(NAMES)}", self._random.choice(STEPS)]) for _ in range(count)
        )

    def _leaf(self) -> str:
        kind = self._random.randrange(9)
        text = json.dumps(self._random.choice(TEXTS))
        regex = self._random.choice(REGEXES)
        return [
            *(".", self._path(), self._path(), self._random.choice(LITERALS), self._random.choice(CALLS)),
            f"{self._random.choice(TEXT_CALLS)}({text})",
            self._random.choice(
                [f'test("{regex}")', f'test("{regex}"; "i")', f'sub("{regex}"; "z")', f'gsub("{regex}"; "")']
            ),
            self._random.choice(["$x", "$y"]),
            self._random.choice(CALLS),
        ][kind]

    def _part(self, depth: int) -> str:
        if depth == 0 or self._random.random() < 0.15:
            return self._leaf()
        parts = [self._part(depth - 1) for _ in range(3)]
        return self._random.choice(SHAPES).format(
            *parts, op=self._random.choice(OPERATORS), closure=self._random.choice(CLOSURES), path=self._path()
        )


LIMITS = Limits(steps=20_000)
SECONDS = float(os.environ.get("FAIRWAY_FUZZ_SECONDS", "0"))
EXAMPLES = int(SECONDS * 60) or 700


def libjq(program: Any, document: Any) -> tuple[list[str], bool]:
    """All outputs as JSON text, and whether an error ended them."""
    outputs: list[str] = []
    try:
        for text in program.input_text(codec.encode(document).decode()):
            outputs.append(json.dumps(codec.decode(text.encode())))
            if len(outputs) > 50:
                break
    except ValueError:
        return outputs, True
    return outputs, False


def reference(text: str) -> Any:
    """libjq's program, or ``None`` where it refuses the text."""
    try:
        jq.compile(f"def _: .;\n{text}")
        return jq.compile(f"(\n{text}\n\n) | tojson")
    except ValueError:
        return None


def compare(text: str, documents: list[Any]) -> int:
    """Compares on every document; returns how often the compiled form had an answer."""
    program = compile_program(text)
    if not program.compiled:
        return 0
    truth = reference(text)
    assert truth is not None, f"libjq refuses {text!r}, which was compiled"
    answered = 0
    for document in documents:
        first = first_compiled(program, document, LIMITS)
        if first is None:
            continue
        answered += 1
        outputs, failed = libjq(truth, document)
        note(f"{text!r} on {document!r}: libjq {outputs} {failed}, compiled {first}")
        if outputs:
            assert first.kind == "value"
            assert json.dumps(first.value) == outputs[0]
        else:
            assert first.kind == ("error" if failed else "empty")
        if len(outputs) <= 50:
            every = all_compiled(program, document, 60, LIMITS)
            if every is not None:
                assert every.failed == failed
                assert failed or [json.dumps(value) for value in every.value] == outputs
    return answered


@pytest.mark.fuzz
@pytest.mark.timeout(SECONDS * 4 + 120)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(depth=st.integers(0, 4), seed=st.integers(0, 2**32))
def test_compiled_programs_agree_with_libjq(depth: int, seed: int) -> None:
    source = Grammar(seed)
    compare(source.program(depth), [source.document(3) for _ in range(4)])


def test_the_grammar_is_mostly_covered() -> None:
    programs = [Grammar(seed).program(seed % 4) for seed in range(400)]
    assert sum(compile_program(text).compiled for text in programs) > 200
