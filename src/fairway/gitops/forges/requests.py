"""How a request to a forge is made: bodies, addresses, and who waits for it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote, urlencode

import orjson
from yarl import URL

from fairway.gitops.forges.answers import Judge
from fairway.gitops.forges.errors import ForgeBroken
from fairway.gitops.forges.gate import Lane
from fairway.kit.errors import InvalidRequest

JSON_BYTES = 32 * 1024 * 1024
"""Longest answer that is read unless a call says otherwise."""
SPEC_BYTES = 1_048_576
"""Longest spec file (section 2.1)."""
_PRINTABLE = re.compile(r"[!-~]+")
Params = Mapping[str, str | int | bool | None] | Sequence[tuple[str, str | int | bool | None]]


@dataclass(frozen=True, slots=True)
class Content:
    """A request's body."""

    data: bytes
    type: str


@dataclass(frozen=True, slots=True)
class How:
    """Everything about a request apart from where it goes and what it holds."""

    lane: Lane = "event"
    headers: Mapping[str, str] = field(default_factory=dict)
    """``authorization`` here replaces that of the source."""
    max_bytes: int = JSON_BYTES
    repeatable: bool | None = None
    """Whether it may be sent again when it is not known what became of it; None: not for POST."""
    resource: str = "core"
    """Which budget it counts towards, when the answer does not say."""
    etag: str | None = None
    """Asks for an answer only if it is another; 304 comes back as it is."""
    conditional: bool = False
    """Keeps the answer, and asks whether it still holds the next time."""
    judge: Judge | None = None
    """Replaces the verdict of the client."""


EVENT = How()
PASS = How(lane="pass")
RAW = How(max_bytes=SPEC_BYTES)


def json_content(value: object) -> Content:
    """A JSON body."""
    return Content(orjson.dumps(value), "application/json")


def form(fields: Mapping[str, str]) -> Content:
    """A body as HTML forms send them."""
    return Content(urlencode(fields).encode(), "application/x-www-form-urlencoded")


def multipart(fields: Mapping[str, str | bytes]) -> Content:
    """A ``multipart/form-data`` body of fields without file names."""
    border = secrets.token_hex(16)
    parts = []
    for name, value in fields.items():
        data = value.encode() if isinstance(value, str) else value
        head = f'--{border}\r\nContent-Disposition: form-data; name="{quote(name, safe=" -_./")}"\r\n\r\n'
        parts.append(head.encode() + data + b"\r\n")
    return Content(b"".join(parts) + f"--{border}--\r\n".encode(), f"multipart/form-data; boundary={border}")


@lru_cache(maxsize=4096)
def segment(text: str) -> str:
    """A name as one component of a URL's path.

    Raises:
        InvalidRequest: it is empty or means a folder, so that the URL would mean something else.
    """
    if text in ("", ".", ".."):
        raise InvalidRequest(f'"{text}" cannot be a part of a URL')
    return quote(text, safe="")


def path_of(text: str) -> str:
    """A repository's path as several components of a URL's path.

    Raises:
        InvalidRequest: it climbs or has empty components.
    """
    return "/".join(segment(part) for part in text.split("/"))


class Addresses:
    """Turns paths and URLs from payloads into URLs of one origin (section 14)."""

    def __init__(self, base_url: str) -> None:
        base = URL(base_url.strip().rstrip("/"))
        if base.scheme not in ("http", "https") or not base.host:
            raise InvalidRequest(f'"{base_url}" is not an http or https URL; the forge\'s address is expected')
        if base.user is not None or base.password is not None:
            raise InvalidRequest("The forge's address must not hold credentials; they have settings of their own")
        self._base = str(base)
        self.origin = base.origin()

    def of(self, path_or_url: str, params: Params | None = None) -> URL:
        """The URL of a path below the base, or of a payload's URL when it belongs to the same origin.

        Raises:
            ForgeBroken: it belongs to another one.
        """
        text = self._base + path_or_url if path_or_url.startswith("/") else path_or_url
        if params:
            pairs = params.items() if isinstance(params, Mapping) else params
            query = urlencode([(name, _text(value)) for name, value in pairs if value is not None])
            text += ("&" if "?" in text else "?") + query
        return URL(text, encoded=True) if path_or_url.startswith("/") else self.require(text)

    def require(self, text: str, base: URL | None = None) -> URL:
        """The URL, relative to ``base``, if it belongs to the origin.

        Raises:
            ForgeBroken: it does not, or is none.
        """
        try:
            url = URL(text, encoded=True)
            url = base.join(url) if base is not None else url
            own = url.absolute and url.origin() == self.origin and url.user is None
        except ValueError:
            own = False
        if not own or not _PRINTABLE.fullmatch(text):
            raise ForgeBroken(f'"{self.origin}" points to another origin, {text[:200]!r}; it is not followed')
        return url


def _text(value: str | int | bool | None) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
