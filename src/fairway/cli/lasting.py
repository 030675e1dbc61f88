"""Commands that work until a signal, and end with an exit code of their own."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import typer

from fairway.cli.output import emit

if TYPE_CHECKING:
    from fairway.kit.errors import FairwayError

_DRAIN_SECONDS = 30.0


def until_signal(main: Callable[[asyncio.Event], Awaitable[int]], given_up: int) -> int:
    """Runs until the end or a signal: the first sets the event and lets what is under way finish, a second does not.

    Returns:
        What ``main`` answers, or ``given_up`` when it had to be cancelled.

    Raises:
        FairwayError: as of ``main``.
    """
    import uvloop

    async def guarded() -> int:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        task = asyncio.ensure_future(main(stop))

        def end() -> None:
            if stop.is_set():
                task.cancel()
            stop.set()
            loop.call_later(_DRAIN_SECONDS, task.cancel)

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, end)
        try:
            return await task
        except asyncio.CancelledError:
            return given_up

    return uvloop.run(guarded())


def ended(error: FairwayError, code: int) -> typer.Exit:
    """Tells why the command ends."""
    emit({"event": "failed", "error": error.code, "message": error.message}, f"Error: {error.message}")
    return typer.Exit(code)
