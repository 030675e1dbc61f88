"""An API server: listings with continuation tokens that end, selectors, discovery, metadata only, and watches that
begin where they are told to."""

from __future__ import annotations

import asyncio
import copy
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from fairway.integration.testing import Asked, FakeThirdParty, Reply

TOKEN = "the token of the service account"
EXAMPLES = Path(__file__).parents[1] / "examples"
RESOURCES = {
    "v1": {"namespaces": "Namespace", "nodes": "Node", "pods": "Pod", "services": "Service", "secrets": "Secret"},
    "apps/v1": {"deployments": "Deployment", "statefulsets": "StatefulSet", "daemonsets": "DaemonSet"},
    "networking.k8s.io/v1": {"ingresses": "Ingress"},
    "stable.example.com/v1": {"crontabs": "CronTab"},
}
CLUSTER_WIDE = ("namespaces", "nodes")


def failure(code: int, reason: str, message: str = "") -> Reply:
    """A ``Status``."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message}
    return Reply({**body, "code": code}, code)


class ApiServer(FakeThirdParty):
    """``objects`` are by kind of the mapping; use :meth:`put` and :meth:`remove` for watches to hear of it."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls=tls)
        self.token: str | None = TOKEN
        self.version = 4000
        self.objects: dict[str, dict[tuple[str | None, str], dict[str, Any]]] = {}
        self.expire_after = -1
        """Continuations that are good before one has ended; -1: all."""
        self.expire_watch = False
        """The next watch is told that its position is too old."""
        self.broken_page = False
        self.forbidden: set[str] = set()
        self._watchers: list[_Watcher] = []
        self._history: list[_Event] = []
        self.route("GET", "/version", self._version)
        for api, resources in RESOURCES.items():
            root = f"/api/{api}" if api == "v1" else f"/apis/{api}"
            self.route("GET", root, partial(self._discovery, api))
            for name in resources:
                kind = f"{api}/{name}"
                self.objects[kind] = {}
                self.route("GET", f"{root}/{name}", partial(self._list, kind, None))
                for space in ("shop", "billing", "kube-system", "empty"):
                    path = f"{root}/namespaces/{space}/{name}"
                    self.route("GET", path, partial(self._list, kind, space))

    def fill(self) -> None:
        """The examples."""
        for kind in self.objects:
            path = EXAMPLES / f"{kind}.json"
            for item in json.loads(path.read_text()) if path.is_file() else ():
                self.put(kind, {name: value for name, value in item.items() if not name.startswith("__")})

    def put(self, kind: str, item: Mapping[str, Any]) -> None:
        """Creates or changes an object."""
        self.version += 1
        made = copy.deepcopy(dict(item))
        made["metadata"]["resourceVersion"] = str(self.version)
        made["metadata"]["managedFields"] = [{"manager": "kubectl", "operation": "Update"}]
        key = (made["metadata"].get("namespace"), made["metadata"]["name"])
        known = key in self.objects[kind]
        self.objects[kind][key] = made
        self._tell(kind, "MODIFIED" if known else "ADDED", made)

    def remove(self, kind: str, name: str, namespace: str | None = "shop") -> None:
        """Deletes one."""
        self.version += 1
        made = self.objects[kind].pop((namespace, name))
        made["metadata"]["resourceVersion"] = str(self.version)
        self._tell(kind, "DELETED", made)

    def say(self, kind: str, event: str, item: Mapping[str, Any]) -> None:
        """An event to every watch of a kind."""
        for watcher in self._watchers:
            if watcher.kind == kind:
                watcher.lines.put_nowait(json.dumps({"type": event, "object": item}).encode() + b"\n")

    def end_watches(self) -> None:
        """As at the end of their time."""
        for watcher in self._watchers:
            watcher.lines.put_nowait(b"")

    @property
    def watched(self) -> list[str]:
        """Kinds of the watches that are open."""
        return sorted(watcher.kind for watcher in self._watchers)

    def _tell(self, kind: str, name: str, item: dict[str, Any]) -> None:
        event = _Event(self.version, kind, name, item)
        self._history.append(event)
        for watcher in self._watchers:
            watcher.hear(event)

    def _refusal(self, asked: Asked) -> Reply | None:
        if self.token is not None and asked.headers.get("authorization") != f"Bearer {self.token}":
            return failure(401, "Unauthorized", "Unauthorized")
        return None

    def _version(self, asked: Asked) -> Reply:
        return self._refusal(asked) or Reply(json.loads((EXAMPLES / "cluster.json").read_text())[0]["version"])

    def _discovery(self, api: str, asked: Asked) -> Reply:
        listed = [
            {"name": name, "kind": kind, "namespaced": name not in CLUSTER_WIDE, "verbs": ["get", "list", "watch"]}
            for name, kind in RESOURCES[api].items()
        ]
        return self._refusal(asked) or Reply({"kind": "APIResourceList", "groupVersion": api, "resources": listed})

    async def _list(self, kind: str, namespace: str | None, asked: Asked) -> Reply:
        refusal = self._refusal(asked)
        if refusal is not None:
            return refusal
        if kind in self.forbidden:
            return failure(403, "Forbidden", f"cannot list {kind}")
        if asked.query.get("watch") == "true":
            return self._watch(asked, kind, namespace)
        start = int(asked.query.get("continue", "0"))
        if start and self.broken_page:
            return failure(400, "BadRequest", "the page is broken")
        if start and self.expire_after == 0:
            self.expire_after = -1
            return failure(410, "Expired", "The provided continue parameter is too old")
        if start and self.expire_after > 0:
            self.expire_after -= 1
        fitting = [
            each for (space, _), each in sorted(self.objects[kind].items(), key=str)
            if namespace in (None, space) and _fits(asked, each)
        ]  # fmt: skip
        limit = int(asked.query.get("limit", "0")) or len(fitting) or 1
        limit = 2 if limit == 500 else limit  # a server may give fewer
        more = {"continue": str(start + limit)} if start + limit < len(fitting) else {}
        items = [_shown(asked, kind, each, of_list=True) for each in fitting[start : start + limit]]
        return Reply({"kind": "List", "metadata": {"resourceVersion": str(self.version), **more}, "items": items})

    def _watch(self, asked: Asked, kind: str, namespace: str | None) -> Reply:
        if self.expire_watch:
            self.expire_watch = False
            return failure(410, "Expired", "too old resource version")
        watcher = _Watcher(asked, kind, namespace)
        for event in self._history:
            if event.version > int(asked.query["resourceVersion"]):
                watcher.hear(event)
        bookmark = {"kind": "x", "metadata": {"resourceVersion": str(self.version)}}
        watcher.lines.put_nowait(json.dumps({"type": "BOOKMARK", "object": bookmark}).encode() + b"\n")
        self._watchers.append(watcher)

        async def lines() -> AsyncIterator[bytes]:
            try:
                while line := await watcher.lines.get():
                    yield line
            finally:
                self._watchers.remove(watcher)

        return Reply(stream=lines())


