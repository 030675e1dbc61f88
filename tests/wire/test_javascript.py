"""Numbers and texts as JavaScript prints them, held against a real node."""

from __future__ import annotations

import json
import math
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairway.wire.javascript import dumps_like_javascript, number_text

NODE = Path(sys.executable).with_name("node")
PROGRAM = """
require('readline').createInterface({input: process.stdin}).on('line', line => {
  process.stdout.write(JSON.stringify(JSON.parse(line)).replace(/[^\\x20-\\x7e]/g,
    c => '\\\\u' + c.charCodeAt(0).toString(16).padStart(4, '0')) + '\\n')
})
"""
"""Answers a line of JSON with what JSON.stringify makes of it; what is not ASCII travels escaped."""


class Node:
    """A node process that prints JSON."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [NODE, "-e", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def prints(self, text: str) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    found = Node()
    yield found
    found.close()


def _like_ours(value: Any) -> str:
    """Our print, escaped as the node program escapes."""
    text = dumps_like_javascript(value).decode()
    units = struct.unpack(f"<{len(text.encode('utf-16-le')) // 2}H", text.encode("utf-16-le"))
    return "".join(chr(unit) if 0x20 <= unit <= 0x7E else f"\\u{unit:04x}" for unit in units)


def _bits(pattern: int) -> float:
    (value,) = struct.unpack("<d", struct.pack("<Q", pattern))
    return float(value)


anything = st.integers(0, 2**64 - 1).map(_bits).filter(math.isfinite)
"""Doubles with every bit pattern as likely as any other."""
near_the_borders = st.builds(
    lambda digits, power: float(f"{digits}e{power}"), st.integers(-(10**17), 10**17), st.integers(-30, 30)
)
numbers = st.floats(allow_nan=False, allow_infinity=False) | anything | near_the_borders
integers = st.integers(-(2**70), 2**70)
texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | numbers | integers | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts.filter(lambda key: not key.isdigit()), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (0.00005, "0.00005"), (1e-6, "0.000001"), (1e-7, "1e-7"), (1.5e-7, "1.5e-7"), (1e21, "1e+21"),
        (1e20, "100000000000000000000"), (123456789012345680000.0, "123456789012345680000"), (1.0, "1"),
        (-0.0, "0"), (0, "0"), (5e-324, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"),
        (2**53 + 1, "9007199254740992"), (1700000000000, "1700000000000"), (0.1 + 0.2, "0.30000000000000004"),
        (-1234.5, "-1234.5"), (math.inf, "null"), (math.nan, "null"),
    ],
)  # fmt: skip
def test_known_numbers(value: float, printed: str) -> None:
    assert number_text(value) == printed


@given(numbers | integers)
@settings(max_examples=400, deadline=None)
def test_numbers_are_printed_as_node_prints_them(node: Node, value: float) -> None:
    assert number_text(value) == node.prints(repr(value))


@given(values)
@settings(max_examples=300, deadline=None)
def test_values_are_printed_as_node_prints_them(node: Node, value: Any) -> None:
    assert _like_ours(value) == node.prints(json.dumps(value))


def test_what_is_printed_is_the_same_value() -> None:
    value = {"a": [1, 2.5, "é\u2028\x7f\x1f", None, True, {}, []], "ключ": {"b": ""}}
    assert json.loads(dumps_like_javascript(value)) == value
