"""The execution agent against one that forwards a message at a time, with a new token and connection for every call:
runs forwarded a second, and the delay from the request that starts a run to its arrival at the target.

python -m bench.agent [--runs 3000] [--database-url postgresql://...]

Portal, agent and target are processes; both agents work at the same portal, one after the other.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil

from bench.harness import SECRET, Served, percentile, served

_CREATORS = 16
_RATE = 50
_PEER_RATE = 5
_PEER_INTERVAL = "1"
_PATIENCE = 300.0


@dataclass(frozen=True)
class Scene:
    """How slow target and portal are, and how many runs each agent gets."""

    target_ms: int
    portal_ms: int
    runs: int
    peer_runs: int


@dataclass
class Result:
    """What an agent did."""

    per_second: float
    cpu_ms: float
    """Of the agent's process, for a run."""
    memory_mb: float
    calls: float = 0.0
    """Of the portal, for a run; only our agent counts."""


@asynccontextmanager
async def program(module: str, *arguments: str, **environment: str) -> AsyncIterator[tuple[psutil.Process, str]]:
    """A process and the first line that it prints."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, env={**os.environ, **environment}, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    try:
        line = (await child.stdout.readline()).decode().strip() if module != "fairway" else ""
        yield psutil.Process(child.pid), line
    finally:
        if child.returncode is None:
            child.send_signal(signal.SIGTERM)
        await child.wait()


class Target:
    """The target's process, asked for what it saw."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self.url = url

    async def arrivals(self) -> dict[str, float]:
        """The moment at which each run came first, by its id; afterwards it is forgotten."""
        async with self._session.get(f"{self.url}/arrivals") as response:
            return dict(await response.json())

    async def count(self) -> int:
        """How many have come."""
        async with self._session.get(f"{self.url}/count") as response:
            return int(await response.text())

    async def until(self, count: int) -> None:
        """Waits for so many."""
        async with asyncio.timeout(_PATIENCE):
            while await self.count() < count:  # noqa: ASYNC110 another process
                await asyncio.sleep(0.05)


async def make_action(portal: Served, target: Target, identifier: str) -> None:
    """An action whose webhook an agent delivers."""
    body = {"run": "{{ .run.id }}", "text": "some text " * 10}
    method = {"type": "WEBHOOK", "agent": True, "synchronized": False, "url": f"{target.url}/hook", "body": body}
    trigger = {"type": "self-service", "operation": "CREATE", "userInputs": {"properties": {}, "required": []}}
    await portal.post("/v1/actions", {"identifier": identifier, "trigger": trigger, "invocationMethod": method})


async def start_runs(portal: Served, action: str, count: int) -> None:
    """So many runs, as fast as the portal takes them."""
    left = iter(range(count))

    async def worker() -> None:
        for _ in left:
            await portal.post(f"/v1/actions/{action}/runs", {"properties": {}})

    await asyncio.gather(*(worker() for _ in range(_CREATORS)))


async def start_at(portal: Served, action: str, rate: float, seconds: float) -> dict[str, float]:
    """Runs at an even rate; the moment before each was asked for, by its id."""
    began: dict[str, float] = {}

    async def one() -> None:
        moment = time.time()
        began[(await portal.post(f"/v1/actions/{action}/runs", {"properties": {}}))["run"]["id"]] = moment

    tasks = []
    start = time.perf_counter()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, start + number / rate - time.perf_counter()))
        tasks.append(asyncio.create_task(one()))
    await asyncio.gather(*tasks)
    return began


@asynccontextmanager
async def agent(name: str, portal_url: str, folder: Path, health_port: int) -> AsyncIterator[psutil.Process]:
    """Ours, or the peer."""
    shared = {"PORT_ORG_ID": "org", "PORT_CLIENT_ID": "bench", "PORT_CLIENT_SECRET": SECRET,
              "PORT_API_BASE_URL": portal_url, "STREAMER_NAME": "POLLING", "LOG_LEVEL": "WARNING"}  # fmt: skip
    if name == "ours":
        own = {"FAIRWAY_AGENT_STATE_DIR": str(folder), "FAIRWAY_AGENT_HEALTH_PORT": str(health_port)}
        async with program("fairway", "agent", **shared, **own) as (process, _):
            yield process
    else:
        async with program("bench.naive_agent", **shared, POLLING_INTERVAL_SECONDS=_PEER_INTERVAL) as (process, _):
            yield process


