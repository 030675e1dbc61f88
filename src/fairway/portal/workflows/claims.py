"""Node runs that agents and integrations come for: claim, acknowledge, keep, give back (contract 7.6)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import Conflict, Forbidden, NotFound
from fairway.portal.caller import Caller
from fairway.portal.http.requests import optional
from fairway.portal.runs.claims import Gone, require_claimer
from fairway.portal.storage import Database, Tx
from fairway.portal.workflows import run_repository as repository
from fairway.portal.workflows.model import JsonObject, NodeRun
from fairway.wire.runs import AGENT, DEFAULT_VISIBILITY_MS, MAX_VISIBILITY_MS

MAX_CLAIM = 1000
MAX_WAIT_MS = 30_000
_PAGES = 20
"""Pages of waiting node runs that one claim looks through for some that it may have."""

Reveal = Callable[[NodeRun], Awaitable[JsonObject | None]]
"""The real configuration of a node run, with today's secrets; none when it cannot be had: then the node has failed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a claimer asks for."""

    queue: str
    limit: int
    visibility_ms: int
    exclude: frozenset[str]
    labels: Mapping[str, Any]
    wait_ms: int
    agent_id: str | None
    methods: tuple[str, ...]

    def takes(self, waiting: NodeRun) -> bool:
        """Whether the claimer wants this one and may have it."""
        if waiting.uid in self.exclude or waiting.node in self.exclude:
            return False
        return all(self.labels.get(name) == value for name, value in (waiting.labels or {}).items())


def parse_claim(body: dict[str, Any]) -> Claim:
    """The body of a claim, which serves both kinds of runs.

    Raises:
        InvalidRequest: a key is of the wrong type.
    """
    methods = optional(body, "invocationMethods", list) or []
    single = optional(body, "invocationMethod", str)
    return Claim(
        optional(body, "installationId", str) or AGENT,
        _between(optional(body, "limit", int), 100, 1, MAX_CLAIM),
        _between(optional(body, "visibilityTimeoutMs", int), DEFAULT_VISIBILITY_MS, 1, MAX_VISIBILITY_MS),
        frozenset(str(each) for each in optional(body, "exclude", list) or ()),
        optional(body, "labels", dict) or {},
        _between(optional(body, "waitMs", int), 0, 0, MAX_WAIT_MS),
        optional(body, "agentId", str),
        tuple(str(each) for each in ([single] if single else methods)),
    )


class NodeClaims:
    """Hands out node runs, each to one claimer at a time."""

    def __init__(self, db: Database, clock: Clock, reveal: Reveal, stopping: asyncio.Event) -> None:
        self._db = db
        self._clock = clock
        self._reveal = reveal
        self._stopping = stopping

    async def claim(self, caller: Caller, body: dict[str, Any], gone: Gone) -> list[dict[str, Any]]:
        """Claims node runs with their real configuration, waiting up to ``waitMs`` for the first.

        Raises:
            Forbidden: the caller is neither an Admin nor credentials of the organisation.
            InvalidRequest: a key is of the wrong type.
        """
        require_claimer(caller)
        wanted = parse_claim(body)
        end = time.monotonic() + wanted.wait_ms / 1000
        while True:
            found = await self._take(wanted)
            left = end - time.monotonic()
            if found or left <= 0 or self._stopping.is_set():
                return [shown for each in found if (shown := await self._shown(each)) is not None]
            await self._db.wake.wait(min(left, 1.0))
            if await gone():
                return []

    async def acknowledge(self, caller: Caller, body: dict[str, Any]) -> None:
        """Takes a claimed node run for good.

        Raises:
            Forbidden: the caller is neither a machine nor an Admin.
            NotFound: there is no such node run.
            Conflict: it was acknowledged before, or has ended.
        """
        require_claimer(caller)
        identifier = str(optional(body, "nodeRunIdentifier", str) or "")
        now = to_millis(self._clock.now())

        async def work(tx: Tx) -> None:
            if await repository.find_node_run(tx, identifier) is None:
                raise NotFound(f'Node run "{identifier[:80]}" was not found')
            if not await repository.acknowledge(tx, identifier, now):
                raise Conflict(f'Node run "{identifier}" was acknowledged before, or does not wait for anybody')

        await self._db.write(work)

    async def extend_in(self, tx: Tx, ids: Sequence[str], visibility_ms: int) -> list[str]:
        """Keeps claims for longer; answers those that still run."""
        until = to_millis(self._clock.now()) + min(visibility_ms, MAX_VISIBILITY_MS)
        found = [each.id for each in await self._held(tx, ids)]
        await repository.update_node_runs(tx, found, {"claimed_until": until})
        return found

    async def release_in(self, tx: Tx, ids: Sequence[str]) -> list[str]:
        """Gives node runs back, acknowledged or not, for somebody else to claim; answers which."""
        found = [each.id for each in await self._held(tx, ids)]
        await repository.update_node_runs(tx, found, {"claimed_until": 0, "acked_at": None, "claimed_by": None})
        return found

    async def _held(self, tx: Tx, ids: Sequence[str]) -> list[NodeRun]:
        rows = [await repository.find_node_run(tx, each) for each in ids]
        return [each for each in rows if each is not None and each.queue is not None and not each.ended]

    async def _take(self, wanted: Claim) -> list[NodeRun]:
        now = to_millis(self._clock.now())
        if not await self._db.read(lambda tx: repository.anything_waits(tx, wanted.queue, now)):
            return []
        return await self._db.write(lambda tx: self._take_in(tx, wanted, now))

    async def _take_in(self, tx: Tx, wanted: Claim, now: int) -> list[NodeRun]:
        """Pages are no larger than the claim at first: what a page has locked, claims beside this one do not see."""
        found: list[NodeRun] = []
        after = 0
        most = wanted.limit
        for _ in range(_PAGES):
            page = await repository.waiting(tx, wanted.queue, now, after, wanted.methods, most)
            found += [each for each in page if wanted.takes(each)][: wanted.limit - len(found)]
            if not page or len(found) >= wanted.limit:
                break
            after, most = page[-1].number, most * 2
        until = now + wanted.visibility_ms
        values = {"claimed_until": until, "claimed_by": wanted.agent_id}
        await repository.update_node_runs(tx, [each.id for each in found], values)
        return found

    async def _shown(self, claimed: NodeRun) -> dict[str, Any] | None:
        config = await self._reveal(claimed) if claimed.secret else claimed.config
        return None if config is None else claimed.shown(config)


def require_machine(caller: Caller) -> None:
    """Reports are for agents and backends.

    Raises:
        Forbidden: the caller is a person without administration rights.
    """
    if not (caller.is_machine or caller.is_admin):
        raise Forbidden("Only machine credentials and Admins may report on node runs")


def _between(value: int | None, default: int, low: int, high: int) -> int:
    return default if value is None else max(low, min(high, value))
