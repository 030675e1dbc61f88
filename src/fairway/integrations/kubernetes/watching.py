"""Watches of everything that is mapped: one for each kind, namespace and selector."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from fairway.integration.background import BackgroundContext, Gathering, pause
from fairway.integration.http import ThirdPartyBroken, ThirdPartyError, ThirdPartyMissing
from fairway.integration.model import RawItem
from fairway.integrations.kubernetes.client import KubernetesClient, Target
from fairway.integrations.kubernetes.kinds import CLUSTER, ObjectKind
from fairway.integrations.kubernetes.live import STREAM
from fairway.integrations.kubernetes.source import targets
from fairway.kit.errors import InvalidRequest

Watched = Mapping[Target, str]
"""The kind of the mapping by target."""
_GONE = 410
_MAPPING_SECONDS = 30.0
"""How often a changed mapping is looked for."""
_BETWEEN_SECONDS = 0.2
"""Between two watches that went well; nothing is missed, as the second begins where the first ended."""
_PAUSES = (1.0, 5.0, 15.0, 60.0)


class Expired(Exception):
    """The API server does not remember what was before."""


class Watches:
    """Follows the mapping; each watch goes on by itself."""

    def __init__(self, context: BackgroundContext) -> None:
        self._context = context
        self._client = KubernetesClient(context)
        self._running: dict[Target, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until the process stops."""
        try:
            while not self._context.stopping.is_set():
                self._adjust(await self._wanted())
                await pause(_MAPPING_SECONDS, self._context.stopping)
            await asyncio.gather(*self._running.values())
        finally:
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _wanted(self) -> Watched:
        found: dict[Target, str] = {}
        for resource in await self._context.resources():
            if resource.kind == CLUSTER:
                continue
            try:
                kind = ObjectKind.of(resource.kind)
            except InvalidRequest:
                continue  # the resync tells
            selector = self._context.integration.selector_of(resource)
            found |= dict.fromkeys(targets(kind, selector), resource.kind)
        whole = {target.kind for target in found if target == Target(target.kind)}
        return {each: kind for each, kind in found.items() if each.kind not in whole or each == Target(each.kind)}

    def _adjust(self, wanted: Watched) -> None:
        """Ends what is wanted no more, begins what is new, and raises what a watch did not expect."""
        for task in self._running.values():
            if task.done():
                task.result()
        for target in self._running.keys() - wanted.keys():
            self._running.pop(target).cancel()
        fresh = {target: kind for target, kind in wanted.items() if target not in self._running}
        for target, kind in fresh.items():
            self._running[target] = asyncio.create_task(_Watch(self._context, self._client, target, kind).run())


class _Watch:
    """One target. ``resync`` is asked for whenever events may have been missed."""

    def __init__(self, context: BackgroundContext, client: KubernetesClient, target: Target, kind: str) -> None:
        self._context = context
        self._client = client
        self._target = target
        self._kind = kind
        self._position: str | None = None
        self._failures = 0

    async def run(self) -> None:
        """Until the process stops; failures are tried again after pauses that grow."""
        stopping = self._context.stopping
        while not stopping.is_set():
            try:
                await self._begin()
                await self._follow()
                self._failures = 0
                await pause(_BETWEEN_SECONDS, stopping)
            except (Expired, ThirdPartyBroken) as error:
                self._context.log.info("watch_expired", kind=self._kind, reason=str(error))
                self._position = None
                await pause(_PAUSES[0] * bool(self._failures), stopping)
                self._failures += 1
            except ThirdPartyError as error:
                self._context.log.warning("watch_failed", kind=self._kind, error=error.message)
                await pause(_PAUSES[min(self._failures, len(_PAUSES) - 1)], stopping)
                self._failures += 1

    async def _begin(self) -> None:
        if self._position is None:
            await self._client.described(self._target.kind)
            self._position = await self._client.position(self._target)
            await self._context.resync([self._kind])

    async def _follow(self) -> None:
        """One connection, until the API server or the process ends it."""
        dressing = await self._client.dressing(self._target.kind)
        try:
            async with (
                Gathering(self._context, STREAM) as gathering,
                self._client.watch(self._target, str(self._position), self._context.stopping) as lines,
            ):
                async for event in lines.json():
                    found = self._heard(event)
                    if found is not None:
                        item = dressing.item(found)
                        name = f"{item['metadata'].get('namespace')}/{item['metadata'].get('name')}"
                        await gathering.add(name, {"kind": self._kind, "object": item})
        except ThirdPartyMissing as error:
            if error.answered != _GONE:
                raise
            raise Expired(error.message) from None

    def _heard(self, event: Mapping[str, Any]) -> RawItem | None:
        """The object that changed; none for a bookmark.

        Raises:
            Expired: the API server cannot go on from where we are.
        """
        kind, found = event.get("type"), event.get("object")
        if not isinstance(found, dict):
            raise Expired(f"an event without an object: {kind}")
        if kind == "ERROR":
            raise Expired(f"{found.get('code')} {found.get('reason')}: {found.get('message')}")
        metadata = found.get("metadata") or {}
        self._position = str(metadata.get("resourceVersion") or self._position)
        self._failures = 0
        return found if kind in ("ADDED", "MODIFIED", "DELETED") else None