@dataclass(frozen=True)
class _Event:
    version: int
    kind: str
    name: str
    item: dict[str, Any]


@dataclass(eq=False)
class _Watcher:
    asked: Asked
    kind: str
    namespace: str | None
    lines: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)

    def hear(self, event: _Event) -> None:
        """Sends the event when it is of what is watched."""
        inside = self.namespace in (None, event.item["metadata"].get("namespace"))
        if event.kind == self.kind and inside and _fits(self.asked, event.item):
            line = {"type": event.name, "object": _shown(self.asked, self.kind, event.item, of_list=False)}
            self.lines.put_nowait(json.dumps(line).encode() + b"\n")


def _fits(asked: Asked, item: Mapping[str, Any]) -> bool:
    labels = item["metadata"].get("labels") or {}
    for part in filter(None, asked.query.get("labelSelector", "").split(",")):
        name, _, value = part.partition("=")
        if labels.get(name) != value:
            return False
    for part in filter(None, asked.query.get("fieldSelector", "").split(",")):
        name, _, value = part.partition("=")
        found: Any = item
        for step in name.split("."):
            found = (found or {}).get(step)
        if found != value:
            return False
    return True


def _shown(asked: Asked, kind: str, item: Mapping[str, Any], *, of_list: bool) -> dict[str, Any]:
    wanted = asked.headers.get("accept", "")
    if "as=PartialObjectMetadata" in wanted:
        return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": item["metadata"]}
    hidden = ("kind", "apiVersion") if of_list else ()
    return {name: value for name, value in item.items() if name not in hidden}
