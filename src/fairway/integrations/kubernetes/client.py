"""The API server: listings that are whole, single objects, and watches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fairway.integration.caching import Cache, cached
from fairway.integration.definition import Context
from fairway.integration.http import Lines, ThirdPartyBroken, ThirdPartyMissing, ThirdPartyUnavailable
from fairway.integration.model import RawItem, Trigger
from fairway.integrations.kubernetes.credentials import access_of
from fairway.integrations.kubernetes.items import Dressing
from fairway.integrations.kubernetes.kinds import ObjectKind
from fairway.kit.pacing import Lane

_LENGTHS: tuple[int | None, ...] = (500, 5000, None)
"""Objects of a page. Continuation tokens live for some minutes only: when one has ended the listing starts again with
longer pages, at last with one."""
WATCH_SECONDS = 290
_SILENCE_SECONDS = WATCH_SECONDS + 40.0
_METADATA = "application/json;as=PartialObjectMetadata{list};g=meta.k8s.io;v=v1"
_GONE = 410


@dataclass(frozen=True, slots=True)
class Target:
    """What is listed or watched. Without ``namespace``: all."""

    kind: ObjectKind
    namespace: str | None = None
    labels: str | None = None
    fields: str | None = None

    @property
    def params(self) -> dict[str, str]:
        """For the API server."""
        given = {"labelSelector": self.labels, "fieldSelector": self.fields}
        return {name: value for name, value in given.items() if value}

    def named(self, name: str) -> Target:
        """The same of one object only."""
        fields = f"metadata.name={name}"
        return Target(self.kind, self.namespace, self.labels, f"{fields},{self.fields}" if self.fields else fields)


class KubernetesClient:
    """The cluster of a context's settings."""

    def __init__(self, context: Context) -> None:
        access = access_of(context.config)
        lane: Lane | None = "event" if context.trigger is Trigger.LIVE else None
        self.http = access.open(context.http, lane)
        self.cluster = context.config.cluster_name or access.name or "kubernetes"
        self._cache = context.cache
        self._log = context.log

    @property
    def cache(self) -> Cache:
        """Where :func:`cached` keeps results."""
        return self._cache

    async def version(self) -> RawItem:
        """Of the API server."""
        found: RawItem = await self.http.get_json("/version")
        return found

    @cached()
    async def resources(self, root: str) -> Any:
        """What the API server serves at the path of a group and version; nothing when it does not know it."""
        answer = await self.http.send("GET", root)
        return [] if answer.status == 404 else (answer.require_ok().json.get("resources") or [])

    async def described(self, kind: ObjectKind) -> Mapping[str, Any]:
        """The API server's description of a kind.

        Raises:
            ThirdPartyMissing: it serves no such kind.
        """
        for each in await self.resources(kind.root):
            if each.get("name") == kind.resource:
                found: Mapping[str, Any] = each
                return found
        raise ThirdPartyMissing(
            f'The cluster "{self.cluster}" has no "{kind.resource}" of "{kind.api_version}": the resource definition is'
            " not installed, or the version is not served",
            answered=404,
        )

    async def dressing(self, kind: ObjectKind) -> Dressing:
        """How objects of a listing are completed."""
        described = await self.described(kind)
        return Dressing(self.cluster, kind.api_version, str(described.get("kind") or ""))

    async def pages(self, target: Target) -> AsyncIterator[list[RawItem]]:
        """The whole listing, as of one moment.

        Raises:
            ThirdPartyError: it could not be read to its end.
        """
        dressing = await self.dressing(target.kind)
        for length in _LENGTHS:
            try:
                async for document in self._documents(target, length):
                    if items := document.get("items"):
                        yield [dressing.item(each) for each in items]
            except ThirdPartyMissing as error:
                if error.answered != _GONE:
                    raise
                self._log.info("listing_expired", path=target.kind.path(target.namespace), length=length)
            else:
                return
        raise ThirdPartyUnavailable(f'The listing "{target.kind.path(target.namespace)}" expires even when it is whole')

    async def _documents(self, target: Target, length: int | None) -> AsyncIterator[Mapping[str, Any]]:
        url = target.kind.path(target.namespace)
        params: dict[str, Any] = {**target.params, **({} if length is None else {"limit": length})}
        headers = _accepting(target.kind, of_list=True)
        seen: set[str] = set()
        while True:
            document = await self.http.get_json(url, params=params, headers=headers)
            if not isinstance(document, dict) or not isinstance(document.get("items") or [], list):
                raise ThirdPartyBroken(f'GET "{url}": a list of objects is expected')
            yield document
            mark = (document.get("metadata") or {}).get("continue")
            if not mark:
                return
            if mark in seen:
                raise ThirdPartyBroken(f'GET "{url}": the listing does not end, its continuation comes again')
            seen.add(mark)
            params["continue"] = mark

    async def one(self, target: Target, name: str) -> RawItem | None:
        """The object of a name, if the target has it now."""
        dressing = await self.dressing(target.kind)
        async for document in self._documents(target.named(name), None):
            for each in document.get("items") or ():
                if (each.get("metadata") or {}).get("name") == name:
                    return dressing.item(each)
        return None

    async def position(self, target: Target) -> str:
        """Where a watch begins that hears of everything from now on."""
        params: dict[str, Any] = {**target.params, "limit": 1}
        headers = _accepting(target.kind, of_list=True)
        document = await self.http.get_json(target.kind.path(target.namespace), params=params, headers=headers)
        found = (document.get("metadata") or {}).get("resourceVersion")
        if not found:
            raise ThirdPartyBroken(f'GET "{target.kind.path(target.namespace)}": the listing has no resourceVersion')
        return str(found)

    @asynccontextmanager
    async def watch(self, target: Target, position: str, stopping: asyncio.Event) -> AsyncIterator[Lines]:
        """Changes since ``position``, one on each line; it ends after some minutes."""
        params = {
            **target.params, "watch": "true", "allowWatchBookmarks": "true", "resourceVersion": position,
            "timeoutSeconds": str(WATCH_SECONDS),
        }  # fmt: skip
        async with self.http.lines(
            target.kind.path(target.namespace), params=params, headers=_accepting(target.kind, of_list=False),
            silence_seconds=_SILENCE_SECONDS, stopping=stopping,
        ) as lines:  # fmt: skip
            yield lines


def _accepting(kind: ObjectKind, *, of_list: bool) -> Mapping[str, str] | None:
    """Of secrets only the metadata are asked for, so that their contents do not leave the API server."""
    return {"accept": _METADATA.format(list="List" if of_list else "")} if kind.secret else None
