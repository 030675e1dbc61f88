"""What goes on beside resyncs for as long as the process lives: watches and event streams of the third party.

A background hook emits what it hears; that is on disk before ``emit`` returns, and is handled as live events are: in
order per key, tried again, none lost (contract section 9).
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

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
