"""A portal in a process of its own, a client, and what the portal's process used meanwhile."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import psutil

SECRET = "s" * 64


@dataclass
class Used:
    """What a stretch of work cost."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0


class Served:
    """A running portal and an authenticated session."""

    def __init__(self, session: aiohttp.ClientSession, url: str, process: psutil.Process) -> None:
        self.session = session
        self.url = url
        self.process = process

    async def post(self, path: str, body: bytes | dict[str, Any]) -> dict[str, Any]:
        """The answer as JSON; anything but 2xx ends the measurement."""
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        async with self.session.post(self.url + path, data=data) as response:
            text = await response.read()
            if response.status >= 300:
                raise SystemExit(f"{path} answered {response.status}: {text[:500]!r}")
            return orjson.loads(text)

    @asynccontextmanager
    async def measured(self) -> AsyncIterator[Used]:
        """Wall, CPU and memory of the portal's process while the block runs."""
        used = Used()
        watcher = asyncio.create_task(self._watch(used))
        cpu, wall = sum(self.process.cpu_times()[:2]), time.perf_counter()
        yield used
        used.seconds = time.perf_counter() - wall
        used.cpu_seconds = sum(self.process.cpu_times()[:2]) - cpu
        watcher.cancel()

    async def settled(self) -> None:
        """Waits until background work is done: the process used less than a tenth of a core for a second."""
        quiet = 0
        while quiet < 2:
            before = sum(self.process.cpu_times()[:2])
            await asyncio.sleep(0.5)
            quiet = quiet + 1 if sum(self.process.cpu_times()[:2]) - before < 0.05 else 0

    async def _watch(self, used: Used) -> None:
        while True:
            used.peak_mb = max(used.peak_mb, self.process.memory_info().rss / 2**20)
            await asyncio.sleep(0.05)


@asynccontextmanager
async def served(data_dir: Path, database_url: str = "", connections: int = 8, **more: str) -> AsyncIterator[Served]:
    """Starts ``fairway serve`` on a free port with rate limits out of the way, and stops it afterwards."""
    port = _free_port()
    environment = {
        **os.environ,
        "FAIRWAY_DATA_DIR": str(data_dir),
        "FAIRWAY_DATABASE_URL": database_url,
        "FAIRWAY_CLIENT_ID": "bench",
        "FAIRWAY_CLIENT_SECRET": SECRET,
        "FAIRWAY_RATE_LIMIT": "100000000",
        "FAIRWAY_LOG_LEVEL": "WARNING",
        "FAIRWAY_OUTGOING_PRIVATE_NETWORKS": "true",
        **more,
    }
    command = [sys.executable, "-m", "fairway", "serve", "--port", str(port)]
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)  # noqa: ASYNC220 starting a process takes a millisecond
    url = f"http://127.0.0.1:{port}"
    try:
        connector = aiohttp.TCPConnector(limit=connections)
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(600)) as session:
            await _ready(session, url)
            login = {"clientId": "bench", "clientSecret": SECRET}
            async with session.post(f"{url}/v1/auth/access_token", json=login) as response:
                token = (await response.json())["accessToken"]
            session.headers.update({"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
            yield Served(session, url, psutil.Process(child.pid))
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(60)


async def _ready(session: aiohttp.ClientSession, url: str) -> None:
    for _ in range(300):
        try:
            async with session.get(f"{url}/health/ready") as response:
                if response.status == 200:
                    return
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.1)
    raise SystemExit("the portal did not become ready within 30 s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def percentile(samples: list[float], share: float) -> float:
    """The sample below which ``share`` of them lie; with few samples p99 is the maximum."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
