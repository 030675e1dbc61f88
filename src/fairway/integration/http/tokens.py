"""Credentials that change while the process runs (contract sections 15.3 and 15.5)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from fairway.kit.clock import Clock, SystemClock
from fairway.kit.errors import InvalidRequest

_MOST_BYTES = 65_536
_EARLY = timedelta(seconds=30)
"""A token is renewed this long before it ends, so that none ends on its way."""


class TokenSource(Protocol):
    """Where the headers of a credential come from."""

    async def headers(self) -> Mapping[str, str]:
        """Those of now."""
        ...

    async def renew(self, refused: Mapping[str, str]) -> bool:
        """``refused`` were answered with 401. Whether others can be had."""
        ...


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and for how many seconds it is good, if that is known."""

    value: str
    expires_in: float | None = None


class FileToken:
    """A token in a file that a sidecar keeps fresh; read again when the file changes, blanks around it do not count.

    The credential's header is ``header: scheme token``.
    """

    def __init__(
        self, path: Path, *, scheme: str = "Bearer", header: str = "authorization", clock: Clock | None = None
    ) -> None:
        self._path = path
        self._scheme = scheme
        self._header = header.lower()
        self._clock = clock or SystemClock()
        self._mark: tuple[int, int, int] | None = None
        self._value = ""
        self._changed = 0.0

    @property
    def age_seconds(self) -> float | None:
        """Since the file changed; none before it was read."""
        return None if self._mark is None else max(0.0, self._clock.now().timestamp() - self._changed)

    async def headers(self) -> Mapping[str, str]:
        """Raises:
        InvalidRequest: the file cannot be read, or is empty.
        """
        await asyncio.to_thread(self._read)
        return {self._header: f"{self._scheme} {self._value}".strip()}

    async def renew(self, refused: Mapping[str, str]) -> bool:
        """Whether the file holds another token by now."""
        self._mark = None
        return await self.headers() != refused

    def _read(self) -> None:
        try:
            found = self._path.stat()
            mark = (found.st_mtime_ns, found.st_size, found.st_ino)
            if mark == self._mark:
                return
            with self._path.open("rb") as file:
                text = file.read(_MOST_BYTES).decode(errors="replace").strip()
        except OSError as error:
            raise InvalidRequest(f'The token file "{self._path}" cannot be read: {error.strerror}') from None
        if not text or not text.isprintable():
            raise InvalidRequest(f'The token file "{self._path}" holds no token; one line of text is expected')
        self._mark, self._value, self._changed = mark, text, found.st_mtime


class CallableToken:
    """A token that a function fetches: once for all who wait, kept until shortly before it ends."""

    def __init__(
        self,
        fetch: Callable[[], Awaitable[Token | str]],
        *,
        scheme: str = "Bearer",
        header: str = "authorization",
        clock: Clock | None = None,
    ) -> None:
        self._fetch = fetch
        self._scheme = scheme
        self._header = header.lower()
        self._clock = clock or SystemClock()
        self._lock = asyncio.Lock()
        self._found: Mapping[str, str] | None = None
        self._until: datetime | None = None

    async def headers(self) -> Mapping[str, str]:
        """Fetches when there is no token, or it is about to end."""
        async with self._lock:
            if self._found is None or (self._until is not None and self._clock.now() >= self._until):
                await self._refresh()
            assert self._found is not None
            return self._found

    async def renew(self, refused: Mapping[str, str]) -> bool:
        """Fetches another, unless somebody has meanwhile."""
        async with self._lock:
            if self._found == refused:
                await self._refresh()
            return self._found != refused

    async def _refresh(self) -> None:
        got = await self._fetch()
        token = got if isinstance(got, Token) else Token(got)
        self._found = {self._header: f"{self._scheme} {token.value}".strip()}
        life = None if token.expires_in is None else timedelta(seconds=token.expires_in)
        self._until = None if life is None else self._clock.now() + max(life - _EARLY, life / 2)
