"""A process that stays: HTTP surface, listener and schedules around one scheduler, until it is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from typing import Any

from fairway.integration.definition import Context
from fairway.integration.listeners import KafkaListener, KafkaOptions, Polling, Scheduler
from fairway.integration.listeners.kafka import REQUESTS_FLAG
from fairway.integration.live import LiveEvents
from fairway.integration.model import SyncReport, Trigger
from fairway.integration.portal_api import PortalApi
from fairway.integration.resync import Incremental, Resync
from fairway.integration.resync.plan import mapping_digest
from fairway.integration.runtime.actions import ActionDesk
from fairway.integration.runtime.backgrounds import BackgroundFigures, Backgrounds, LiveSurroundings
from fairway.integration.runtime.exits import COMPLETED, FAILED
from fairway.integration.runtime.hooks import start_hooks
from fairway.integration.runtime.intake import intake
from fairway.integration.runtime.metrics import SyncMetrics
from fairway.integration.runtime.server import Server, Surface
from fairway.integration.runtime.status import report_document
from fairway.integration.settings.model import Settings
from fairway.kit.logs import get_logger

log = get_logger(__name__)

_DRAIN_SECONDS = 25.0
"""For the last words of a run that is given up; orchestrators wait 30."""
_RESYNCING = frozenset({"POLLING", "KAFKA", "WEBHOOK"})


class Service:
    """Made for one process; :meth:`run` once."""

    def __init__(
        self,
        settings: Settings,
        api: PortalApi,
        resync: Resync,
        incremental: Incremental | None,
        live: LiveEvents | None,
        ended: Callable[[SyncReport], None] | None,
        desk: ActionDesk | None = None,
    ) -> None:
        self._settings = settings
        self._api = api
        self._resync = resync
        self._incremental = incremental
        self._live = live
        self._tell = ended
        self._desk = desk
        self._metrics = SyncMetrics()
        self._scheduler = Scheduler(resync, self._digest, self._ended)
        self._listener: Polling | KafkaListener | None = None
        self._backgrounds: Backgrounds | None = None
        self._ready = False

    async def run(
        self,
        context: Context,
        stop: asyncio.Event,
        listening: Callable[[int], None] | None,
    ) -> int:
        """Works until ``stop``; the exit code."""
        server = Server(self._surface())
        application = self._settings.application
        await server.start(application.host, application.port)
        if listening is not None:
            listening(server.port)
        try:
            if not await start_hooks(context, self._settings.start_timeout_seconds):
                return FAILED
            self._backgrounds = self._kept(context, stop)
            return await self._work(stop)
        finally:
            await server.aclose()

    async def _work(self, stop: asyncio.Event) -> int:
        lasting = {asyncio.create_task(self._scheduler.run())}
        if self._live is not None:
            lasting.add(asyncio.create_task(self._live.run(stop)))
        if self._backgrounds is not None:
            lasting.add(asyncio.create_task(self._backgrounds.run(stop)))
        if self._desk is not None:
            lasting.add(asyncio.create_task(self._desk.run(stop)))
        others = [asyncio.create_task(each) for each in await self._duties()]
        stopped = asyncio.create_task(stop.wait())
        self._ready = True
        code = COMPLETED
        try:
            done, _ = await asyncio.wait({*lasting, stopped, *others}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopped} if not stop.is_set() else ():
                code = FAILED
                log.error("duty_ended", exc_info=task.exception())
        finally:
            self._ready = False
            self._scheduler.close()
            await asyncio.wait(lasting, timeout=_DRAIN_SECONDS if stop.is_set() else 0)
            for task in (*lasting, stopped, *others):
                task.cancel()
            await asyncio.gather(*lasting, stopped, *others, return_exceptions=True)
        return code

    def _kept(self, context: Context, stop: asyncio.Event) -> Backgrounds | None:
        if self._live is None or not context.integration.backgrounds:
            return None
        listener = self._settings.event_listener
        resyncs = listener.type in _RESYNCING and listener.should_resync
        around = LiveSurroundings(self._live, self._scheduler if resyncs else None, stop)
        figures = BackgroundFigures(drain=self._settings.max_wait_seconds_before_shutdown)
        return Backgrounds(context.integration.backgrounds, context, around, figures)

    async def _duties(self) -> list[Coroutine[Any, Any, None]]:
        listener, found = self._settings.event_listener, list[Coroutine[Any, Any, None]]()
        if listener.type in _RESYNCING and listener.should_resync:
            if listener.type == "POLLING":
                polling = Polling(
                    self._api, self._scheduler.ask, interval=listener.interval, on_start=listener.resync_on_start
                )
                self._listener = polling
                found.append(polling.run())
            elif listener.type == "KAFKA":
                kafka = KafkaListener(await self._kafka(), self._scheduler.ask)
                self._listener = kafka
                found.append(kafka.run())
            if self._settings.scheduled_resync_interval:
                found.append(self._scheduled(timedelta(minutes=self._settings.scheduled_resync_interval)))
        if self._incremental is not None:
            minutes = self._settings.integration.incremental_sync_interval
            found.append(self._increments(self._incremental, timedelta(minutes=minutes)))
        return found

    async def _kafka(self) -> KafkaOptions:
        """Where the portal's messages are, for this organisation (section 10)."""
        listener, installation = self._settings.event_listener, self._api.installation
        organization = (await self._api.client.get("/organization")).get("organization") or {}
        org = str(organization.get("id"))
        credentials: Mapping[str, Any] = {}
        if listener.kafka_security_enabled:
            credentials = (await self._api.client.get("/kafka-credentials")).get("credentials") or {}
        flagged = REQUESTS_FLAG in (organization.get("featureFlags") or ())
        return KafkaOptions(
            brokers=tuple(listener.brokers) or tuple(credentials.get("brokers") or ()),
            topic=f"{org}.integration.resync.requests" if flagged else f"{org}.change.log",
            group=f"{org}.{installation.type}.{installation.identifier}",
            integration=installation.identifier,
            security_protocol=listener.security_protocol if listener.kafka_security_enabled else "PLAINTEXT",
            mechanism=listener.authentication_mechanism,
            username=str(credentials.get("username") or ""),
            password=str(credentials.get("password") or ""),
            poll_seconds=listener.consumer_poll_timeout,
        )

    async def _scheduled(self, interval: timedelta) -> None:
        while True:
            await asyncio.sleep(interval.total_seconds())
            await self._scheduler.ask(Trigger.SCHEDULE)

    async def _increments(self, incremental: Incremental, interval: timedelta) -> None:
        """Not beside a full run, which sees everything anyway."""
        while True:
            await asyncio.sleep(interval.total_seconds())
            if self._resync.current is None:
                self._ended(await incremental.run(Trigger.SCHEDULE))

    async def _digest(self) -> str | None:
        found = await self._api.integration()
        return None if found is None else mapping_digest(found.get("config") or {})

    def _ended(self, report: SyncReport) -> None:
        self._metrics.ended(report)
        if self._tell is not None:
            self._tell(report)

    def _surface(self) -> Surface:
        token = self._settings.control_token
        return Surface(
            status=self._status,
            ready=lambda: self._ready,
            metrics=self._metrics.exposition,
            resync=self._asked,
            abort=self._scheduler.abort,
            control_token=token.get_secret_value() if token is not None else None,
            open_resync=self._settings.event_listener.type == "WEBHOOK",
            prefix=self._settings.path_prefix,
            routes=[intake(self._live)] if self._live is not None else [],
        )

    async def _asked(self, kinds: frozenset[str] | None) -> None:
        await self._scheduler.ask(Trigger.REQUEST, kinds)

    def _status(self) -> Mapping[str, Any]:
        installation, current, last = self._api.installation, self._resync.current, self._resync.last
        return {
            "integration": {
                "identifier": installation.identifier,
                "type": installation.type,
                "version": installation.version,
            },
            "listener": self._settings.event_listener.type,
            "listenerProblem": None if self._listener is None else self._listener.problem,
            "ready": self._ready,
            "background": [] if self._backgrounds is None else self._backgrounds.document(),
            **self._scheduler.document(),
            "actions": None if self._desk is None else self._desk.document(),
            "current": None if current is None else report_document(current),
            "last": None if last is None else report_document(last),
        }
