"""What we send is what JavaScript prints after it has read it: receivers sign that."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairway.kit.jsonio import dumps
from fairway.wire.signatures import signed_message, verify_message
from fairway.wire.stable import dumps_stable

NODE = Path(sys.executable).with_name("node")
PROGRAM = "const t = require('fs').readFileSync(0, 'utf8'); process.stdout.write(JSON.stringify(JSON.parse(t)))"
SAFE = st.integers(-(2**53), 2**53)
NAMES = st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), st.integers(0, 2**33).map(str))
VALUES = st.recursive(
    st.none() | st.booleans() | SAFE | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def _as_node_prints(text: bytes) -> bytes:
    return subprocess.run([NODE, "-e", PROGRAM], input=text, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1.0, "a": 0.1}, b'{"b":1,"a":0.1}'),
        ({"b": 1, "10": 2, "2": 3, "01": 4}, b'{"2":3,"10":2,"b":1,"01":4}'),
        ([1e21, 1e20, 1e-7, -0.0], b"[1e+21,100000000000000000000,1e-7,0]"),
        ({"4294967294": 1, "4294967295": 2, "a": 3, "0": 4}, b'{"0":4,"4294967294":1,"4294967295":2,"a":3}'),
        ([9007199254740993, "é\u2028\n\x1b"], '[9007199254740993,"é\u2028\\n\\u001b"]'.encode()),
    ],
)
def test_prints_as_javascript_does(value: Any, text: bytes) -> None:
    assert dumps_stable(value) == text


@given(st.lists(VALUES, min_size=40, max_size=40))
@settings(max_examples=8, deadline=None)
def test_node_repeats_every_byte(values: list[Any]) -> None:
    sent = dumps_stable(values)
    assert _as_node_prints(sent) == sent


@given(VALUES)
@settings(deadline=None)
def test_nothing_is_lost(value: Any) -> None:
    assert json.loads(dumps_stable(value), parse_int=float) == json.loads(json.dumps(value), parse_int=float)


@given(st.recursive(st.none() | SAFE | st.text(max_size=4), st.lists, max_leaves=8))
@settings(deadline=None)
def test_without_fractions_and_indices_it_is_our_usual_print(value: Any) -> None:
    assert dumps_stable({"a": value}) == dumps({"a": value})


def test_signed_messages_verify_after_either_print() -> None:
    message = {"b": 1.0, "headers": {"x": "y"}, "7": [1e21, 0.5]}
    sent = signed_message(message, "s" * 32, 1_700_000_000)
    for received in (sent, _as_node_prints(sent)):
        assert verify_message(json.loads(received), "s" * 32)
