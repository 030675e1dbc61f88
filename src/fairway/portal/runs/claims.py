"""Runs that agents and integrations come for: claim, acknowledge, keep, give back (contract 7.6)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol

from fairway.kit.errors import Conflict, FairwayError, Forbidden
from fairway.portal.caller import Caller
from fairway.portal.runs import queue_repository, repository
from fairway.portal.runs.claim_requests import (
    ClaimRequest,
    Held,
    parse_acknowledgement,
    parse_claim,
    parse_held,
)
from fairway.portal.runs.claim_store import ClaimStore
from fairway.portal.runs.documents import claimed_document
from fairway.portal.runs.model import Finish, JsonObject, Run
from fairway.portal.runs.signals import QueueSignals
from fairway.portal.runs.steps import UNDELIVERABLE, RunSteps, Tools, missing_run
from fairway.portal.storage import Tx

_POLL_SECONDS = 1.0
"""Claims run out, and on SQLite other processes hand runs over, too: only the database knows."""
_RENDERED_TOGETHER = 8

Gone = Callable[[], Awaitable[bool]]
"""Whether the claimer has hung up."""


class NodeRuns(Protocol):
    """Node runs of workflows, which the same agents hold."""

    async def extend_in(self, tx: Tx, ids: Sequence[str], visibility_ms: int) -> list[str]:
        """Keeps claims for longer; answers those that still run."""
        ...

    async def release_in(self, tx: Tx, ids: Sequence[str]) -> list[str]:
        """Gives node runs back; answers which."""
        ...


class ClaimService:
    """Hands out runs, each to one claimer at a time."""

    def __init__(self, tools: Tools, steps: RunSteps, signals: QueueSignals, stopping: asyncio.Event) -> None:
        self._tools = tools
        self._steps = steps
        self._signals = signals
        self._stopping = stopping
        self._store = ClaimStore(tools.db, tools.clock)
        self._turn = 0
        self.nodes: NodeRuns | None = None
        """Set while the portal is built, where there are workflows."""

    async def claim(self, caller: Caller, body: dict[str, Any], gone: Gone) -> list[dict[str, Any]]:
        """Runs that are now the claimer's, with their real payloads; waits up to ``waitMs`` for the first.

        Raises:
            Forbidden: the caller is neither an Admin nor credentials of the organisation.
            InvalidRequest: a key has another type.
        """
        require_claimer(caller)
        wanted = parse_claim(body)
        runs = await self._wait(wanted, gone)
        return await self._documents(runs) if runs else []

    async def acknowledge(self, caller: Caller, body: dict[str, Any]) -> int:
        """Takes claimed runs for good; how many of them it got.

        Raises:
            Forbidden: the caller is neither an Admin nor credentials of the organisation.
            NotFound: the one run that is named does not exist.
            Conflict: it was acknowledged before, or has ended.
        """
        require_claimer(caller)
        ids, single = parse_acknowledgement(body)

        async def work(tx: Tx) -> int:
            acked = await queue_repository.acknowledge(tx, ids if single is None else [*ids, single])
            if single is not None and single not in acked:
                if await repository.find(tx, single) is None:
                    raise missing_run(single)
                raise Conflict(
                    f'Run "{single}" does not wait for an acknowledgement: it was acknowledged, or has ended'
                )
            return len(acked)

        return await self._tools.db.write(work)

    async def heartbeat(self, caller: Caller, body: dict[str, Any]) -> list[str]:
        """Keeps claims for longer; the ids of those that the agent still has.

        Raises:
            Forbidden: the caller is neither an Admin nor credentials of the organisation.
        """
        require_claimer(caller)
        held = parse_held(body)
        now = self._tools.now()

        async def work(tx: Tx) -> list[str]:
            until = now + held.visibility_ms
            extended = await queue_repository.extend(tx, held.runs, held.agent, until, now)
            if held.node_runs and self.nodes is not None:
                extended += await self.nodes.extend_in(tx, held.node_runs, held.visibility_ms)
            return extended

        return await self._tools.db.write(work)

    async def release(self, caller: Caller, body: dict[str, Any]) -> list[str]:
        """Gives claimed runs back, for somebody else to claim at once; their ids.

        Raises:
            Forbidden: the caller is neither an Admin nor credentials of the organisation.
        """
        require_claimer(caller)
        held = parse_held(body)
        return await self._tools.db.write(lambda tx: self._release(tx, held))

    async def _release(self, tx: Tx, held: Held) -> list[str]:
        released = await queue_repository.release(tx, held.runs, held.agent, self._tools.now())
        for queue in await queue_repository.queues_of(tx, released):
            tx.after_commit(partial(self._signals.ring, queue))
        if held.node_runs and self.nodes is not None:
            released += await self.nodes.release_in(tx, held.node_runs)
        return released

    async def _wait(self, wanted: ClaimRequest, gone: Gone) -> list[Run]:
        loop = asyncio.get_running_loop()
        end = loop.time() + wanted.wait_ms / 1000
        with self._signals.listening(wanted.queues) as rung:
            while True:
                rung.clear()
                runs = await self._take(wanted)
                left = end - loop.time()
                if runs or left <= 0 or self._stopping.is_set():
                    return runs
                await self._rest(rung, min(left, _POLL_SECONDS))
                if await gone():
                    return []

    async def _rest(self, rung: asyncio.Event, seconds: float) -> None:
        tasks = [asyncio.ensure_future(rung.wait()), asyncio.ensure_future(self._stopping.wait())]
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()

    async def _take(self, wanted: ClaimRequest) -> list[Run]:
        """From several queues evenly, each being the first in its turn; what one lacks the others give."""
        queues = self._in_turn(wanted.queues)
        runs: list[Run] = []
        for at, queue in enumerate(queues):
            even = -(-(wanted.limit - len(runs)) // (len(queues) - at))
            runs += await self._store.claim(wanted.of(queue, even))
        if len(queues) > 1:
            for queue in queues:
                if runs and len(runs) < wanted.limit:
                    runs += await self._store.claim(wanted.of(queue, wanted.limit - len(runs)))
        return runs

    def _in_turn(self, queues: tuple[str, ...]) -> tuple[str, ...]:
        if len(queues) < 2:
            return queues
        self._turn = (self._turn + 1) % len(queues)
        return queues[self._turn :] + queues[: self._turn]

    async def _documents(self, runs: Sequence[Run]) -> list[dict[str, Any]]:
        alive = [run for run in runs if run.status == "IN_PROGRESS"]
        at_once = asyncio.Semaphore(_RENDERED_TOGETHER)

        async def payload(run: Run) -> JsonObject | None:
            async with at_once:
                return await self._real_payload(run)

        secret = [run for run in alive if run.secret]
        real = dict(zip([run.id for run in secret], await asyncio.gather(*map(payload, secret)), strict=True))
        given = [(run, real[run.id] if run.secret else run.payload) for run in alive]
        return [claimed_document(run, payload) for run, payload in given if payload is not None]

    async def _real_payload(self, run: Run) -> JsonObject | None:
        """With the secrets of today; a run that cannot be rendered any more ends, and is not given out."""
        try:
            return await self._tools.renderer.real_payload(run)
        except FairwayError as error:
            if error.retriable:
                raise
            end = Finish("FAILURE", label=UNDELIVERABLE, summary=error.message, logs=(error.message,))
            system = self._tools.system
            await self._tools.db.write(lambda tx: self._steps.finish_in(tx, system, run.id, end))
            return None


def require_claimer(caller: Caller) -> None:
    """Claimed runs show secrets.

    Raises:
        Forbidden: the caller is neither an Admin nor credentials of the organisation.
    """
    if not caller.is_admin and caller.kind not in ("app", "system"):
        raise Forbidden("Only credentials of the organisation and Admins may claim runs: claims show secrets")
