"""Gathering readings into groups that are applied together.

Readings gather while the group before them is written, so that forges and portal work at the same time; no more than
two groups are in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from fairway.gitops.diagnostics import Diagnostic
from fairway.gitops.sync.applier import Applied, GroupApplier
from fairway.gitops.sync.reading import Reading
from fairway.gitops.sync.tally import Tally


class Gatherer:
    """Gathers readings into groups. ``submit`` waits only while the present group is full."""

    MOST_DEFINITIONS = 500
    MOST_REPOSITORIES = 1000
    MOST_BYTES = 8 * 1_048_576

    def __init__(self, applier: GroupApplier, *, run_at: int, generation: int, patience: float = 2.0) -> None:
        """``patience``: seconds that a group waits to become full."""
        self._applier = applier
        self._run_at = run_at
        self._generation = generation
        self._patience = patience
        self._group: list[tuple[Reading, asyncio.Future[Applied]]] = []
        self._members: set[str] = set()
        self._definitions = 0
        self._bytes = 0
        self._changed = asyncio.Condition()
        self._hurried = False
        self._closed = False
        self.total = Tally()
        self.loose: list[Diagnostic] = []

    async def submit(self, reading: Reading) -> asyncio.Future[Applied]:
        """Adds a reading to the group; the answer comes when the group was applied."""
        future: asyncio.Future[Applied] = asyncio.get_running_loop().create_future()
        async with self._changed:
            await self._changed.wait_for(lambda: not self._full and reading.repository.id not in self._members)
            self._group.append((reading, future))
            self._members.add(reading.repository.id)
            self._definitions += reading.definitions
            self._bytes += reading.bytes
            self._changed.notify_all()
        return future

    async def run(self) -> None:
        """Applies groups until :meth:`close`, and what is left then."""
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: bool(self._group) or self._closed)
                if not self._group:
                    return
                await self._fill()
                group = self._taken()
                self._changed.notify_all()
            await self._flush(group)

    def _taken(self) -> list[tuple[Reading, asyncio.Future[Applied]]]:
        group, self._group = self._group, []
        self._members.clear()
        self._definitions = self._bytes = 0
        return group

    async def _fill(self) -> None:
        """Waits for more, with the condition held."""
        try:
            async with asyncio.timeout(self._patience):
                await self._changed.wait_for(lambda: self._full or self._hurried)
        except TimeoutError:
            return

    async def hurry(self) -> None:
        """Few readings come from now on: groups wait no longer."""
        async with self._changed:
            self._hurried = True
            self._changed.notify_all()

    async def close(self) -> None:
        """No more readings come."""
        async with self._changed:
            self._hurried = self._closed = True
            self._changed.notify_all()

    async def _flush(self, group: Sequence[tuple[Reading, asyncio.Future[Applied]]]) -> None:
        try:
            report = await self._applier.apply(
                [reading for reading, _ in group],
                run_at=self._run_at, generation=self._generation,
            )  # fmt: skip
        except BaseException as error:  # those who wait must hear of anything, a cancellation too; raised again
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
                    future.exception()  # seen: whoever waits for it raises it again
            raise
        self.total.add(report.tally)
        self.loose += report.loose
        for reading, future in group:
            if not future.done():
                future.set_result(report.by_repository[reading.repository.id])

    @property
    def _full(self) -> bool:
        return (
            len(self._group) >= self.MOST_REPOSITORIES
            or self._definitions >= self.MOST_DEFINITIONS
            or self._bytes >= self.MOST_BYTES
        )
