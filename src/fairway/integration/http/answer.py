"""What a third party answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from yarl import URL

from fairway.integration.http.errors import (
    ThirdPartyBroken,
    ThirdPartyError,
    ThirdPartyMissing,
    ThirdPartyRefused,
    ThirdPartyRejected,
    ThirdPartyUnavailable,
)
from fairway.integration.http.urls import shown
from fairway.kit.hints import link_of

_SAID = 300
_LIMIT_WORDS = (b"rate limit", b"too many requests", b"abuse detection", b"quota exceeded")
_LOOKED_AT = 2048


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer as it came. ``headers`` are found whatever their case."""

    method: str
    url: URL
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """2xx."""
        return 200 <= self.status < 300

    @property
    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ThirdPartyBroken: it is none.
        """
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            what = self.headers.get("content-type", "no content type")
            text = f"{self.place} answered {self.status} with something else than JSON ({what}): {error}"
            raise ThirdPartyBroken(text, url=shown(self.url), answered=self.status, cause=self.said) from None

    @property
    def place(self) -> str:
        """The request, for messages."""
        return f'{self.method} "{shown(self.url)}"'

    @property
    def said(self) -> str:
        """The beginning of the body, for logs."""
        return self.body[:_SAID].decode(errors="replace")

    @property
    def next_link(self) -> str | None:
        """The ``next`` of a ``Link`` header."""
        return link_of(self.headers)

    @property
    def limited(self) -> bool:
        """Whether it says that there were too many requests."""
        if self.status == 429:
            return True
        if self.status != 403:
            return False
        left = self.headers.get("x-ratelimit-remaining", self.headers.get("ratelimit-remaining"))
        text = self.body[:_LOOKED_AT].lower()
        return "retry-after" in self.headers or left == "0" or any(word in text for word in _LIMIT_WORDS)

    def require_ok(self) -> HttpAnswer:
        """Itself.

        Raises:
            ThirdPartyError: of the class of its status, when it is not 2xx.
        """
        if self.ok:
            return self
        raise _error_class(self.status)(
            f"{self.place} answered {self.status}", url=shown(self.url), answered=self.status, cause=self.said
        )


def _error_class(status: int) -> type[ThirdPartyError]:
    if status in (401, 403):
        return ThirdPartyRefused
    if status in (404, 410):
        return ThirdPartyMissing
    if status >= 500 or status == 408:
        return ThirdPartyUnavailable
    return ThirdPartyRejected if status >= 400 else ThirdPartyBroken
