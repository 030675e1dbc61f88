"""Hears the engine's events and passes on those that change something."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fairway.integration.background import BackgroundContext, Gathering
from fairway.integration.http import Lines, ThirdPartyBroken, ThirdPartyUnavailable
from fairway.integrations.docker.client import DockerClient
from fairway.integrations.docker.live import STREAM
from fairway.integrations.docker.source import COMPOSE, SWARM

_WINDOW_SECONDS = 600.0
"""One request; so that a connection that died silently is found."""
_EARLY_SECONDS = 30.0
ACTIONS: Mapping[str, frozenset[str]] = {
    "container": frozenset({
        "create", "start", "restart", "die", "oom", "pause", "unpause", "rename", "update", "destroy", "health_status",
    }),
    "image": frozenset({"pull", "push", "tag", "untag", "delete", "import", "load"}),
    "volume": frozenset({"create", "destroy"}),
    "network": frozenset({"create", "destroy", "update", "remove"}),
    "service": frozenset({"create", "update", "remove"}),
    "node": frozenset({"create", "update", "remove"}),
}  # fmt: skip
"""Others change nothing that is shown."""
_OF_ENGINE = frozenset({"create", "destroy", "start", "die", "delete", "pull", "reload"})
"""The engine counts what it has."""


class Listening:
    """One connection after the other, each from where the one before ended. When one breaks off it raises: the engine
    keeps few events, and none over a restart, so the next start asks for a resync."""

    def __init__(self, context: BackgroundContext) -> None:
        self._context = context
        self._client = DockerClient(context)

    async def run(self) -> None:
        """Until the process stops.

        Raises:
            ThirdPartyError: the connection broke off.
        """
        info, missed = await self._client.info(), True
        engine, since = await self._client.name(), _instant(info.get("SystemTime"))
        async with Gathering(self._context, STREAM) as gathering:
            while not self._context.stopping.is_set():
                began, until = time.monotonic(), since + _WINDOW_SECONDS
                async with self._client.events(
                    since, until, self._context.stopping, _WINDOW_SECONDS + _EARLY_SECONDS
                ) as lines:
                    if missed:
                        missed = False
                        await self._context.resync()
                    await self._hear(lines, gathering, engine)
                early = _WINDOW_SECONDS - (time.monotonic() - began) > _EARLY_SECONDS
                if early and not self._context.stopping.is_set():
                    raise ThirdPartyUnavailable("The engine ended its stream of events")
                since = until

    async def _hear(self, lines: Lines, gathering: Gathering, engine: str) -> None:
        async for event in lines.json():
            for payload in changed(event, engine):
                await gathering.add(f"{payload['kind']}:{payload['id']}", payload)


def changed(event: Mapping[str, Any], engine: str) -> list[dict[str, Any]]:
    """What an event means for the kinds."""
    kind, action = str(event.get("Type") or ""), str(event.get("Action") or "").partition(":")[0]
    actor: Mapping[str, Any] = event.get("Actor") or {}
    attributes: Mapping[str, Any] = actor.get("Attributes") or {}
    found: list[dict[str, Any]] = []
    if actor.get("ID") and action in ACTIONS.get(kind, ()):
        found.append({"kind": kind, "id": actor["ID"], "name": attributes.get("name"), "labels": dict(attributes)})
        stack = attributes.get(COMPOSE) or attributes.get(SWARM)
        if kind == "container" and stack:
            found.append({"kind": "stack", "id": stack})
    if action in _OF_ENGINE and kind in ("container", "image", "daemon"):
        found.append({"kind": "engine", "id": engine})
    return found


def _instant(text: Any) -> float:
    """The engine's clock; nanoseconds are more digits than the parser takes.

    Raises:
        ThirdPartyBroken: it is no instant.
    """
    whole, _, rest = str(text).partition(".")
    zone = rest.lstrip("0123456789") or ("" if whole.endswith("Z") or "+" in whole[10:] else "Z")
    try:
        return datetime.fromisoformat(whole + zone).timestamp()
    except ValueError:
        raise ThirdPartyBroken(f'The engine says that it is "{text}", which is no time') from None
