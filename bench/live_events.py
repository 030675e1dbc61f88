"""Live events of the published port-ocean and of our framework: how soon they are acknowledged, and how fast they land.

python -m bench.live_events [--events 4000] [--objects 400] [--rate 200]

Ours are on disk before they are acknowledged; theirs are in memory. The limit is a table with a committed row for each
event. First all events are sent as fast as 32 senders get answers, then some at a steady rate.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pysqlite3
from scripts.ocean import OCEAN, fetch

from bench.harness import SECRET, Served, percentile, served

_SENDERS = 32
_STEADY = 1000
_PATIENCE_SECONDS = 300
_PROCESSOR = """

class Changed({base}):
    async def should_process_event(self, event):
        return True

    async def get_matching_kinds(self, event):
        return ["thing"]

    async def authenticate(self, payload, headers):
        return headers.get("x-token") == "hush"

    async def validate_payload(self, payload):
        return "id" in payload

    async def handle_event(self, payload, {resource}):
        return WebhookEventRawResults(updated_raw_results=[payload], deleted_raw_results=[])
"""
_THEIRS = (
    """
from port_ocean.context.ocean import ocean
from port_ocean.core.handlers.webhook.abstract_webhook_processor import AbstractWebhookProcessor
from port_ocean.core.handlers.webhook.webhook_event import WebhookEventRawResults


@ocean.on_resync("thing")
async def things(kind):
    return []
"""
    + _PROCESSOR.format(base="AbstractWebhookProcessor", resource="resource")
    + '\n\nocean.add_webhook_processor("/changes", Changed)\n'
)
_OURS = (
    """
from fairway.integration.definition import Integration
from fairway.integration.live import Processor, WebhookEventRawResults

integration = Integration()


@integration.on_resync("thing")
async def things(context):
    return []
"""
    + _PROCESSOR.format(base="Processor", resource="resource")
    + """
    def ordering_key(self, event):
        return event.payload["id"]


