"""Acknowledging runs to a portal without our additions: just before the request, many runs in a call.

Such a portal only says how many of the runs it was asked for are ours. When that is neither all nor none, each run is
looked at; and for a while runs are acknowledged one by one, because somebody competes for them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from fairway.agent.model import Invocation
from fairway.agent.portal_api.errors import PortalTrouble
from fairway.agent.portal_api.portal import Portal
from fairway.agent.runtime.state import State
from fairway.client.retry import RetryPolicy
from fairway.kit.logs import get_logger

_MOST = 100
_CALLS = 2
_ALONE_SECONDS = 60.0
_RETRY = RetryPolicy(first_seconds=0.1, longest_seconds=10.0)

log = get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Asked:
    invocation: Invocation
    answer: asyncio.Future[bool]


class Acks:
    """``await take(invocation)`` tells whether the run is this agent's."""

    def __init__(self, portal: Portal, state: State | None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._portal = portal
        self._state = state
        self._monotonic = monotonic
        self._asked: list[_Asked] = []
        self._calls: set[asyncio.Task[None]] = set()
        self._alone_until = 0.0

    async def take(self, invocation: Invocation) -> bool:
        """Acknowledges a run; false when somebody else has it."""
        asked = _Asked(invocation, asyncio.get_running_loop().create_future())
        self._asked.append(asked)
        self._send()
        return await asked.answer

    async def take_again(self, invocation: Invocation) -> bool:
        """A run that a process acknowledged, perhaps, before it was killed: whether it is still to be done."""
        if invocation.kind == "run":
            return await self._look(invocation)
        return True

    def _send(self) -> None:
        while self._asked and len(self._calls) < _CALLS:
            batch, self._asked = self._asked[:_MOST], self._asked[_MOST:]
            task = asyncio.create_task(self._acknowledge(batch))
            self._calls.add(task)
            task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._calls.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("acknowledge_fault", problem=repr(task.exception()))
        self._send()

    async def _acknowledge(self, batch: list[_Asked]) -> None:
        try:
            if self._state is not None:
                self._state.begin(asked.invocation for asked in batch)
            runs = [asked for asked in batch if asked.invocation.kind == "run"]
            alone = [[asked] for asked in batch if asked.invocation.kind == "node"]
            if self._monotonic() < self._alone_until:
                alone += [[asked] for asked in runs]
            elif runs:
                await self._together(runs)
            await asyncio.gather(*(self._one(asked) for (asked,) in alone))
        finally:
            for asked in batch:
                if not asked.answer.done():  # a fault of ours: the lease ends, and somebody gets the run
                    self._decide(asked, False)

    async def _together(self, runs: list[_Asked]) -> None:
        ids = [asked.invocation.id or "" for asked in runs]
        count, sure = await self._count(ids)
        if count >= len(runs) or (count == 0 and sure):
            for asked in runs:
                self._decide(asked, count > 0)
            return
        if count:
            log.warning("runs_contended", asked=len(runs), acknowledged=count)
            self._alone_until = self._monotonic() + _ALONE_SECONDS
        answers = await asyncio.gather(*(self._look(asked.invocation) for asked in runs))
        for asked, ours in zip(runs, answers, strict=True):
            self._decide(asked, ours)

    async def _one(self, asked: _Asked) -> None:
        invocation = asked.invocation
        if invocation.kind == "node":
            ours = await self._node(invocation.id or "")
        else:
            count, sure = await self._count([invocation.id or ""])
            ours = count > 0 or (not sure and await self._look(invocation))
        self._decide(asked, ours)

    async def _count(self, ids: list[str]) -> tuple[int, bool]:
        """How many are acknowledged, and whether that is by this call: after a call that was not answered, nobody
        knows who was counted."""
        attempt, sure = 0, True
        while True:
            try:
                return await self._portal.ack_runs(ids), sure
            except PortalTrouble as trouble:
                if not trouble.passing:
                    log.warning("acknowledge_refused", run_ids=ids[:5], count=len(ids), problem=trouble.message)
                    return 0, True
                sure = sure and trouble.answered == 429
                attempt += 1
                await asyncio.sleep(max(trouble.pause or 0.0, _RETRY.pause(attempt, None)))

    async def _node(self, node_id: str) -> bool:
        attempt, sure = 0, True
        while True:
            try:
                return await self._portal.ack_node(node_id) or not sure
            except PortalTrouble as trouble:
                if not trouble.passing:
                    log.warning("acknowledge_refused", run_ids=[node_id], problem=trouble.message)
                    return False
                sure = sure and trouble.answered == 429
                attempt += 1
                await asyncio.sleep(max(trouble.pause or 0.0, _RETRY.pause(attempt, None)))

    async def _look(self, invocation: Invocation) -> bool:
        """Whether a run that may be ours is to be executed: rather twice, with its key to recognise it, than never."""
        run_id = invocation.id or ""
        attempt = 0
        while True:
            try:
                run = await self._portal.run(run_id)
            except PortalTrouble as trouble:
                if not trouble.passing:
                    return True
                attempt += 1
                await asyncio.sleep(max(trouble.pause or 0.0, _RETRY.pause(attempt, None)))
                continue
            if run.get("status", "IN_PROGRESS") != "IN_PROGRESS":
                return False
            if run.get("pendingExecution") is True:
                return (await self._count([run_id]))[0] > 0
            return True

    def _decide(self, asked: _Asked, ours: bool) -> None:
        if not ours and self._state is not None and asked.invocation.id is not None:
            self._state.end([asked.invocation.id])
        if not asked.answer.done():
            asked.answer.set_result(ours)
