"""What goes on beside resyncs for as long as the process lives: watches and event streams of the third party.

A background hook emits what it hears; that is on disk before ``emit`` returns, and is handled as live events are: in
order per key, tried again, none lost (contract section 9).
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Self

from fairway.integration.definition import Context
from fairway.integration.model import Resource


class Surroundings(ABC):
    """What the process offers to background hooks."""

    @abstractmethod
    async def emit(self, stream: str, payload: Any) -> None:
        """Keeps one event for the processors of ``stream``; waits while too many are kept.

        Raises:
            NotFound: no processor is registered for the stream.
            MalformedBody: the payload is no JSON.
        """

    @abstractmethod
    async def resources(self) -> Sequence[Resource]:
        """The entries of the mapping as it is now.

        Raises:
            FairwayError: the portal does not tell.
        """

    @abstractmethod
    async def resync(self, kinds: Collection[str] | None = None) -> None:
        """Asks for a resync, of some kinds only: events may have been missed. It does not wait for its end."""


@dataclass(slots=True)
class BackgroundContext(Context):
    """The context of a background hook. ``stopping`` is set when the process ends: the hook has a few seconds then."""

    surroundings: Surroundings = field(kw_only=True)

    @classmethod
    def of(cls, context: Context, surroundings: Surroundings) -> BackgroundContext:
        """``context`` with more in it."""
        given = {each.name: getattr(context, each.name) for each in fields(Context)}
        return cls(**given, surroundings=surroundings)

    async def emit(self, stream: str, payload: Any) -> None:
        """See :meth:`Surroundings.emit`."""
        await self.surroundings.emit(stream, payload)

    async def resources(self) -> Sequence[Resource]:
        """See :meth:`Surroundings.resources`."""
        return await self.surroundings.resources()

    async def resync(self, kinds: Collection[str] | None = None) -> None:
        """See :meth:`Surroundings.resync`."""
        await self.surroundings.resync(kinds)


Background = Callable[[BackgroundContext], Awaitable[None]]
"""Runs until ``context.stopping``. When it raises it is started again after a pause; when it returns it is done."""


async def pause(seconds: float, stopping: asyncio.Event) -> None:
    """Sleeps, but not beyond the end of the process."""
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        pass  # that is the usual end


class Gathering:
    """Emits to a stream, but of the events of one key within ``seconds`` only the last: rollouts change one object many
    times a second. An asynchronous context manager; what is gathered at its end is emitted."""

    def __init__(self, context: BackgroundContext, stream: str, *, seconds: float = 0.3, most: int = 1000) -> None:
        self._context = context
        self._stream = stream
        self._seconds = seconds
        self._most = most
        self._kept: dict[str, Any] = {}
        self._sender: asyncio.Task[None] | None = None

    async def add(self, key: str, payload: Any) -> None:
        """Waits when too many keys are gathered.

        Raises:
            FairwayError: earlier events could not be emitted.
        """
        self._kept[key] = payload
        if len(self._kept) > self._most:
            await self._flush()
        if self._sender is not None and self._sender.done():
            self._sender.result()

    async def __aenter__(self) -> Self:
        self._sender = asyncio.create_task(self._send())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)
        await self._flush()

    async def _send(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            await self._flush()

    async def _flush(self) -> None:
        while self._kept:
            key, payload = next(iter(self._kept.items()))
            await self._context.emit(self._stream, payload)
            if self._kept.get(key) is payload:  # it may have changed again meanwhile
                del self._kept[key]
