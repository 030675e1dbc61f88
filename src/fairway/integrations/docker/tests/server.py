"""An engine on a unix socket: lists with the engine's filters, a swarm or none, and a stream of events."""

from __future__ import annotations

import asyncio
import copy
import json
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fairway.integration.testing import Asked, FakeThirdParty, Reply

EXAMPLES = Path(__file__).parents[1] / "examples"
VERSION = "/v1.47"


def example(kind: str) -> list[dict[str, Any]]:
    """Raw items without what the integration adds."""
    listed = json.loads((EXAMPLES / f"{kind}.json").read_text())
    return [{name: value for name, value in each.items() if not name.startswith("__")} for each in listed]


class Engine(FakeThirdParty):
    """``objects`` by kind are what it has; :meth:`happen` tells whoever listens."""

    def __init__(self, unix: Path | None = None, *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(unix=unix, tls=tls)
        kinds = ("container", "image", "volume", "network", "service", "node")
        self.objects = {kind: example(kind) for kind in kinds}
        self.objects["service"][0]["Spec"]["TaskTemplate"]["ContainerSpec"]["Env"] = ["SMTP_PASSWORD=hush"]
        self.info = example("engine")[0]
        self.api_version = "1.51"
        self.warnings: list[str] | None = None
        self.listeners: list[asyncio.Queue[bytes]] = []
        self.route("GET", "/version", self._version)
        self.route("GET", f"{VERSION}/info", self._info)
        self.route("GET", f"{VERSION}/containers/json", lambda asked: self._list(asked, "container"))
        self.route("GET", f"{VERSION}/images/json", lambda asked: self._list(asked, "image"))
        self.route("GET", f"{VERSION}/networks", lambda asked: self._list(asked, "network"))
        self.route("GET", f"{VERSION}/volumes", self._volumes)
        self.route("GET", f"{VERSION}/services", lambda asked: self._swarm(asked, "service"))
        self.route("GET", f"{VERSION}/nodes", lambda asked: self._swarm(asked, "node"))
        self.route("GET", f"{VERSION}/events", self._events)
        for each in self.objects["container"]:
            self.on("GET", f"{VERSION}/containers/{each['Id']}/json", self.details(each))

    def swarm(self, state: str, *, manager: bool) -> None:
        """Joins one."""
        self.info["Swarm"] = {"LocalNodeState": state, "ControlAvailable": manager, "Error": ""}

    def details(self, container: Mapping[str, Any]) -> dict[str, Any]:
        """As ``inspect`` shows it."""
        return {"Id": container["Id"], "Config": {"Env": ["PASSWORD=hush", "PATH=/bin"], "Image": "x"}}

    def happen(self, kind: str, action: str, identifier: str, **attributes: str) -> None:
        """An event."""
        actor = {"ID": identifier, "Attributes": attributes}
        line = {"Type": kind, "Action": action, "Actor": actor, "scope": "local", "time": int(time.time())}
        for queue in self.listeners:
            queue.put_nowait(json.dumps(line).encode() + b"\n")

    def end_streams(self) -> None:
        """As when the engine is restarted."""
        for queue in self.listeners:
            queue.put_nowait(b"")

    def _version(self, _: Asked) -> Reply:
        return Reply(
            {**json.loads((EXAMPLES / "engine.json").read_text())[0]["__version"], "ApiVersion": self.api_version}
        )

    def _info(self, _: Asked) -> Reply:
        return Reply({**self.info, "SystemTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f789Z")})

    def _list(self, asked: Asked, kind: str) -> Reply:
        filters = json.loads(asked.query.get("filters", "{}"))
        found = [copy.deepcopy(each) for each in self.objects[kind] if _fits(kind, each, filters)]
        if kind == "container" and asked.query.get("all") != "true":
            found = [each for each in found if each["State"] == "running"]
        return Reply(found)

    def _volumes(self, asked: Asked) -> Reply:
        found: Any = self._list(asked, "volume").json
        return Reply({"Volumes": found or None, "Warnings": self.warnings})

    def _swarm(self, asked: Asked, kind: str) -> Reply:
        if not self.info["Swarm"].get("ControlAvailable"):
            return Reply({"message": "This node is not a swarm manager."}, 503)
        return self._list(asked, kind)

    def _events(self, _: Asked) -> Reply:
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self.listeners.append(queue)

        async def lines() -> AsyncIterator[bytes]:
            try:
                while line := await queue.get():
                    yield line
            finally:
                self.listeners.remove(queue)

        return Reply(stream=lines())


def _fits(kind: str, item: Mapping[str, Any], filters: Mapping[str, list[str]]) -> bool:
    labels = (item.get("Spec") or item).get("Labels") or {}
    name = str(item.get("Name"))
    held: dict[str, Any] = {
        "id": lambda value: str(item.get("Id") or item.get("ID")).startswith(value),
        "name": lambda value: value in name,
        "status": lambda value: item.get("State") == value,
        "label": lambda value: (
            labels.get(value.partition("=")[0]) == value.partition("=")[2] if "=" in value else value in labels
        ),
        "dangling": lambda value: bool(item.get("RepoTags")) == (value == "false"),
        "reference": lambda value: any(str(tag).startswith(value.rstrip("*")) for tag in item.get("RepoTags") or ()),
    }
    match = {key: [held[key](value) for value in values] for key, values in filters.items()}
    return all(all(found) if key == "label" else any(found) for key, found in match.items())
