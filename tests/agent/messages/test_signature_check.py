"""Whether a message of the runs topic comes from the portal: forged, changed, replayed, old (contract 10)."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairway.agent.messages import MessageReader, SignatureCheck, Skipped
from fairway.agent.messages.signature import cut_signature
from fairway.agent.model import Invocation
from fairway.kit.clock import ManualClock
from fairway.kit.jsonio import dumps
from fairway.wire.runs import RunEvent
from fairway.wire.signatures import SIGNATURE, TIMESTAMP, sign, signed_message

SECRET = "s" * 40
NOW = datetime(2030, 1, 1, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
NODE = Path(sys.executable).with_name("node")


def event(**properties: Any) -> dict[str, Any]:
    """What the portal publishes for an agent."""
    method = {"type": "WEBHOOK", "agent": True, "url": "http://ci/run"}
    return RunEvent("r_1", "deploy", "CREATE", {"origin": "UI"}, method, properties, None, "cart", "service").message()


def reader(**options: float) -> MessageReader:
    return MessageReader(SignatureCheck(lambda: SECRET, ManualClock(NOW), **options))


def problem(data: bytes, **options: float) -> str:
    """What the reader says about a message."""
    found = reader(**options).run(data)
    assert isinstance(found, Invocation), found
    return found.problem


def test_the_portals_messages_are_trusted() -> None:
    assert problem(signed_message(event(env="dev", who="Zoë ☃", ratio=0.00005), SECRET, SECONDS)) == ""


def test_another_secret_is_a_forgery() -> None:
    assert "signature is wrong" in problem(signed_message(event(), "t" * 40, SECONDS))


@pytest.mark.parametrize("headers", [None, {}, [], {SIGNATURE: "v1,x"}, {TIMESTAMP: "1"}, {SIGNATURE: 1, TIMESTAMP: 2}])
def test_unsigned_messages_are_refused(headers: Any) -> None:
    assert "is not signed" in problem(dumps({**event(), "headers": headers}))


def test_no_key_exempts_from_the_signature() -> None:
    """The original takes anything with a ``changelogDestination`` for a change (contract 10)."""
    unsigned = {**event(), "changelogDestination": {"type": "WEBHOOK", "agent": True, "url": "http://evil"}}
    assert "is not signed" in problem(dumps(unsigned))


@pytest.mark.parametrize("stamp", ["soon", "", "-5", "²", "9" * 40, "1.5"])
def test_a_stamp_is_a_number_of_seconds(stamp: str) -> None:
    message = {**event(), "headers": {SIGNATURE: "v1," + "A" * 43 + "=", TIMESTAMP: stamp}}
    assert "not a number of seconds" in problem(dumps(message))


def test_every_byte_counts() -> None:
    """A flipped character anywhere is noticed, unless it leaves a message of another shape."""
    data = signed_message(event(env="dev"), SECRET, SECONDS)
    for at in range(0, len(data), 3):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        found = reader().run(changed)
        assert isinstance(found, Skipped) or found.problem, changed


# --- senders that print differently


def test_a_node_sender() -> None:
    """The portal of the contract is JavaScript: the message that JSON.stringify prints is the one that is signed."""
    program = """
      const crypto = require('crypto'), [secret, seconds, text] = process.argv.slice(1)
      const message = JSON.parse(text)
      message.headers = {}
      const signature = 'v1,' + crypto.createHmac('sha256', secret)
        .update(seconds + '.' + JSON.stringify(message)).digest('base64')
      message.headers = {'X-Port-Signature': signature, 'X-Port-Timestamp': seconds}
      process.stdout.write(JSON.stringify(message))
    """
    numbers = {"a": 0.00005, "b": 1e21, "c": 1.0, "d": -0.0, "e": 123456789012345680000.0, "f": 5e-324}
    text = json.dumps(event(numbers=numbers, who="Zoë ☃ \u2028", list=[{"1": None}]))
    command = [NODE, "-e", program, SECRET, str(SECONDS), text]
    sent = subprocess.run(command, check=True, capture_output=True, timeout=30).stdout
    assert b"0.00005" in sent
    assert problem(sent) == ""
    assert problem(sent.replace(b"0.00005", b"0.00006"))


@pytest.mark.parametrize(
    "layout",
    [
        '{{"a": 1.50, "headers": {{{signature}, {stamp}}}, {rest}}}',
        '{{"a": 1.50, "headers": {{{stamp}, {signature}}}, {rest}}}',
        '{{"a":1e-7,"headers":{{"X-A":"1",{signature},{stamp}}},{rest}}}',
        '{{"a":1E2,"headers":{{{signature},"X-A":"1",{stamp}}},{rest}}}',
        '{{ "a" : 1.0e0 ,\n "headers" : {{ {signature} , {stamp} , "X-A" : "1" }} , {rest} }}',
    ],
)
def test_the_received_bytes_decide_where_the_print_differs(layout: str) -> None:
    """A sender with prints of its own: what it signed stands in the message, around the two pairs."""
    rest = json.dumps(event()["payload"])
    tail = f'"context": {{"runId": "r_1"}}, "payload": {rest}'
    mark = layout.replace("{rest}", tail)
    bare = mark
    for piece in ("{signature}, {stamp}", "{stamp}, {signature}", ",{signature},{stamp}", " {signature} , {stamp} ,"):
        bare = bare.replace(piece, "")
    bare = bare.replace('{signature},"X-A":"1",{stamp}', '"X-A":"1"')
    assert "{s" not in bare
    signed = bare.replace("{{", "{").replace("}}", "}").encode()
    pair = f'"{SIGNATURE}": "{sign(SECRET, signed, SECONDS)}"'
    data = mark.replace("{signature}", pair).replace("{stamp}", f'"{TIMESTAMP}": "{SECONDS}"')
    data = data.replace("{{", "{").replace("}}", "}")
    assert problem(data.encode()) == ""
    assert "signature is wrong" in problem(data.replace('"dev', '"prod').replace("1.5", "2.5").encode()) or (
        "1.5" not in data
    )


def test_pairs_elsewhere_prove_nothing() -> None:
    """Cutting the pairs out of another place must not make a message that was signed out of one that was not."""
    original = dumps({**event(), "headers": {}})
    signature = sign(SECRET, original, SECONDS)
    moved = {**event(), "headers": {SIGNATURE: signature, TIMESTAMP: str(SECONDS)}}
    assert problem(dumps(moved)) == "", "the message itself is right"
    evil = {**moved, "payload": {**moved["payload"], SIGNATURE: signature}}
    assert "signature is wrong" in problem(dumps(evil))
    nested = {**event(), "headers": {SIGNATURE: signature, TIMESTAMP: str(SECONDS), "nested": {TIMESTAMP: "1"}}}
    assert "signature is wrong" in problem(dumps(nested))


def test_a_key_that_stands_twice_cannot_smuggle() -> None:
    """JSON readers take the last of two equal keys; the signed one may be the first."""
    data = signed_message(event(env="dev"), SECRET, SECONDS)
    doubled = data[:-1] + b',"payload":' + dumps(event(env="prod")["payload"]) + b"}"
    assert "signature is wrong" in problem(doubled)
    first = b'{"payload":' + dumps(event(env="prod")["payload"]) + b"," + data[1:]
    assert "signature is wrong" in problem(first), "what counts is the last, yet in the order of the first"


# --- age


def test_any_age_is_accepted_unless_told_otherwise() -> None:
    assert problem(signed_message(event(), SECRET, SECONDS - 10_000_000)) == ""


def test_old_messages_are_refused_when_told_so() -> None:
    """A year-old message is executed by the original (contract 10)."""
    old = signed_message(event(), SECRET, SECONDS - 7_200)
    told = problem(old, max_age_seconds=3_600)
    assert "signed 2.0 hours ago" in told
    assert "FAIRWAY_AGENT_MAX_MESSAGE_AGE_SECONDS" in told
    assert problem(old, max_age_seconds=7_200) == ""
    assert problem(signed_message(event(), SECRET, SECONDS + 200), max_age_seconds=3_600) == "", "clocks differ"
    assert "in the future" in problem(signed_message(event(), SECRET, SECONDS + 400), max_age_seconds=3_600)


def test_the_stamp_is_signed_too() -> None:
    data = signed_message(event(), SECRET, SECONDS - 7_200)
    renewed = data.replace(str(SECONDS - 7_200).encode(), str(SECONDS).encode())
    assert "signature is wrong" in problem(renewed, max_age_seconds=3_600)


def test_a_rotated_secret_counts_at_once() -> None:
    secrets = ["old" * 20]
    check = SignatureCheck(lambda: secrets[-1], ManualClock(NOW))
    data = signed_message(event(), "new" * 20, SECONDS)
    assert check.problem(data, json.loads(data))
    secrets.append("new" * 20)
    assert check.problem(data, json.loads(data)) == ""


# --- anything


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner)
    | st.dictionaries(st.text() | st.sampled_from(["headers", "payload", "action"]), inner),
    max_leaves=20,
)  # fmt: skip
shaped = st.fixed_dictionaries(
    {},
    optional={
        "headers": st.dictionaries(st.sampled_from([SIGNATURE, TIMESTAMP, "X"]), anything) | anything,
        "context": st.fixed_dictionaries({}, optional={"runId": anything, "entity": anything, "blueprint": anything})
        | anything,
        "payload": st.fixed_dictionaries(
            {},
            optional={
                "action": st.fixed_dictionaries(
                    {},
                    optional={
                        "identifier": anything,
                        "invocationMethod": st.fixed_dictionaries(
                            {}, optional={"type": st.sampled_from(["WEBHOOK", "GITLAB", 3]), "agent": anything}
                        ),
                    },
                )
                | anything
            },
        ),
        "changelogDestination": st.fixed_dictionaries({}, optional={"agent": anything, "type": anything}),
    },
)


@pytest.mark.slow
@given(st.binary(max_size=400) | (anything | shaped).map(lambda value: json.dumps(value).encode()))
@settings(max_examples=500, deadline=None)
def test_no_bytes_break_the_reader_or_pass_for_signed(data: bytes) -> None:
    found = reader().run(data)
    assert isinstance(found, Skipped) or found.problem
    other = reader().change(data)
    assert isinstance(other, Skipped) or (other.kind == "changelog" and other.id is None)


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_damaged_messages_do_not_pass(noise: bytes) -> None:
    data = signed_message(event(env="dev"), SECRET, SECONDS)
    for at in (0, len(data) // 2, len(data)):
        found = reader().run(data[:at] + noise + data[at:])
        whole = isinstance(found, Invocation) and not found.problem
        assert not whole or found.message["payload"]["properties"] == {"env": "dev"}


def test_cutting_takes_time_in_proportion_to_the_message() -> None:
    data = b'{"headers":{' + b'"X-Port-Signature":"a",' * 50_000 + b'"x":1}}'
    assert len(cut_signature(data)) <= 9
    spaces = b'{"headers":{"X-Port-Signature"' + b" " * 200_000 + b"}}"
    assert cut_signature(spaces) == []
