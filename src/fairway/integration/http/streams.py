"""Answers that last: line by line, for watches and event streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

import aiohttp
import orjson
from yarl import URL

from fairway.integration.http.errors import ThirdPartyBroken, ThirdPartyUnavailable
from fairway.integration.http.urls import shown

_CHUNK = 65_536


class Lines:
    """The lines of one answer, without their ends; empty ones are left out.

    Args:
        max_line: bytes; a longer line ends the stream.
        stopping: ends the iteration, without an error, when it is set.
    """

    def __init__(
        self, response: aiohttp.ClientResponse, url: URL, max_line: int, stopping: asyncio.Event | None
    ) -> None:
        self._response = response
        self._url = url
        self._max_line = max_line
        self._stopping = stopping

    @property
    def headers(self) -> Mapping[str, str]:
        """Of the answer."""
        return self._response.headers

    async def json(self) -> AsyncIterator[dict[str, object]]:
        """Every line as the JSON object it holds.

        Raises:
            ThirdPartyBroken: a line is none, or too long.
            ThirdPartyUnavailable: the connection broke off, or was silent for too long.
        """
        async for line in self:
            try:
                found = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise self._broken(f"has a line that is no JSON: {error}") from None
            if not isinstance(found, dict):
                raise self._broken("has a line that is no JSON object")
            yield found

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Raises:
        ThirdPartyBroken: a line is too long.
        ThirdPartyUnavailable: the connection broke off, or was silent for too long.
        """
        rest = bytearray()
        async for part in self._parts():
            rest += part
            *whole, last = rest.split(b"\n")
            rest = bytearray(last)
            for line in [*whole, rest]:
                if len(line) > self._max_line:
                    raise self._broken(f"has a line of more than {self._max_line} bytes")
            for line in whole:
                if text := bytes(line).strip():
                    yield text
        if not self._stopped and (text := bytes(rest).strip()):
            yield text

    async def _parts(self) -> AsyncIterator[bytes]:
        stop = asyncio.create_task(self._stopping.wait()) if self._stopping is not None else None
        try:
            while not self._stopped:
                read = asyncio.create_task(self._response.content.readany())
                try:
                    await asyncio.wait({read, *([stop] if stop else [])}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    if not read.done():
                        read.cancel()
                if read.cancelled() or not read.done():
                    return
                part = read.result()
                if not part:
                    return
                yield part
        except TimeoutError:
            raise ThirdPartyUnavailable(f"{self._place} was silent for too long", url=shown(self._url)) from None
        except (aiohttp.ClientError, OSError) as error:
            text = f"{self._place} broke off: {type(error).__name__}"
            raise ThirdPartyUnavailable(text, url=shown(self._url)) from None
        finally:
            if stop is not None:
                stop.cancel()

    @property
    def _stopped(self) -> bool:
        return self._stopping is not None and self._stopping.is_set()

    @property
    def _place(self) -> str:
        return f'The stream "{shown(self._url)}"'

    def _broken(self, what: str) -> ThirdPartyBroken:
        return ThirdPartyBroken(f"{self._place} {what}", url=shown(self._url), answered=self._response.status)
