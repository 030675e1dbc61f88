"""What probes and Prometheus ask: ``/health`` (alive and not stalled), ``/ready`` (gets work) and ``/metrics``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from fairway.agent.operations.metrics import AgentMetrics
from fairway.agent.runtime.streamer import StreamerHealth
from fairway.kit.errors import InvalidRequest

_CLOSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Condition:
    """How the agent is."""

    streamer: StreamerHealth
    draining: bool

    def document(self, now: float) -> dict[str, object]:
        """For probes and people."""
        return {
            "stalled": self.stalled(now),
            "connected": self.streamer.connected,
            "draining": self.draining,
            "problem": self.streamer.problem or None,
            "lag": self.streamer.lag,
        }

    def stalled(self, now: float) -> bool:
        """Whether nothing was heard of what brings work for too long: a restart may help."""
        return not self.draining and now > self.streamer.due

    def ready(self, now: float) -> bool:
        """Whether it gets work. A portal that is down makes an agent unready, not dead."""
        return self.streamer.connected and not self.draining and not self.stalled(now)


class HealthServer:
    """Answers until it is closed."""

    def __init__(
        self, condition: Callable[[], Condition], metrics: AgentMetrics, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._condition = condition
        self._metrics = metrics
        self._monotonic = monotonic
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listens; a port of 0 is a free one.

        Raises:
            InvalidRequest: the address cannot be had.
        """
        app = web.Application()
        for path in ("/health", "/health/live", "/healthz"):
            app.router.add_get(path, self._health)
        for path in ("/ready", "/health/ready", "/readyz"):
            app.router.add_get(path, self._ready)
        app.router.add_get("/metrics", self._exposition)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_CLOSE_SECONDS)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise InvalidRequest(
                f"Health server: cannot listen on {host}:{port} (FAIRWAY_AGENT_HEALTH_PORT): {error.strerror}"
            ) from None
        self.port = int(self._runner.addresses[0][1])

    async def aclose(self) -> None:
        """Ends it."""
        if self._runner is not None:
            await asyncio.wait_for(self._runner.cleanup(), 2 * _CLOSE_SECONDS)

    async def _health(self, _: web.Request) -> web.Response:
        condition, now = self._condition(), self._monotonic()
        stalled = condition.stalled(now)
        return web.json_response({"ok": not stalled, **condition.document(now)}, status=503 if stalled else 200)

    async def _ready(self, _: web.Request) -> web.Response:
        condition, now = self._condition(), self._monotonic()
        ready = condition.ready(now)
        return web.json_response({"ok": ready, **condition.document(now)}, status=200 if ready else 503)

    async def _exposition(self, _: web.Request) -> web.Response:
        lag = self._condition().streamer.lag
        if lag is not None:
            self._metrics.lag.set(lag)
        return web.Response(body=self._metrics.exposition(), headers={"Content-Type": "text/plain; version=0.0.4"})
