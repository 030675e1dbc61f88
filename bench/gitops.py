"""Full passes over repositories on a Bitbucket Server whose answers take 5 ms, against a script that asks page by page.

python -m bench.gitops [--repositories 1000,5000] [--rounds 1]

Forge, portal, `fairway gitops sync` and the script are processes; the portal is a real one (SQLite). Wall, CPU and peak
memory are those of the whole process of whoever synchronises, its start included; CPU is shown without it, too.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from bench.agent import program
from bench.harness import SECRET, Served, served

SECONDS = 0.005
_HOUR = 3600
_BLUEPRINTS = (
    {"identifier": "domain", "title": "Domain", "schema": {"properties": {}, "required": []}},
    {
        "identifier": "service",
        "title": "Service",
        "schema": {
            "properties": {
                "language": {"type": "string", "enum": ["python", "go", "java"]},
                "tier": {"type": "number"},
                "version": {"type": "string"},
                "url": {"type": "string", "format": "url"},
                "onCall": {"type": "boolean"},
                "description": {"type": "string"},
            },
            "required": [],
        },
        "relations": {"domain": {"title": "Domain", "target": "domain", "required": False, "many": False}},
    },
)


@dataclass(frozen=True)
class Run:
    """What one synchronisation cost."""

    wall: float
    cpu: float
    """Of the process that synchronises."""
    peak_mb: float
    portal_cpu: float
    forge: int
    """Requests."""
    portal: int
    writes: int
    sleeps: int = 0

    @property
    def asleep(self) -> float:
        """Seconds that the script would sleep until its hours are over."""
        return max(0.0, self.sleeps * _HOUR - self.wall)


class Stage:
    """A forge and a portal with blueprints and domains."""

    def __init__(self, portal: Served, forge: str, folder: Path) -> None:
        self._portal = portal
        self._forge = forge
        self._folder = folder

    async def ours(self, state: str) -> Run:
        """``fairway gitops sync`` with a ledger."""
        report = self._folder / "report.json"
        own = {"GITOPS_STATE": str(self._folder / state), "GITOPS_REPORT": str(report), "GITOPS_CONCURRENCY": "32"}
        run, _ = await self._measured(["-m", "fairway", "gitops", "sync"], own)
        found = orjson.loads(report.read_bytes())
        if found["status"] != "complete" or found["repositories"]["failed"]:
            raise SystemExit(f"The pass ended {found['status']}: {found['failures'][:3]} {found['diagnostics'][:3]}")
        return Run(**run)

    async def script(self) -> Run:
        """The peer, with its requests alone."""
        run, output = await self._measured(["-m", "bench.naive_sync"], {})
        told = orjson.loads(output)
        return Run(**run, sleeps=told["sleeps"])

    async def _measured(self, arguments: list[str], own: Mapping[str, str]) -> tuple[dict[str, Any], bytes]:
        environment = {
            **os.environ, "PORT_CLIENT_ID": "bench", "PORT_CLIENT_SECRET": SECRET, "BITBUCKET_HOST": self._forge,
            "BITBUCKET_USERNAME": "bench", "BITBUCKET_PASSWORD": "bench", "PORT_API_URL": f"{self._portal.url}/v1",
            **own,
        }  # fmt: skip
        await self._portal.settled()
        await self._asked()
        before, writes = await self._requests()
        async with self._portal.measured() as portal:
            wall, usage, output = await asyncio.to_thread(_run, [sys.executable, *arguments], environment)
        after, written = await self._requests()
        run = {
            "wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak_mb": usage.ru_maxrss / 1024,
            "portal_cpu": portal.cpu_seconds, "forge": await self._asked(), "portal": after - before,
            "writes": written - writes,
        }  # fmt: skip
        return run, output

    async def _asked(self) -> int:
        async with self._portal.session.get(f"{self._forge}/figures") as response:
            return sum(orjson.loads(await response.read()).values())

    async def _requests(self) -> tuple[int, int]:
        """Requests that the portal has answered, without those of this measurement; and those of them that write."""
        async with self._portal.session.get(f"{self._portal.url}/metrics") as response:
            text = await response.text()
        lines = re.findall(r'^fairway_http_requests_total\{method="(\w+)",route="([^"]+)",.*\} (\S+)$', text, re.M)
        all_of_them = sum(float(count) for _, route, count in lines if route != "/metrics")
        writes = sum(float(count) for method, route, count in lines if method != "GET" and "/entities" in route)
        searches = sum(float(count) for _, route, count in lines if route.endswith("/search"))
        return int(all_of_them), int(writes - searches)


def _run(command: list[str], environment: Mapping[str, str]) -> tuple[float, Any, bytes]:
    """Wall seconds, what the kernel says that the process used, and what it printed."""
    began = time.perf_counter()
    child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    assert child.stdout is not None
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stdout.close()
    if child.returncode:
        raise SystemExit(f"{command[1:]} ended with {child.returncode}: {output.decode()[-2000:]}")
    return wall, usage, output


@asynccontextmanager
async def stage(count: int, folder: Path) -> AsyncIterator[Stage]:
    """Everything anew: repositories and an empty catalog."""
    async with (
        program("bench.bitbucket", str(count), str(SECONDS)) as (_, port),
        served(folder / "data") as portal,
    ):
        for blueprint in _BLUEPRINTS:
            await portal.post("/v1/blueprints", blueprint)
        domains = [{"identifier": f"domain-{number}", "title": f"Domain {number}"} for number in range(40)]
        for start in (0, 20):
            await portal.post("/v1/blueprints/domain/entities/bulk", {"entities": domains[start : start + 20]})
        yield Stage(portal, f"http://127.0.0.1:{port}", folder)


Results = dict[tuple[str, str], list[Run]]


async def compare(count: int, rounds: int) -> Results:
    """By who and when; each round with a portal of its own for either side, so that cold is cold for both."""
    found: Results = {}
    for who in ("ours", "script") * rounds:
        with tempfile.TemporaryDirectory() as name:
            async with stage(count, Path(name)) as there:
                for when in ("cold", "warm"):
                    run = await (there.ours("ledger.db") if who == "ours" else there.script())
                    found.setdefault((who, when), []).append(run)
    return found


async def starts() -> dict[str, float]:
    """CPU seconds of a pass over no repositories at all: start, logins, end."""
    with tempfile.TemporaryDirectory() as name:
        async with stage(0, Path(name)) as there:
            return {"ours": (await there.ours("ledger.db")).cpu, "script": (await there.script()).cpu}


def middle(runs: list[Run]) -> Run:
    """The run whose wall time is the median."""
    wall = median(run.wall for run in runs)
    return min(runs, key=lambda run: abs(run.wall - wall))


def show(count: int, found: Results, start: Mapping[str, float]) -> None:
    """Rows of the table."""
    for (who, when), runs in found.items():
        run, peer = middle(runs), middle(found["script", when])
        own, theirs = run.cpu - start[who], peer.cpu - start["script"]
        ratio = f"x{peer.wall / run.wall:.1f} | x{peer.cpu / run.cpu:.1f} | x{theirs / own:.1f}"
        asleep = f" + {run.asleep:,.0f} s asleep" if run.sleeps else ""
        print(
            f"| {count:,} | {who}, {when} | {run.wall:.2f} s{asleep} | {run.cpu:.2f} s | {own:.2f} s "
            f"| {run.portal_cpu:.2f} s | {run.forge / count:.2f} | {run.portal / count:.3f} | {run.writes:,} "
            f"| {run.peak_mb:.0f} MB | {ratio if who == 'ours' else ' | | '} |",
            flush=True,
        )


async def main(counts: list[int], rounds: int) -> None:
    """Prints one table."""
    start = await starts()
    print(f"CPU of a pass over nothing: {start['ours']:.2f} s, of the script: {start['script']:.2f} s.\n")
    print(
        "| repositories | pass | wall | CPU | CPU without start | CPU of the portal | forge requests a repository "
        "| portal requests a repository | writes | peak memory | wall, of the script | CPU | CPU without start |"
    )
    print("|" + "---|" * 13)
    for count in counts:
        show(count, await compare(count, rounds), start)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repositories", default="1000,5000")
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    asyncio.run(main([int(text) for text in given.repositories.split(",")], given.rounds))
