"""Whether a message of the runs topic comes from the portal (contract 10)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from fairway.agent.messages.codec import read_json
from fairway.kit.clock import Clock
from fairway.kit.crypto import equal
from fairway.kit.errors import FairwayError
from fairway.wire.signatures import SIGNATURE, TIMESTAMP, sign, verify_message

_SKEW_SECONDS = 300
"""How far in the future a message may be stamped: clocks differ."""
_REST_OF_PAIR = re.compile(rb'[ \t\r\n]*:[ \t\r\n]*"[^"\\]*"')
_SPACE = b" \t\r\n"


class SignatureCheck:
    """Verifies signatures made with what ``secret`` gives now; ``max_age_seconds`` of 0 accepts any age."""

    def __init__(self, secret: Callable[[], str], clock: Clock, *, max_age_seconds: float = 0) -> None:
        self._secret = secret
        self._clock = clock
        self._max_age = max_age_seconds

    def problem(self, data: bytes, message: Mapping[str, Any]) -> str:
        """Why the message received as ``data`` must not be trusted; empty when it may be."""
        headers = message.get("headers")
        stamp = headers.get(TIMESTAMP) if isinstance(headers, dict) else None
        given = headers.get(SIGNATURE) if isinstance(headers, dict) else None
        if not isinstance(stamp, str) or not isinstance(given, str):
            return f'The message is not signed: "headers" lacks "{SIGNATURE}" or "{TIMESTAMP}"'
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
            return f'The message\'s "{TIMESTAMP}" is not a number of seconds'
        if not (self._as_printed(message) or self._as_received(data, message, stamp, given)):
            return "The message's signature is wrong: it was changed, or signed with another client secret"
        return self._age_problem(int(stamp))

    def _as_printed(self, message: Mapping[str, Any]) -> bool:
        """By printing it again, as the portal and JavaScript print."""
        try:
            return verify_message(message, self._secret())
        except (TypeError, ValueError, OverflowError, RecursionError):
            return False  # cannot be printed that way; the bytes decide

    def _as_received(self, data: bytes, message: Mapping[str, Any], stamp: str, given: str) -> bool:
        """By the received bytes without the two pairs, however the sender prints numbers.

        What the bytes say without them must be what the message says without them: the pairs cannot have been cut out
        of anywhere else.
        """
        rest = dict(message["headers"])
        del rest[TIMESTAMP], rest[SIGNATURE]
        for text in cut_signature(data):
            if not equal(sign(self._secret(), text, int(stamp)), given):
                continue
            try:
                signed = read_json(text, max_bytes=len(data))
            except FairwayError:
                return False
            return bool(signed == {**message, "headers": rest})
        return False

    def _age_problem(self, stamp: int) -> str:
        age = self._clock.now().timestamp() - stamp
        if not self._max_age:
            return ""
        if age > self._max_age:
            return (
                f"The message was signed {age / 3600:.1f} hours ago; those older than {self._max_age / 3600:g} hours "
                "are refused (FAIRWAY_AGENT_MAX_MESSAGE_AGE_SECONDS)"
            )
        if age < -_SKEW_SECONDS:
            return f"The message is signed {-age:.0f} s in the future; compare the clocks of portal and agent"
        return ""


def cut_signature(data: bytes) -> list[bytes]:
    """``data`` without the two signature pairs: the ways to take them and their commas out."""
    texts = [data]
    for name in (SIGNATURE, TIMESTAMP):
        texts = [cut for text in texts for cut in _without_pair(text, b'"%s"' % name.encode())]
    return list(dict.fromkeys(texts))


def _without_pair(text: bytes, key: bytes) -> list[bytes]:
    """The last pair of that key taken out with the comma after it, with the one before it, and alone."""
    at = text.rfind(key)
    while at >= 0:
        found = _REST_OF_PAIR.match(text, at + len(key))
        if found is not None:
            before, after = text[:at].rstrip(_SPACE), text[found.end() :].lstrip(_SPACE)
            ways = [before + after]
            if after.startswith(b","):
                ways.append(before + after[1:])
            if before.endswith(b","):
                ways.append(before[:-1] + after)
            return ways
        at = text.rfind(key, 0, at)
    return []


def without_signature(message: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    """The message as mappings and targets see it: without the two headers, or ``whole`` without ``headers``."""
    rest = {name: value for name, value in message.items() if name != "headers" or not whole}
    headers = message.get("headers")
    if not whole and isinstance(headers, dict):
        rest["headers"] = {name: value for name, value in headers.items() if name not in (SIGNATURE, TIMESTAMP)}
    return rest
