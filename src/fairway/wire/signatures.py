"""Signatures of messages: over the exact bytes of a request, or inside a JSON message (contract 7.7)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from fairway.kit.crypto import equal, hmac_base64
from fairway.kit.jsonio import dumps
from fairway.wire.javascript import dumps_like_javascript
from fairway.wire.stable import dumps_stable

SIGNATURE = "X-Port-Signature"
TIMESTAMP = "X-Port-Timestamp"
_MOST_DIGITS = 15


def sign(secret: str, body: bytes, epoch_seconds: int) -> str:
    """``v1,<base64>`` over ``<seconds>.<body>``."""
    return "v1," + hmac_base64(secret, b"%d.%s" % (epoch_seconds, body))


def signature_headers(secret: str, body: bytes, epoch_seconds: int) -> dict[str, str]:
    """The two headers of a signed request."""
    return {TIMESTAMP.lower(): str(epoch_seconds), SIGNATURE.lower(): sign(secret, body, epoch_seconds)}


def signed_message(message: Mapping[str, Any], secret: str, epoch_seconds: int) -> bytes:
    """A JSON message with its signature inside: signed with ``headers`` in place, then the two keys are added."""
    given = message.get("headers") or {}
    headers = {name: value for name, value in given.items() if name not in (SIGNATURE, TIMESTAMP)}
    whole = {**message, "headers": headers}
    headers_signed = {SIGNATURE: sign(secret, dumps_stable(whole), epoch_seconds), TIMESTAMP: str(epoch_seconds)}
    return dumps_stable({**whole, "headers": {**headers, **headers_signed}})


def verify_message(message: Mapping[str, Any], secret: str) -> bool:
    """Whether the signature inside a received message is right.

    The sender signed its own serialization of the message without the two keys (and without ``headers`` at all for
    GitLab triggers); it may print numbers as JavaScript does, so both spellings are tried.
    """
    headers = message.get("headers")
    if not isinstance(headers, dict):
        return False
    given, stamp = headers.get(SIGNATURE), headers.get(TIMESTAMP)
    if not isinstance(given, str) or not isinstance(stamp, str) or not _is_signature(given) or not _is_seconds(stamp):
        return False
    rest = {name: value for name, value in headers.items() if name not in (SIGNATURE, TIMESTAMP)}
    in_place = {**message, "headers": rest}
    without = {name: value for name, value in message.items() if name != "headers"}
    candidates = [text for each in (in_place, without) for text in _prints(each)]
    matches = [equal(sign(secret, body, int(stamp)), given) for body in candidates]
    return any(matches)


def _prints(value: Any) -> Iterator[bytes]:
    """The texts of a value, as far as there are: each printer has numbers that it cannot print."""
    for write in (dumps, dumps_like_javascript):
        with suppress(TypeError, OverflowError):
            yield write(value)


def _is_seconds(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def _is_signature(text: str) -> bool:
    version, comma, encoded = text.partition(",")
    try:
        return version == "v1" and bool(comma) and len(base64.b64decode(encoded, validate=True)) == 32
    except (binascii.Error, ValueError):
        return False