async def throughput(name: str, portal: Served, target: Target, count: int, url: str, folder: Path) -> Result:
    """A burst that waits already when the agent starts; from the first arrival to the last."""
    await start_runs(portal, f"burst-{target.url[-5:]}", count)
    async with agent(name, url, folder, 18099) as process:
        await target.until(count)
        await asyncio.sleep(1)  # for the last reports
        cpu, memory = sum(process.cpu_times()[:2]), process.memory_info().rss / 2**20
        calls = await _calls(portal) if name == "ours" else 0.0
    moments = sorted((await target.arrivals()).values())
    seconds = moments[-1] - moments[0]
    return Result((len(moments) - 1) / seconds, 1000 * cpu / count, memory, calls / count)


async def _calls(portal: Served) -> float:
    async with portal.session.get("http://127.0.0.1:18099/metrics") as response:
        text = await response.text()
    return sum(float(value) for value in re.findall(r"^fairway_agent_portal_calls_total\{.*\} (\S+)$", text, re.M))


async def delays(
    name: str, portal: Served, target: Target, rate: float, seconds: float, folder: Path
) -> tuple[float, float]:
    """p50 and p99, in milliseconds, from the request that starts a run to its arrival."""
    async with agent(name, portal.url, folder, 18099):
        action = f"burst-{target.url[-5:]}"
        await start_at(portal, action, 5, 2)
        await target.until(10)
        await target.arrivals()
        began = await start_at(portal, action, rate, seconds)
        await target.until(len(began))
    arrived = await target.arrivals()
    waits = [1000 * (arrived[run_id] - moment) for run_id, moment in began.items()]
    return percentile(waits, 0.5), percentile(waits, 0.99)


async def _scene(scene: Scene, portal: Served, folder: Path) -> tuple[Result, Result]:
    async with (
        aiohttp.ClientSession() as session,
        program("bench.slow_target", str(scene.target_ms / 1000)) as (_, port),
        program("bench.slow_link", portal.url, str(scene.portal_ms / 1000)) as (_, link),
    ):
        target = Target(session, f"http://127.0.0.1:{port}")
        await make_action(portal, target, f"burst-{target.url[-5:]}")
        url = f"http://127.0.0.1:{link}" if scene.portal_ms else portal.url
        ours = await throughput("ours", portal, target, scene.runs, url, folder)
        peer = await throughput("peer", portal, target, scene.peer_runs, url, folder)
    return ours, peer


async def main(runs: int, database_url: str) -> None:
    """Prints two tables."""
    scenes = [Scene(1, 0, runs, 150), Scene(100, 0, runs, 60), Scene(100, 50, runs, 15)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with served(folder / "data", database_url, 64) as portal:
            print(
                "| target | portal | runs/s | one at a time | ratio | CPU of a run | memory | portal calls of a run |"
            )
            print("|---|---|---|---|---|---|---|---|")
            for scene in scenes:
                ours, peer = await _scene(scene, portal, folder / "state")
                print(
                    f"| {scene.target_ms} ms | +{scene.portal_ms} ms "
                    f"| {ours.per_second:,.0f} | {peer.per_second:.1f} | "
                    f"x{ours.per_second / peer.per_second:.0f} | {ours.cpu_ms:.2f} ms (peer {peer.cpu_ms:.1f}) | "
                    f"{ours.memory_mb:.0f} MB | {ours.calls:.2f} |",
                    flush=True,
                )
            print("\n| start of a run to its arrival | runs/s | p50 | p99 |\n|---|---|---|---|")
            async with (
                aiohttp.ClientSession() as session,
                program("bench.slow_target", "0.001") as (_, port),
            ):
                target = Target(session, f"http://127.0.0.1:{port}")
                await make_action(portal, target, f"burst-{target.url[-5:]}")
                for who, rate, seconds in (("ours", _RATE, 10), ("ours", _PEER_RATE, 10), ("peer", _PEER_RATE, 10)):
                    half, most = await delays(who, portal, target, rate, seconds, folder / "state")
                    shown = "Fairway" if who == "ours" else f"one at a time, every {_PEER_INTERVAL} s"
                    print(f"| {shown} | {rate} | {half:,.0f} ms | {most:,.0f} ms |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3000)
    parser.add_argument("--database-url", default="")
    arguments = parser.parse_args()
    asyncio.run(main(arguments.runs, arguments.database_url))
