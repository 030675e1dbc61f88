"""The agent: gets work, does it, reports it, until it is stopped; then it drains."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from fairway.agent.assembly import (
    build_executor,
    build_kafka,
    build_portal,
    mapping_path,
    open_dead_letters,
    open_state,
    polling_settings,
    read_mappings,
)
from fairway.agent.identity import Identity
from fairway.agent.messages.claimed import from_node_run, from_run
from fairway.agent.messages.skipped import Skipped
from fairway.agent.model import Invocation, Report
from fairway.agent.operations.health import Condition, HealthServer
from fairway.agent.operations.metrics import AgentMetrics
from fairway.agent.portal_api.errors import PortalTrouble
from fairway.agent.portal_api.portal import Work
from fairway.agent.runtime.acks import Acks
from fairway.agent.runtime.dead_letters import DeadLetters
from fairway.agent.runtime.placing import Place, Placer
from fairway.agent.runtime.polling import PollingStreamer
from fairway.agent.runtime.pool import Limits, Pool
from fairway.agent.runtime.reporter import Reporter
from fairway.agent.runtime.state import State, StateUnavailable
from fairway.agent.runtime.streamer import Streamer, StreamerHealth
from fairway.agent.runtime.watching import Watcher
from fairway.agent.runtime.work import Worker, stopped_report
from fairway.client.retry import RetryPolicy
from fairway.kit.logs import get_logger

_ANNOUNCE = RetryPolicy(first_seconds=1.0, longest_seconds=60.0)
_LAST_REPORTS_SECONDS = 4.0
"""At the least, for reports when requests took the whole grace period."""

log = get_logger(__name__)


class Agent:
    """Built from settings; nothing is opened before :meth:`run`.

    Raises:
        FairwayError: a setting, the mapping file or a certificate cannot be used.
    """

    def __init__(self, identity: Identity) -> None:
        settings = identity.settings
        self._identity = identity
        self._settings = settings
        self.metrics = AgentMetrics()
        self._portal = build_portal(identity, self.metrics)
        self._state: State | None = None
        self._letters: DeadLetters | None = None
        mappings = read_mappings(settings, identity.environment)
        for warning in mappings.warnings:
            log.warning("mapping_warning", file=mappings.where, problem=warning)
        self._executor = build_executor(identity, mappings)
        self._placer = Placer(self._executor, settings.gitlab_url)
        self.watcher = Watcher(identity, self._executor, mapping_path(settings))
        self._stopped = asyncio.Event()
        self._draining = False
        self.health_port = 0
        self._streamer: Streamer | None = None

    def stop(self) -> None:
        """Ends :meth:`run`, after a drain."""
        self._stopped.set()

    def condition(self) -> Condition:
        """For the probes."""
        streamer = self._streamer
        health = streamer.health() if streamer is not None else StreamerHealth(time.monotonic() + 60, False)
        return Condition(health, self._draining)

    async def run(self) -> None:
        """Works until :meth:`stop`.

        Raises:
            GaveUp: work cannot be got any more.
            FairwayError: it cannot start.
        """
        async with AsyncExitStack() as stack:
            self._open_state(stack)
            await stack.enter_async_context(self._portal.connection)
            stack.push_async_callback(self._executor.aclose)
            await self._serve_health(stack)
            await self._work()

    def _open_state(self, stack: AsyncExitStack) -> None:
        self._state = open_state(self._identity)
        if self._state is not None:
            stack.enter_context(self._state)
            try:
                self._letters = open_dead_letters(self._identity)
            except StateUnavailable as error:
                log.warning("no_dead_letters", problem=error.message)

    async def _serve_health(self, stack: AsyncExitStack) -> None:
        if self._settings.health_port:
            server = HealthServer(self.condition, self.metrics)
            await server.start(self._settings.health_host, self._settings.health_port)
            stack.push_async_callback(server.aclose)

    async def _work(self) -> None:
        settings, state = self._settings, self._state
        reporter = Reporter(
            self._portal,
            self.metrics,
            settled=self._settled,
            spill=None if state is None else state.keep,
        )
        acks = Acks(self._portal, state)
        worker = Worker(self._portal, self._executor, self._placer, acks, self.metrics, lambda: self._letters)
        limits = Limits(settings.parallel, settings.per_host, settings.per_action)
        pool = Pool(worker.perform, reporter.put, limits, self.metrics)
        streamer = self._streamer = self._build_streamer(pool, reporter)
        submit = partial(self._submit, pool)
        background = [asyncio.create_task(each) for each in (reporter.run(), self.watcher.run(), self._announce())]
        streaming = asyncio.create_task(streamer.run(submit))
        log.info(settings.streamer_name.lower(), portal=settings.port_api_base_url, agent=self._identity.agent_id)
        stopped = asyncio.create_task(self._stopped.wait())
        try:
            await self._resume(pool, reporter, worker)
            await asyncio.wait({streaming, stopped}, return_when=asyncio.FIRST_COMPLETED)
            await self._drain(streamer, pool, reporter)
        finally:
            stopped.cancel()
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            await reporter.aclose()
        await streaming

    def _build_streamer(self, pool: Pool, reporter: Reporter) -> Streamer:
        if self._settings.streamer_name == "KAFKA":
            return build_kafka(self._identity, self._portal)
        return PollingStreamer(
            self._portal,
            pool,
            self._read,
            self.metrics,
            polling_settings(self._settings),
            holds_report=reporter.holds,
        )

    async def _submit(self, pool: Pool, invocation: Invocation) -> asyncio.Future[Report]:
        try:
            place = await self._placer.place(invocation)
        except Exception:  # a fault of ours must not end what brings the work; the execution meets it again and tells
            log.exception("placing_fault", run_id=invocation.id)
            place = Place(invocation, "")
        return await pool.submit(place.invocation, place.host)

    async def _read(self, kind: Work, document: Mapping[str, Any]) -> Invocation | None:
        read = from_run if kind == "run" else from_node_run
        found = read(document, received_at=time.monotonic())
        if isinstance(found, Skipped):
            log.warning("claim_unreadable", kind=kind, problem=found.reason)
            return None
        return found

    async def _announce(self) -> None:
        """The portal's switch of the transport. Polling works without it; runs come over Kafka only when it is set."""
        attempt = 0
        while True:
            try:
                await self._portal.announce(self._settings.streamer_name)
            except PortalTrouble as trouble:
                log.warning("announcement_failed", problem=trouble.message)
                if not trouble.passing:
                    return
            else:
                return
            attempt += 1
            await asyncio.sleep(_ANNOUNCE.pause(attempt, None))

    async def _resume(self, pool: Pool, reporter: Reporter, worker: Worker) -> None:
        """What an earlier process left: its reports, and runs that only it knew of."""
        if self._state is None:
            return
        left = self._state.take_over()
        reported = {report.invocation.id for report in left.reports}
        reporter.take_back(left.reports)
        begun = [each for each in left.begun if each.id not in reported]
        for invocation in begun:
            worker.resume(invocation.id or "")
            await self._submit(pool, invocation)
        if left.reports or begun:
            log.info("resumed", reports=len(left.reports), runs=len(begun))

    def _settled(self, report: Report) -> None:
        if self._state is not None and report.invocation.id is not None:
            self._state.end([report.invocation.id])

    async def _drain(self, streamer: Streamer, pool: Pool, reporter: Reporter) -> None:
        """Nothing new; what waits goes back; what runs may finish; reports go out; the rest is kept on disk."""
        self._draining = True
        seconds = self._settings.drain_seconds
        end = time.monotonic() + seconds
        log.info("draining", running=pool.held, seconds=seconds)
        streamer.stop()
        leases = asyncio.create_task(streamer.keep_leases()) if isinstance(streamer, PollingStreamer) else None
        await streamer.release(pool.close())
        late = await pool.drain(max(0.0, end - time.monotonic() - _LAST_REPORTS_SECONDS / 2))
        await self._cut_off(streamer, reporter, late)
        await reporter.drain(max(_LAST_REPORTS_SECONDS / 2, end - time.monotonic()))
        if leases is not None:
            leases.cancel()
        unsettled = reporter.unsettled()
        if self._state is not None:
            self._state.keep(unsettled)
        if unsettled:
            log.warning("reports_unsent", count=len(unsettled), kept=self._state is not None)
        await streamer.aclose()
        log.info("stopped", cut_off=len(late))

    async def _cut_off(self, streamer: Streamer, reporter: Reporter, late: list[Invocation]) -> None:
        if not late:
            return
        log.warning("cut_off", count=len(late), run_ids=[each.id for each in late[:5]])
        if self._settings.streamer_name == "KAFKA" or self._portal.fairway:
            await streamer.release(late)  # another agent repeats them, with the same idempotency keys
        elif self._state is None or self._settings.state_dir is None:
            for invocation in late:
                reporter.put(stopped_report(invocation), asyncio.get_running_loop().create_future())