integration.webhook("changes", Changed)
"""
)
_BLUEPRINT = {"identifier": "thing", "title": "Thing", "schema": {"properties": {"n": {"type": "number"}}}}
_MAPPINGS = {"identifier": ".id", "title": ".id", "blueprint": '"thing"', "properties": {"n": ".n"}}
_RESOURCE = {"kind": "thing", "selector": {"query": "true"}, "port": {"entity": {"mappings": _MAPPINGS}}}
_SPEC = {
    "title": "Measured",
    "type": "measured",
    "icon": "Box",
    "features": [{"type": "exporter", "section": "x", "resources": [{"kind": "thing"}]}],
    "saas": {"enabled": True, "liveEvents": {"enabled": True}},
}


def write(folder: Path) -> None:
    """The integration for both."""
    for name, main in (("theirs", _THEIRS), ("ours", _OURS)):
        resources = folder / name / ".port" / "resources"
        resources.mkdir(parents=True)
        (folder / name / "main.py").write_text(main)
        (folder / name / "pyproject.toml").write_text('[project]\nname = "measured"\nversion = "1.0.0"\n')
        (folder / name / ".port" / "spec.yaml").write_text(json.dumps(_SPEC))
        (resources / "blueprints.json").write_text(json.dumps([_BLUEPRINT]))
        (resources / "port-app-config.yml").write_text(json.dumps({"resources": [_RESOURCE]}))


def raw_rows(count: int, folder: Path) -> float:
    """Rows a second, each committed by itself."""
    connection = pysqlite3.connect(str(folder / "raw.db"), isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE event (id INTEGER PRIMARY KEY, body TEXT)")
    body = json.dumps({"id": "thing-1", "n": 1, "text": "x" * 500})
    began = time.perf_counter()
    for _ in range(count):
        connection.execute("INSERT INTO event (body) VALUES (?)", (body,))
    return count / (time.perf_counter() - began)


class Sender:
    """Events of things to one process; ``last`` is the newest number of each thing."""

    def __init__(self, session: aiohttp.ClientSession, url: str, objects: int) -> None:
        self._session = session
        self._url = url
        self._names = [f"thing-{number}" for number in range(objects)]
        self.last: dict[str, int] = {}
        self.waits: list[float] = []

    async def send(self, number: int) -> None:
        """One event; an answer that says to wait is obeyed."""
        name = self._names[number % len(self._names)]
        self.last[name] = number
        body = {"id": name, "n": number, "text": "x" * 500}
        while True:
            began = time.perf_counter()
            async with self._session.post(self._url, json=body, headers={"x-token": "hush"}) as answer:
                await answer.read()
            if answer.status != 429:
                break
            await asyncio.sleep(float(answer.headers.get("retry-after", 1)) * random.uniform(0.5, 1))
        if answer.status >= 300:
            raise SystemExit(f"an event was answered {answer.status}")
        self.waits.append(time.perf_counter() - began)

    async def burst(self, count: int) -> None:
        """As fast as answers come; each thing has one sender, so that its events arrive in order."""

        async def one(start: int) -> None:
            for number in range(start, count, _SENDERS):
                await self.send(number)

        await asyncio.gather(*(one(start) for start in range(_SENDERS)))

    async def steady(self, first: int, count: int, rate: float) -> None:
        """So many a second, whether answers come or not."""
        began = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for number in range(count):
                await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
                tasks.create_task(self.send(first + number))


async def _landed(portal: Served, wanted: dict[str, int]) -> tuple[float, int]:
    """Until each thing has its newest number, or nothing moves any more; how many have an older one."""
    began, moved, before = time.perf_counter(), time.perf_counter(), -1
    while True:
        async with portal.session.get(f"{portal.url}/v1/blueprints/thing/entities") as answer:
            entities: list[dict[str, Any]] = (await answer.json()).get("entities", [])
        found = {each["identifier"]: each["properties"].get("n") for each in entities}
        right = sum(found.get(name) == number for name, number in wanted.items())
        total = sum(number or 0 for number in found.values())
        now = time.perf_counter()
        if total != before:
            before, moved = total, now
        if right == len(wanted) or now - moved > 15 or now - began > _PATIENCE_SECONDS:
            return moved, len(wanted) - right
        await asyncio.sleep(0.1)


def _start(name: str, folder: Path, url: str, port: int) -> subprocess.Popen[bytes]:
    command = {
        "theirs": [str(fetch()), "sail", "."],
        "ours": [sys.executable, "-m", "fairway", "integration", "run", "."],
    }[name]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "OCEAN__PORT__BASE_URL": url,
        "OCEAN__PORT__CLIENT_ID": "bench",
        "OCEAN__PORT__CLIENT_SECRET": SECRET,
        "OCEAN__INTEGRATION__IDENTIFIER": f"measured-{name}",
        "OCEAN__BASE_URL": f"http://127.0.0.1:{port}",
        "OCEAN__EVENT_LISTENER": '{"type": "POLLING"}',
        "OCEAN__STATE_PATH": str(folder / f"{name}.db"),
        "APPLICATION__PORT": str(port),
        "APPLICATION__LOG_LEVEL": "WARNING",
    }
    log = (folder / f"{name}.log").open("ab")
    return subprocess.Popen([*command, "--port", str(port)], cwd=folder / name, env=environment, stdout=log, stderr=log)


async def _ready(session: aiohttp.ClientSession, url: str) -> None:
    for _ in range(300):
        with suppress(aiohttp.ClientError):
            async with session.get(url) as answer:
                if answer.status == 200:
                    return
        await asyncio.sleep(0.1)
    raise SystemExit(f"{url} did not become ready within 30 s")


async def _measure(name: str, folder: Path, events: int, objects: int, rate: float) -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    async with served(folder / f"portal-{name}") as portal:
        process = await asyncio.to_thread(_start, name, folder, portal.url, port)
        try:
            await _ready(portal.session, f"http://127.0.0.1:{port}/health/ready")
            await portal.settled()
            connector = aiohttp.TCPConnector(limit=_SENDERS)
            async with aiohttp.ClientSession(connector=connector) as session:
                address = f"http://127.0.0.1:{port}/integration/changes"
                fast = Sender(session, address, objects)
                began = time.perf_counter()
                await fast.burst(events)
                taken = time.perf_counter() - began
                ended, wrong = await _landed(portal, fast.last)
                calm = Sender(session, address, objects)
                await calm.steady(events, _STEADY, rate)
                _, late = await _landed(portal, calm.last)
        finally:
            process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(process.wait, 60)
    steady = " / ".join(f"{percentile(calm.waits, share) * 1000:.1f}" for share in (0.5, 0.99))
    return f"| {name} | {events / taken:,.0f} | {events / (ended - began):,.0f} | {wrong} | {steady} ms | {late} |"


async def main(events: int, objects: int, rate: float) -> None:
    """Prints one table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder)
        print(f"{events:,} events about {objects} things, port-ocean {OCEAN}")
        print(f"raw rows, each committed: {raw_rows(2000, folder):,.0f}/s\n")
        print(f"| framework | acknowledged/s | landed/s | of things wrong | p50 / p99 at {rate:.0f}/s | wrong |")
        print("|---|---|---|---|---|---|")
        for each in ("theirs", "ours"):
            print(await _measure(each, folder, events, objects, rate), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=4000)
    parser.add_argument("--objects", type=int, default=400)
    parser.add_argument("--rate", type=float, default=200)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.events, arguments.objects, arguments.rate))
