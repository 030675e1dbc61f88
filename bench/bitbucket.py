"""A Bitbucket Server with so many repositories, whose answers take so long: ``python -m bench.bitbucket 1000 0.005``.

Seventy of a hundred repositories have a ``port.yaml`` in the root. It answers what full passes ask, from bytes that are
made beforehand, so that it takes as little as possible of the machine that it shares with what is measured.
``GET /figures`` tells what was asked since the last time.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import signal
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast
from urllib.parse import parse_qs, urlsplit

import orjson
import uvloop

PROJECTS = 20
_API = r"/rest/api/(?:latest|1\.0)"
_ABSENT = orjson.dumps(
    {"errors": [{"message": "The path does not exist", "exceptionName": "com.atlassian.NoSuchPathException"}]}
)


def has_file(number: int) -> bool:
    """Seven of ten."""
    return number % 10 < 7


def spec_file(number: int) -> str:
    """What a repository says of its service."""
    return (
        f"identifier: service-{number}\n"
        f"title: Service {number}\n"
        "blueprint: service\n"
        "properties:\n"
        f"  language: {('python', 'go', 'java')[number % 3]}\n"
        f"  tier: {number % 4}\n"
        f'  version: "1.{number % 50}"\n'
        f"  url: https://git.example.com/service-{number}\n"
        "  onCall: true\n"
        "  description: Takes orders, checks them, and hands them on to whoever has what was ordered.\n"
        "relations:\n"
        f"  domain: domain-{number % 40}\n"
    )


@dataclass(frozen=True)
class Repository:
    """As the API answers it."""

    document: dict[str, object]
    text: bytes
    root: bytes
    lines: bytes


class Estate:
    """All repositories, and their answers."""

    def __init__(self, count: int) -> None:
        self.asked: Counter[str] = Counter()
        self._all = [self._repository(number, count) for number in range(count)]
        self._by_place = {str(each.document["place"]): each for each in self._all}
        self._by_project: dict[str, list[Repository]] = {}
        for each in self._all:
            self._by_project.setdefault(str(each.document["place"]).partition("/")[0], []).append(each)
        place = _API + r"/projects/(\w+)/repos/([\w-]+)"
        routes: tuple[tuple[str, str, Callable[..., tuple[int, bytes]]], ...] = (
            ("root", place + "/browse", lambda query, *names: (200, self._of(names).root)),
            ("raw", place + "/raw/(.+)", self._raw),
            ("browse", place + "/browse/(.+)", self._lines),
            ("repositories", _API + "/repos", lambda query: (200, self._page(self._all, query))),
            (
                "repositories",
                _API + r"/projects/(\w+)/repos",
                lambda query, key: (200, self._page(self._by_project[key], query)),
            ),
            ("projects", _API + "/projects", self._projects),
        )
        self._routes = [(name, re.compile(pattern), answer) for name, pattern, answer in routes]

    @staticmethod
    def _repository(number: int, count: int) -> Repository:
        key, slug = f"P{number * PROJECTS // count}", f"repo-{number}"
        text = spec_file(number).encode() if has_file(number) else b""
        blob = hashlib.sha1(b"blob %d\0" % len(text) + text, usedforsecurity=False).hexdigest()
        names = {"README.md": "1" * 40, "pom.xml": "2" * 40, **({"port.yaml": blob} if text else {})}
        children = [{"path": {"components": [name]}, "contentId": each, "type": "FILE"} for name, each in names.items()]
        lines = [{"text": line} for line in text.decode().splitlines()]
        page = {"size": len(children), "limit": 1000, "isLastPage": True, "start": 0, "values": children}
        document = {
            "id": number + 1, "slug": slug, "name": slug, "state": "AVAILABLE", "public": False, "archived": False,
            "place": f"{key}/{slug}", "project": {"key": key, "id": 1, "name": key, "type": "NORMAL"},
        }  # fmt: skip
        shown = {"lines": lines, "start": 0, "size": len(lines), "isLastPage": True}
        return Repository(document, text, orjson.dumps({"children": page}), orjson.dumps(shown))

    def answer(self, path: str) -> tuple[int, bytes]:
        """Status and body."""
        parts = urlsplit(path)
        if parts.path == "/figures":
            asked, self.asked = self.asked, Counter()
            return 200, orjson.dumps(asked)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        for name, pattern, found in self._routes:
            if match := pattern.fullmatch(parts.path):
                self.asked[name] += 1
                return found(query, *match.groups())
        self.asked["unknown"] += 1
        return 404, b"{}"

    def _of(self, names: tuple[str, ...]) -> Repository:
        return self._by_place[f"{names[0]}/{names[1]}"]

    def _raw(self, query: dict[str, str], *names: str) -> tuple[int, bytes]:
        found = self._of(names)
        return (200, found.text) if found.text and names[2] == "port.yaml" else (404, _ABSENT)

    def _lines(self, query: dict[str, str], *names: str) -> tuple[int, bytes]:
        found = self._of(names)
        return (200, found.lines) if found.text and names[2] == "port.yaml" else (404, _ABSENT)

    def _projects(self, query: dict[str, str]) -> tuple[int, bytes]:
        rows = [{"key": key, "id": 1, "name": key, "type": "NORMAL"} for key in self._by_project]
        start, limit = int(query.get("start", "0")), int(query.get("limit", "25"))
        return 200, _paged(rows, start, limit)

    @staticmethod
    def _page(rows: list[Repository], query: dict[str, str]) -> bytes:
        start, limit = int(query.get("start", "0")), min(1000, int(query.get("limit", "25")))
        documents: list[dict[str, object]] = [each.document for each in rows]
        return _paged(documents, start, limit)


def _paged(rows: list[dict[str, object]], start: int, limit: int) -> bytes:
    values = rows[start : start + limit]
    last = start + limit >= len(rows)
    following = None if last else start + limit
    return orjson.dumps({"size": len(values), "limit": limit, "start": start, "isLastPage": last,
                         "nextPageStart": following, "values": values})  # fmt: skip


class Connection(asyncio.Protocol):
    """HTTP/1.1 with requests that have no body, one after the other."""

    def __init__(self, estate: Estate, seconds: float) -> None:
        self._estate = estate
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remembers where answers go."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        """Answers every whole request, later."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
            path = head.split(b" ", 2)[1].decode()
            status, body = self._estate.answer(path)
            reason = "OK" if status == 200 else "Not Found"
            start = f"HTTP/1.1 {status} {reason}\r\nX-AUSERNAME: bench\r\nContent-Type: application/json\r\n"
            whole = f"{start}Content-Length: {len(body)}\r\n\r\n".encode() + body
            self._loop.call_later(self._seconds, self._write, whole)

    def _write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)


async def main(count: int, seconds: float) -> None:
    """Prints its port, and serves until SIGTERM."""
    estate = Estate(count)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(estate, seconds), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), float(sys.argv[2])))
