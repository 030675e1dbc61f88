"""Who may do what at a time, across tasks and processes. Sections 6.2 and 6.3 of the contract.

A repository needs no lease of its own: whoever looked at it applies only if nobody else has applied it since, and looks
again otherwise, so that the newer tip wins.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fairway.gitops.sync.context import Context
from fairway.kit.errors import Conflict

APPLY = "apply"
_APPLY_MS = 10 * 60_000
PASS_MS = 15 * 60_000
_RENEW_SECONDS = 60.0
_LOOK_SECONDS = 0.05
_MOST_SECONDS = 900.0


class AlreadyRunning(Conflict):
    """Another pass of the same source is under way."""

    code = "already_running"


@asynccontextmanager
async def applying(context: Context) -> AsyncIterator[None]:
    """Holds everybody else off applying: claims of all repositories and sources decide together.

    Raises:
        AlreadyRunning: others apply for longer than anybody should.
    """
    holder = f"{context.holder}/{id(asyncio.current_task())}"
    waited = 0.0
    while not await context.store.lease(APPLY, holder, context.now(), context.now() + _APPLY_MS):
        if waited > _MOST_SECONDS:
            raise AlreadyRunning("Another process has been applying for too long")
        await asyncio.sleep(_LOOK_SECONDS)
        waited += _LOOK_SECONDS
    try:
        yield
    finally:
        await context.store.release(APPLY, holder)


async def lease_pass(context: Context) -> None:
    """Takes or renews the right to make a pass over the source.

    Raises:
        AlreadyRunning: another has it.
    """
    now = context.now()
    if not await context.store.lease(f"pass/{context.source}", context.holder, now, now + PASS_MS):
        raise AlreadyRunning(f'A pass over source "{context.source}" is under way already')


@asynccontextmanager
async def passing(context: Context) -> AsyncIterator[None]:
    """Holds the right to make a pass.

    Raises:
        AlreadyRunning: another has it.
    """
    await lease_pass(context)
    renewing = asyncio.create_task(_renew(context))
    try:
        yield
    finally:
        renewing.cancel()
        await context.store.release(f"pass/{context.source}", context.holder)


async def _renew(context: Context) -> None:
    while True:
        await asyncio.sleep(_RENEW_SECONDS)
        await lease_pass(context)
