"""The published port-ocean and our framework: the same integration, the same portal, one after the other.

python -m bench.integration [--items 20000] [--latency 0.1] [--ours-only]

A sync is a process of its own (``ONCE``). What starting one costs is measured with an empty listing, and left out of
the figures per item.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from scripts.ocean import OCEAN, fetch

from bench.fetched import write, write_pages
from bench.harness import SECRET, Served, served

_SAMPLED_SECONDS = 0.25


@dataclass
class Sync:
    """What one process used, with its children."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    portal_cpu_seconds: float


@dataclass
class Runner:
    """Runs either framework at a portal."""

    folder: Path
    portal: Served
    url: str

    def sync(self, name: str, pages: Path) -> Sync:
        """One sync to its end."""
        command = {
            "theirs": [str(fetch()), "sail", ".", "-O"],
            "ours": [sys.executable, "-m", "fairway", "integration", "run", ".", "--once", "--port", "0"],
        }[name]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "BENCH_PAGES": str(pages),
            "OCEAN__PORT__BASE_URL": self.url,
            "OCEAN__PORT__CLIENT_ID": "bench",
            "OCEAN__PORT__CLIENT_SECRET": SECRET,
            "OCEAN__INTEGRATION__IDENTIFIER": f"measured-{name}",
            "OCEAN__STATE_PATH": str(self.folder / "state.db"),
            "OCEAN__EVENT_LISTENER": '{"type": "ONCE"}',
            "APPLICATION__PORT": "0",
        }
        before = sum(self.portal.process.cpu_times()[:2])
        started = time.perf_counter()
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=self.folder / name, env=environment, stdout=log, stderr=log)
        watch = _Watch(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{name} ended with {process.returncode}; see {self.folder / f'{name}.log'}")
        portal = sum(self.portal.process.cpu_times()[:2]) - before
        return Sync(seconds, usage.ru_utime + usage.ru_stime, watch.peak_mb(), portal)


class _Watch:
    """Proportional memory of a process and its children."""

    def __init__(self, pid: int) -> None:
        self._peak = 0.0
        self._ended = threading.Event()
        self._process = psutil.Process(pid)
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def peak_mb(self) -> float:
        """The highest so far; ends the watch."""
        self._ended.set()
        self._thread.join()
        return self._peak

    def _look(self) -> None:
        while not self._ended.wait(_SAMPLED_SECONDS):
            with suppress(psutil.Error):
                family = [self._process, *self._process.children(recursive=True)]
                self._peak = max(self._peak, sum(each.memory_full_info().pss for each in family) / 2**20)


@asynccontextmanager
async def _at_distance(url: str, latency: float) -> AsyncIterator[str]:
    if not latency:
        yield url
        return
    link = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.slow_link", url, str(latency), stdout=asyncio.subprocess.PIPE
    )
    assert link.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(await link.stdout.readline())}"
    finally:
        link.terminate()
        await link.wait()


async def _measure(name: str, count: int, latency: float, folder: Path) -> dict[str, Sync]:
    """At a portal of its own: start, first sync and another with nothing changed."""
    none, pages = folder / "none", folder / "pages"
    found: dict[str, Sync] = {}
    async with served(folder / f"portal-{name}") as portal, _at_distance(portal.url, latency) as url:
        runner = Runner(folder, portal, url)
        for label, source in (("start", none), ("first", pages), ("unchanged", pages)):
            await portal.settled()
            found[label] = await asyncio.to_thread(runner.sync, name, source)
        async with portal.session.get(f"{portal.url}/v1/blueprints/repository/entities-count") as response:
            stored = (await response.json())["count"]
        if stored != count:
            raise SystemExit(f"{name}: the portal has {stored} entities, not {count}")
    return found


def _table(results: dict[str, dict[str, Sync]], count: int) -> None:
    print("| sync | framework | items/s | CPU ms/item | CPU of the portal, ms/item | peak memory |")
    print("|---|---|---|---|---|---|")
    for label in ("first", "unchanged"):
        for name, found in results.items():
            sync, start = found[label], found["start"]
            cpu = (sync.cpu_seconds - start.cpu_seconds) / count * 1000
            portal = sync.portal_cpu_seconds / count * 1000
            rate = count / (sync.seconds - start.seconds)
            print(f"| {label} | {name} | {rate:,.0f} | {cpu:.3f} | {portal:.3f} | {sync.peak_mb:.0f} MB |")
    starts = ", ".join(
        f"{name} {each['start'].seconds:.1f} s, {each['start'].peak_mb:.0f} MB" for name, each in results.items()
    )
    print(f"\nstarting: {starts}")
    if len(results) < 2:
        return
    theirs, ours = results["theirs"], results["ours"]
    for label in ("first", "unchanged"):
        wall, cpu = (
            (getattr(theirs[label], each) - getattr(theirs["start"], each))
            / (getattr(ours[label], each) - getattr(ours["start"], each))
            for each in ("seconds", "cpu_seconds")
        )
        memory = ours[label].peak_mb / theirs[label].peak_mb
        print(f"{label}: x{wall:.1f} wall, x{cpu:.1f} items per CPU second, x{memory:.2f} memory")


async def main(count: int, latency: float, ours_only: bool) -> None:
    """Prints one table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder)
        write_pages(folder / "none", 0)
        write_pages(folder / "pages", count)
        print(f"{count:,} items, port-ocean {OCEAN}, answers of the portal {latency * 1000:.0f} ms late\n")
        frameworks = ("ours",) if ours_only else ("theirs", "ours")
        _table({each: await _measure(each, count, latency, folder) for each in frameworks}, count)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--ours-only", action="store_true")
    arguments = parser.parse_args()
    asyncio.run(main(arguments.items, arguments.latency, arguments.ours_only))
