"""What a forge answered, and what that means for the source as a whole. Section 4.0 of the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import orjson

from fairway.gitops.forges.errors import ForgeBroken
from fairway.kit.hints import asked_pause, link_of

__all__ = ["HttpAnswer", "Judge", "Verdict", "asked_pause", "judge", "next_link", "says_limit"]

_LIMIT_WORDS = (b"rate limit", b"abuse detection", b"too many requests")
_LOOKED_AT = 2048


class Verdict(Enum):
    """What an answer says about the credentials and the limits."""

    FINE = "fine"
    LIMITED = "limited"
    """Too many requests: later it will work."""
    NOT_PERMITTED = "not permitted"
    """The login is good, but this may not be done."""
    REFUSED = "refused"
    """The login is bad, locked, or it cannot be told: the next attempt may lock the account."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer as it came. ``headers`` are found whatever their case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    truncated: bool = False
    """The body was longer than asked for and is cut."""
    not_modified: bool = False
    """The forge said that the answer kept from before still holds; ``status`` and ``body`` are those of then."""

    @property
    def ok(self) -> bool:
        """2xx."""
        return 200 <= self.status < 300

    @property
    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ForgeBroken: it is none, or it was longer than allowed.
        """
        if self.truncated:
            raise ForgeBroken(f'"{self.url}" answered with more than {len(self.body)} bytes')
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            what = self.headers.get("content-type", "no content type")
            raise ForgeBroken(f'"{self.url}" answered {self.status} with something else than JSON ({what})') from None

    def error(self, expected: str) -> ForgeBroken:
        """What to raise when ``expected`` did not come."""
        said = self.body[:300].decode(errors="replace")
        return ForgeBroken(f'"{self.url}" answered {self.status}; {expected} was expected', cause=said)


Judge = Callable[[HttpAnswer], Verdict]


def judge(answer: HttpAnswer) -> Verdict:
    """The verdict where a forge says no more than the status and the usual headers."""
    if answer.status == 429:
        return Verdict.LIMITED
    if answer.status == 403 and says_limit(answer):
        return Verdict.LIMITED
    return Verdict.REFUSED if answer.status in (401, 403) else Verdict.FINE


def says_limit(answer: HttpAnswer) -> bool:
    """Whether headers or text of a refusal speak of a rate limit."""
    headers = answer.headers
    if "retry-after" in headers or headers.get("x-ratelimit-remaining", headers.get("ratelimit-remaining")) == "0":
        return True
    text = answer.body[:_LOOKED_AT].lower()
    return any(word in text for word in _LIMIT_WORDS)


def next_link(answer: HttpAnswer) -> str | None:
    """The ``next`` of a ``Link`` header."""
    return link_of(answer.headers)
