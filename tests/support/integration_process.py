"""``fairway integration run`` as a process, between a portal and a third party that are processes and sockets too."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.integration_folders import write
from support.live import LivePortal

Make = Callable[..., "IntegrationProcess"]
"""Makes a process; keyword arguments are its variables."""
_SECONDS = 30
TOKEN = "a control token of the test"
HOOK = "hush"
FETCHING = """
from fairway.integration.definition import Integration
from fairway.integration.live import Processor, WebhookEventRawResults

integration = Integration("shop")


@integration.on_resync("item")
async def items(context):
    async for page in context.http.view(context.config.api_url).pages("/items"):
        yield page
"""
_MAIN = f"""{FETCHING}

class Changed(Processor):
    async def authenticate(self, payload, headers):
        return headers.get("x-token") == "hush"

    def ordering_key(self, event):
        return str(event.payload["id"])

    async def get_matching_kinds(self, event):
        return ["item"]

    async def handle_event(self, payload, resource):
        if payload.get("gone"):
            return WebhookEventRawResults(deleted_raw_results=[payload])
        item = await self.context.http.view(self.context.config.api_url).get_json(f"/items/{{payload['id']}}")
        return WebhookEventRawResults(updated_raw_results=[item])


integration.webhook("changes", Changed)
"""
_SPEC = {
    "title": "Shop",
    "features": [{"type": "exporter", "section": "x", "resources": [{"kind": "item"}]}],
    "configurations": [{"name": "apiUrl", "type": "url", "required": True}],
}
_BLUEPRINT = {
    "identifier": "item", "title": "Item", "schema": {"properties": {"size": {"type": "number"}}, "required": []},
}  # fmt: skip
_MAPPINGS = {"identifier": ".id", "blueprint": '"item"', "title": ".id", "properties": {"size": ".size"}}
_MAPPING = {
    "resources": [{"kind": "item", "selector": {"query": ".hidden | not"}, "port": {"entity": {"mappings": _MAPPINGS}}}]
}


def write_shop(folder: Path) -> Path:
    """An integration with one kind and live events."""
    return write(
        folder,
        **{
            "main.py": _MAIN,
            "pyproject.toml": '[project]\nname = "shop"\nversion = "1.0.0"\n',
            ".port/spec.yaml": json.dumps(_SPEC),
            ".port/resources/blueprints.json": json.dumps([_BLUEPRINT]),
            ".port/resources/port-app-config.yml": json.dumps(_MAPPING),
        },
    )


class IntegrationProcess:
    """To be started, stopped and killed; its output is what it printed so far, as JSON lines."""

    def __init__(self, folder: Path, portal: LivePortal, api_url: str, **environment: str) -> None:
        assert portal.settings.client_secret is not None
        self._folder = folder
        self._environment = {
            "PATH": os.environ["PATH"],
            "OCEAN__PORT__BASE_URL": portal.url,
            "OCEAN__PORT__CLIENT_ID": portal.settings.client_id,
            "OCEAN__PORT__CLIENT_SECRET": portal.settings.client_secret.get_secret_value(),
            "OCEAN__INTEGRATION__IDENTIFIER": "shop",
            "OCEAN__INTEGRATION__CONFIG__API_URL": api_url,
            "OCEAN__BASE_URL": "http://shop.example.com",
            "OCEAN__CONTROL_TOKEN": TOKEN,
            "OCEAN__EVENT_LISTENER__INTERVAL": "0.2",
            "APPLICATION__HOST": "127.0.0.1",
            **environment,
        }
        self.records: list[dict[str, Any]] = []
        self.url = ""
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    async def start(self, *arguments: str) -> None:
        """Returns at once; see :meth:`until`."""
        command = ["-m", "fairway", "integration", "run", str(self._folder), "--port", "0", *arguments]
        self.records.clear()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, *command, env=self._environment, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        self._reading = asyncio.create_task(self._read(self._process))

    async def events(self, *arguments: str) -> list[dict[str, Any]]:
        """What ``fairway integration events`` prints."""
        return await self.command("events", str(self._folder), *arguments)

    async def command(self, *arguments: str, code: int = 0) -> list[dict[str, Any]]:
        """What a command of ``fairway integration`` prints; it has to end with ``code``."""
        command = ["-m", "fairway", "integration", *arguments]
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, env=self._environment, stdout=asyncio.subprocess.PIPE
        )
        printed, _ = await process.communicate()
        assert process.returncode == code, printed
        return [json.loads(line) for line in printed.splitlines()]

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            try:
                record = json.loads(line)
            except ValueError:
                record = {"event": "text", "text": line.decode()}
            if record.get("event") == "listening":
                self.url = f"http://127.0.0.1:{record['port']}"
            self.records.append(record)

    async def until(self, event: str, count: int = 1) -> dict[str, Any]:
        """The ``count``-th record of an event, as soon as it is there."""
        async with asyncio.timeout(_SECONDS):
            while True:
                found = [each for each in self.records if each.get("event") == event]
                if len(found) >= count:
                    return found[count - 1]
                assert self._reading is not None
                assert not self._reading.done(), self.records
                await asyncio.sleep(0.02)

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Sends the signal and waits; the exit code."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        return await self.code()

    async def code(self) -> int:
        """Waits for the end of its own accord."""
        assert self._process is not None
        assert self._reading is not None
        async with asyncio.timeout(_SECONDS):
            await self._reading
            return await self._process.wait()


def sizes(portal: LivePortal) -> dict[str, Any]:
    """Entities of the shop."""
    with portal.login() as client:
        found = client.get("/v1/blueprints/item/entities").json().get("entities", [])
    return {each["identifier"]: each["properties"].get("size") for each in found}


async def until_sizes(portal: LivePortal, wanted: dict[str, Any]) -> None:
    """Waits for them."""
    found: dict[str, Any] = {}
    for _ in range(200):
        found = await asyncio.to_thread(sizes, portal)
        if found == wanted:
            return
        await asyncio.sleep(0.05)
    assert found == wanted
