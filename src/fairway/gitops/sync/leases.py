"""Who may do what at a time, across tasks and processes. Sections 6.2 and 6.3 of the contract.

A repository needs no lease of its own: whoever looked at it applies only if nobody else has applied it since, and looks
again otherwise, so that the newer tip wins.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fairway.gitops.sync.context import Context
from fairway.kit.errors import Conflict, FairwayError
from fairway.kit.logs import get_logger

APPLY = "apply"
LEASE_MS = 20_000
"""Leases are short, and renewed for as long as their holder lives: what died holds nobody up for longer."""
_RENEW_SECONDS = 5.0
_LOOK_SECONDS = 0.05
_MOST_SECONDS = 900.0

log = get_logger(__name__)


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
    while not await _take(context, APPLY, holder):
        if waited > _MOST_SECONDS:
            raise AlreadyRunning("Another process has been applying for too long")
        await asyncio.sleep(_LOOK_SECONDS)
        waited += _LOOK_SECONDS
    async with _kept(context, APPLY, holder):
        yield


@asynccontextmanager
async def passing(context: Context) -> AsyncIterator[None]:
    """Holds the right to make a pass.

    Raises:
        AlreadyRunning: another has it.
    """
    name = f"pass/{context.source}"
    if not await _take(context, name, context.holder):
        raise AlreadyRunning(f'A pass over source "{context.source}" is under way already')
    async with _kept(context, name, context.holder):
        yield


async def _take(context: Context, name: str, holder: str) -> bool:
    now = context.now()
    return await context.store.lease(name, holder, now, now + LEASE_MS)


@asynccontextmanager
async def _kept(context: Context, name: str, holder: str) -> AsyncIterator[None]:
    """Renews what was taken until the block ends, then gives it back."""
    renewing = asyncio.create_task(_renew(context, name, holder))
    try:
        yield
    finally:
        renewing.cancel()
        await context.store.release(name, holder)


async def _renew(context: Context, name: str, holder: str) -> None:
    while True:
        await asyncio.sleep(_RENEW_SECONDS)
        try:
            if not await _take(context, name, holder):
                log.warning("gitops_lease_lost", lease=name)
                return
        except FairwayError as error:  # the ledger may be back before the lease runs out
            log.warning("gitops_lease_not_renewed", lease=name, problem=error.message)
