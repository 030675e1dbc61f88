"""Signatures: over the exact bytes of a request, and inside JSON messages."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairway.wire.signatures import SIGNATURE, TIMESTAMP, sign, signature_headers, signed_message, verify_message

SECRET = "s" * 40
MESSAGE: dict[str, Any] = {
    "action": "deploy", "context": {"runId": "r_1"}, "headers": {}, "payload": {"ratio": 0.00005, "who": "Zoë"},
}  # fmt: skip


def _by_hand(text: bytes, seconds: int, secret: str = SECRET) -> str:
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + text, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _signed(message: dict[str, Any], text: bytes, seconds: int = 1_700_000_000) -> dict[str, Any]:
    """A message whose sender signed ``text``."""
    stamped = {SIGNATURE: _by_hand(text, seconds), TIMESTAMP: str(seconds)}
    return {**message, "headers": {**message.get("headers", {}), **stamped}}


def test_a_request_is_signed_over_its_bytes() -> None:
    body = b'{ "a" : 1.0, "b": "\xc3\xa9" }'
    assert sign(SECRET, body, 1_700_000_000) == _by_hand(body, 1_700_000_000)
    assert signature_headers(SECRET, b"", 7) == {"x-port-timestamp": "7", "x-port-signature": _by_hand(b"", 7)}


def test_what_we_sign_verifies() -> None:
    received = json.loads(signed_message(MESSAGE, SECRET, 1_700_000_000))
    assert verify_message(received, SECRET)
    assert list(received) == list(MESSAGE), "the order of keys is that of the message"
    assert not verify_message(received, "t" * 40)


def test_headers_of_the_message_are_signed_in_place() -> None:
    received = json.loads(signed_message({**MESSAGE, "headers": {"X-A": "1"}}, SECRET, 5))
    assert verify_message(received, SECRET)
    received["headers"]["X-A"] = "2"
    assert not verify_message(received, SECRET)


def test_numbers_of_a_javascript_sender() -> None:
    printed = _compact(MESSAGE).replace(b"5e-05", b"0.00005")
    assert b"0.00005" in printed
    assert verify_message(_signed(MESSAGE, printed), SECRET)


@pytest.mark.parametrize("number", [1e20, 1e300, -(10.0**22), 123456789012345680000.0])
def test_large_numbers_of_our_own_messages(number: float) -> None:
    """Printed as JavaScript does, they are read back as integers beyond 64 bits."""
    received = json.loads(signed_message({**MESSAGE, "n": number}, SECRET, 5))
    assert verify_message(received, SECRET)
    assert not verify_message({**received, "n": 10**400}, SECRET)


def test_gitlab_messages_are_signed_without_headers() -> None:
    rest = {name: value for name, value in MESSAGE.items() if name != "headers"}
    assert verify_message(_signed(MESSAGE, _compact({**rest, "payload": {"a": 1}})), SECRET) is False
    whole = {**MESSAGE, "payload": {"a": 1}}
    assert verify_message(
        _signed(whole, _compact({name: value for name, value in whole.items() if name != "headers"})), SECRET
    )


@pytest.mark.parametrize(
    "headers",
    [
        None, [], "x", {}, {SIGNATURE: "v1,AAAA"}, {TIMESTAMP: "1"}, {SIGNATURE: 1, TIMESTAMP: "1"},
        {SIGNATURE: "v1,AAAA", TIMESTAMP: 1}, {SIGNATURE: "v2," + "A" * 43 + "=", TIMESTAMP: "1"},
        {SIGNATURE: "v1,é", TIMESTAMP: "1"}, {SIGNATURE: "v1," + "A" * 43 + "=", TIMESTAMP: "soon"},
        {SIGNATURE: "v1," + "A" * 43 + "=", TIMESTAMP: "²"},
    ],
)  # fmt: skip
def test_what_is_no_signature(headers: Any) -> None:
    assert not verify_message({**MESSAGE, "headers": headers}, SECRET)


def test_every_change_is_noticed() -> None:
    received = json.loads(signed_message(MESSAGE, SECRET, 1_700_000_000))
    changed: list[dict[str, Any]] = [
        {**received, "action": "destroy"},
        {**received, "more": 1},
        {name: value for name, value in received.items() if name != "action"},
        {**received, "headers": {**received["headers"], TIMESTAMP: "1700000001"}},
        {**received, "headers": {**received["headers"], "X-More": "1"}},
        {**received, "payload": {**received["payload"], "ratio": 0.00006}},
    ]
    for message in changed:
        assert not verify_message(message, SECRET), message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=15,
)  # fmt: skip


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), json_values), st.integers(0, 2**40))
def test_any_message_verifies_and_only_with_its_secret(message: dict[str, Any], seconds: int) -> None:
    message = {**message, "headers": {}}
    received = json.loads(signed_message(message, SECRET, seconds))
    assert verify_message(received, SECRET)
    assert not verify_message(received, SECRET + "x")
    assert not verify_message({**received, "forged": True}, SECRET)
