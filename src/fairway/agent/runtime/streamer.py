"""What brings invocations: polling or Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from fairway.agent.model import Invocation, Report
from fairway.kit.errors import FairwayError


class GaveUp(FairwayError):
    """A streamer that cannot go on: the agent drains and ends with an exit code other than 0."""

    code = "streamer_gave_up"


class Submit(Protocol):
    """Hands an invocation to the pool."""

    async def __call__(self, invocation: Invocation) -> asyncio.Future[Report]:
        """Returns when the pool has taken it, which waits for room.

        The future ends with the report once the work is done *and* the portal has the report, or it is safe on disk:
        then, not before, a Kafka offset may be committed. It is cancelled when the work was not begun (the agent
        stops) or must be begun again; then the offset stays. It never ends with an exception.
        """
        ...


@dataclass(frozen=True, slots=True)
class StreamerHealth:
    """How a streamer is, for the probes; instants are monotonic seconds."""

    due: float
    """It gives a sign of life before this instant, or it is stalled."""
    connected: bool
    """Whether portal or broker answered last time."""
    problem: str = ""
    lag: int | None = None
    """Messages that wait, where that is known."""


class Streamer(Protocol):
    """Brings invocations to the pool until it is stopped."""

    async def run(self, submit: Submit) -> None:
        """Fetches and submits until :meth:`stop`; returns soon after it. Work in hand goes on meanwhile.

        Raises:
            GaveUp: it cannot go on.
        """
        ...

    def stop(self) -> None:
        """Fetch nothing more; interrupts waits. Called from the event loop, more than once perhaps."""
        ...

    async def release(self, invocations: Sequence[Invocation]) -> None:
        """Gives back what was taken and not begun. Called after :meth:`stop`, while :meth:`run` may still return."""
        ...

    async def aclose(self) -> None:
        """After the drain: last commits, then connections close."""
        ...

    def health(self) -> StreamerHealth:
        """How it is."""
        ...
