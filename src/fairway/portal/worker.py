"""Background work of one process: the consumers of the event table and the jobs."""

from __future__ import annotations

import asyncio
import signal

from fairway.kit.clock import SystemClock
from fairway.kit.settings import Settings
from fairway.portal.runs.delivery.dispatcher import LANE as DELIVERY_LANE
from fairway.portal.services import Portal, build_portal
from fairway.portal.storage.consumers import ConsumerLoop
from fairway.portal.storage.jobs import JobHandler, JobLoop

_OWN_WORK = 8
"""Jobs of the portal's own at a time: they share two cores and one writer."""
_WAITING = 64
"""Jobs at a time that wait for the answer of somebody else's server."""
_DELIVERIES = 256
"""Deliveries of runs at a time, of which one receiver gets a part."""


class Background:
    """The loops of a portal; they run inside the server by default, or in ``fairway worker``."""

    def __init__(self, portal: Portal) -> None:
        self._consumers = [ConsumerLoop(portal.db, portal.clock, consumer) for consumer in portal.consumers]
        self._loops: list[ConsumerLoop | JobLoop] = [*self._consumers, *_job_loops(portal)]
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Runs every loop as a task of the running event loop."""
        self._tasks = [asyncio.create_task(loop.run()) for loop in self._loops]

    async def stop(self) -> None:
        """Lets each loop finish what it has in hand, then returns."""
        for loop in self._loops:
            loop.stop()
        await asyncio.gather(*self._tasks)

    async def settle(self) -> None:
        """Works in this task until nothing is due: for tools and tests, instead of :meth:`start`."""
        busy = True
        while busy:
            busy = False
            for loop in self._loops:
                while await loop.step():
                    busy = True
        for consumer in self._consumers:
            await consumer.release()


def _job_loops(portal: Portal) -> list[JobLoop]:
    """One for each lane: the portal's own work, and lanes of work that mostly waits for others."""
    lanes: dict[str, list[JobHandler]] = {"": []}
    for handler in portal.job_handlers:
        lanes.setdefault(handler.lane, []).append(handler)
    parallel = {"": _OWN_WORK, DELIVERY_LANE: _DELIVERIES}
    return [JobLoop(portal.db, portal.clock, found, parallel.get(lane, _WAITING)) for lane, found in lanes.items()]


async def work(settings: Settings) -> None:
    """``fairway worker``: background work alone, until SIGTERM or SIGINT."""
    portal = await build_portal(settings, SystemClock())
    background = Background(portal)
    background.start()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await background.stop()
    await portal.close()
