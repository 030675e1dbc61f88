"""Webhooks that the portal delivers, against a client that does nothing else: runs a second with targets that take
100 ms, and the delay from the request that starts a run to its arrival.

python -m bench.delivery [--runs 2000] [--database-url postgresql://...]

The ideal is an asyncio client that posts the same bodies to the same target, as many at a time as the portal does; it
stores nothing. The runs wait already when the worker that delivers them starts.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import orjson

from bench.agent import Target, program, start_at, start_runs
from bench.harness import SECRET, Served, percentile, served
from fairway.portal.runs.delivery.crowd import MOST

_RATE = 50
_SECONDS = 10


@dataclass
class Result:
    """What a burst took."""

    per_second: float
    cpu_ms: float
    """For a run, of the worker's process."""


async def make_action(portal: Served, target: Target, identifier: str) -> None:
    """An action whose webhook the portal delivers."""
    body = {"run": "{{ .run.id }}", "text": "some text " * 10}
    method = {"type": "WEBHOOK", "synchronized": True, "url": f"{target.url}/hook", "body": body}
    trigger = {"type": "self-service", "operation": "CREATE", "userInputs": {"properties": {}, "required": []}}
    await portal.post("/v1/actions", {"identifier": identifier, "trigger": trigger, "invocationMethod": method})


async def burst(portal: Served, target: Target, action: str, runs: int, database: dict[str, str]) -> Result:
    """Runs that wait already when a worker starts: from the first arrival to the last."""
    await start_runs(portal, action, runs)
    async with program("fairway", "worker", **database) as (process, _):
        await target.until(runs)
        await _none_in_progress(portal)
        cpu = sum(process.cpu_times()[:2])
    moments = sorted((await target.arrivals()).values())
    return Result((len(moments) - 1) / (moments[-1] - moments[0]), 1000 * cpu / runs)


async def _none_in_progress(portal: Served) -> None:
    async with asyncio.timeout(60):
        while True:
            async with portal.session.get(f"{portal.url}/v1/actions/runs?active=true&limit=1") as answer:
                if not (await answer.json())["runs"]:
                    return
            await asyncio.sleep(0.1)


async def ideal(target: Target, runs: int, most: int) -> float:
    """The same requests from a client that has nothing else to do, a second."""
    left = iter(range(runs))
    connector = aiohttp.TCPConnector(limit=most)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def worker() -> None:
            for number in left:
                body = orjson.dumps({"run": f"ideal-{number}", "text": "some text " * 10})
                async with session.post(f"{target.url}/hook", data=body) as response:
                    await response.read()

        began = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(most)))
        seconds = time.perf_counter() - began
    await target.arrivals()
    return runs / seconds


async def delays(portal: Served, target: Target, action: str) -> tuple[float, float]:
    """p50 and p99 in milliseconds, from the request that starts a run to its arrival."""
    await target.arrivals()
    began = await start_at(portal, action, _RATE, _SECONDS)
    await target.until(len(began))
    arrived = await target.arrivals()
    waits = [1000 * (arrived[run_id] - moment) for run_id, moment in began.items()]
    return percentile(waits, 0.5), percentile(waits, 0.99)


async def main(runs: int, database_url: str) -> None:
    """Prints two tables."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data"
        await _throughput(runs, folder, database_url)
        print("\n| start of a run to its arrival | p50 | p99 |\n|---|---|---|")
        async with (
            served(folder, database_url, 64) as portal,
            aiohttp.ClientSession() as session,
            program("bench.slow_target", "0.1") as (_, port),
        ):
            target = Target(session, f"http://127.0.0.1:{port}")
            await make_action(portal, target, "evenly")
            half, most = await delays(portal, target, "evenly")
            print(f"| {_RATE} runs/s | {half:,.0f} ms | {most:,.0f} ms |", flush=True)


async def _throughput(runs: int, folder: Path, database_url: str) -> None:
    worker = {
        "FAIRWAY_DATA_DIR": str(folder), "FAIRWAY_DATABASE_URL": database_url, "FAIRWAY_LOG_LEVEL": "WARNING",
        "FAIRWAY_CLIENT_ID": "bench", "FAIRWAY_CLIENT_SECRET": SECRET, "FAIRWAY_OUTGOING_PRIVATE_NETWORKS": "true",
    }  # fmt: skip
    print("| target | delivered runs/s | ideal client | ratio | CPU of a run |\n|---|---|---|---|---|")
    async with (
        served(folder, database_url, 64, FAIRWAY_WORKER="false") as portal,
        aiohttp.ClientSession() as session,
    ):
        for milliseconds in (100, 1):
            async with program("bench.slow_target", str(milliseconds / 1000)) as (_, port):
                target = Target(session, f"http://127.0.0.1:{port}")
                action = f"deliver-{milliseconds}"
                await make_action(portal, target, action)
                ours = await burst(portal, target, action, runs, worker)
                peer = await ideal(target, runs, MOST)
                print(
                    f"| {milliseconds} ms | {ours.per_second:,.0f} | {peer:,.0f} | x{ours.per_second / peer:.2f} "
                    f"| {ours.cpu_ms:.2f} ms |",
                    flush=True,
                )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--database-url", default="")
    arguments = parser.parse_args()
    asyncio.run(main(arguments.runs, arguments.database_url))
