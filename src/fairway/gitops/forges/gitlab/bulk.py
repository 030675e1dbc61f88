"""Tips, and spec files in the root, of many projects in one GraphQL query. Section 4.3 of the contract.

What a listing found out this way is kept for a short while, until the projects are looked at one by one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fairway.gitops.forges.errors import ForgeBroken, ForgeUnavailable, NotPermitted
from fairway.gitops.forges.http import ForgeHttp, How
from fairway.gitops.forges.login_judge import never_refused
from fairway.gitops.forges.requests import SPEC_BYTES, json_content
from fairway.gitops.forges.versions import blob_id
from fairway.gitops.model import SPEC_NAMES, Repository
from fairway.kit.clock import Clock

_PATH = "/api/graphql"
_HOW = How(lane="pass", repeatable=True, resource="graphql", judge=never_refused)
_MOST_BYTES = 32 * 1024 * 1024
_MOST = 20_000
_FRESH = timedelta(minutes=10)
_GLOBAL = "gid://gitlab/Project/"
_QUERY = """query($ids: [ID!], $first: Int!, $paths: [String!]!) {
  projects(ids: $ids, first: $first) {
    nodes { id repository { rootRef tree { lastCommit { sha } } %s } }
  }
}"""
_BLOBS = "blobs(paths: $paths) { nodes { path oid rawTextBlob } }"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a bulk query said about a project. ``files`` is None when it did not ask for them; an empty ``commit`` is a
    project without commits."""

    branch: str
    commit: str
    names: tuple[str, ...]
    files: Mapping[str, tuple[str, bytes | None]] | None
    """Path to blob id and content; None where the query's text is not exact."""
    at: datetime

    @property
    def size(self) -> int:
        """Bytes of content."""
        return sum(len(content or b"") for _, content in (self.files or {}).values())


class Bulk:
    """Bulk queries to one server; they stop for good when it does not understand them."""

    def __init__(self, http: ForgeHttp, clock: Clock, page: int = 50) -> None:
        self._http = http
        self._clock = clock
        self._page = page
        self._works = True
        self._kept: OrderedDict[str, Prepared] = OrderedDict()
        self._bytes = 0
        self.names: tuple[str, ...] = SPEC_NAMES
        """Files in the root that are asked for, too; none when spec files may be anywhere."""

    async def prepare(self, repositories: Sequence[Repository]) -> None:
        """Asks about those that have commits."""
        waiting = [each.id for each in repositories if each.default_branch is not None]
        while waiting and self._works:
            some = waiting[: self._page]
            document = await self._ask(some)
            if document is None:
                continue
            for node in document:
                self._keep(node)
            waiting = waiting[len(some) :]

    def take(self, repository: Repository) -> Prepared | None:
        """What is known and still fresh; once."""
        found = self._kept.pop(repository.id, None)
        if found is None:
            return None
        self._bytes -= found.size
        return found if self._clock.now() - found.at < _FRESH else None

    async def _ask(self, ids: Sequence[str]) -> list[Any] | None:
        """None: ask again, for fewer."""
        query = _QUERY % (_BLOBS if self.names else "")
        variables: dict[str, Any] = {"ids": [_GLOBAL + each for each in ids], "first": len(ids)}
        if self.names:
            variables["paths"] = list(self.names)
        else:
            query = query.replace(", $paths: [String!]!", "")
        content = json_content({"query": query, "variables": variables})
        try:
            answer = await self._http.send("POST", _PATH, content=content, how=_HOW)
            document = answer.json if answer.ok else None
        except (NotPermitted, ForgeUnavailable, ForgeBroken):
            document = None
        if isinstance(document, dict) and not document.get("errors"):
            nodes = ((document.get("data") or {}).get("projects") or {}).get("nodes")
            if isinstance(nodes, list):
                return nodes
        elif isinstance(document, dict) and "complexity" in str(document["errors"]) and self._page > 1:
            self._page = max(1, min(self._page, len(ids)) // 2)
            return None
        self._works = False
        return None

    def _keep(self, node: Any) -> None:
        try:
            number = str(node["id"]).removeprefix(_GLOBAL)
            repository = node.get("repository") or {}
            branch = repository.get("rootRef") or ""
            commit = ((repository.get("tree") or {}).get("lastCommit") or {}).get("sha") or ""
            blobs = (repository.get("blobs") or {}).get("nodes") or [] if self.names else None
            files = None if blobs is None else {each["path"]: _exact(each) for each in blobs}
        except (KeyError, TypeError, AttributeError):
            return
        if not branch or not commit:
            return
        found = Prepared(branch, commit, self.names, files, self._clock.now())
        self._kept[number] = found
        self._bytes += found.size
        while self._bytes > _MOST_BYTES or len(self._kept) > _MOST:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.size


def _exact(blob: Mapping[str, Any]) -> tuple[str, bytes | None]:
    """The content when it is byte for byte what git has: text in JSON replaces what is no text."""
    oid, text = str(blob["oid"]), blob.get("rawTextBlob")
    content = text.encode(errors="replace") if isinstance(text, str) else None
    if content is not None and (blob_id(content) != oid or len(content) > SPEC_BYTES):
        content = None
    return oid, content
