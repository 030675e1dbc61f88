"""One query for a hundred repositories: default branch, tip, and root files with their contents. Section 4.2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairway.gitops.forges.errors import ForgeBroken, ForgeUnavailable
from fairway.gitops.forges.github.answers import error_types, judge_graphql
from fairway.gitops.forges.http import ForgeHttp, How
from fairway.gitops.forges.requests import SPEC_BYTES, json_content
from fairway.gitops.forges.versions import blob_id
from fairway.gitops.model import Repository

_HOW = How(lane="pass", resource="graphql", repeatable=True, judge=judge_graphql, max_bytes=64 * 1024 * 1024)
_REPOSITORY = """
id databaseId nameWithOwner url isArchived isFork isMirror isDisabled visibility
owner { __typename login }
repositoryTopics(first: 20) { nodes { topic { name } } }
defaultBranchRef { name target { oid } }
"""
_BLOB = "object(expression: %s) { ... on Blob { oid byteSize isTruncated text } }"


@dataclass(frozen=True, slots=True)
class Blob:
    """A root file as the query had it; ``content`` is None when it came cut, or not as the bytes that git has."""

    oid: str
    size: int
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A repository as the query had it. ``names`` were looked for; those that exist are in ``files``."""

    tip: str | None
    names: tuple[str, ...]
    files: Mapping[str, Blob]

    @property
    def weight(self) -> int:
        """Bytes that it holds, roughly."""
        return 500 + sum(len(each.content or b"") for each in self.files.values())


class QueryFailed(ForgeBroken):
    """The query was not answered; a smaller one may be."""


class GraphQL:
    """Queries of one GitHub; ``url`` is absolute."""

    def __init__(self, http: ForgeHttp, url: str) -> None:
        self._http = http
        self._url = url

    async def organisation(
        self, login: str, cursor: str | None, size: int, names: Sequence[str]
    ) -> Mapping[str, Any] | None:
        """A page of an organisation's repositories; None when there is no organisation of that name."""
        query = (
            "query($login: String!, $cursor: String, $size: Int!) { organization(login: $login) { "
            "repositories(first: $size, after: $cursor, orderBy: {field: CREATED_AT, direction: ASC}) { "
            f"pageInfo {{ hasNextPage endCursor }} nodes {{ {_fields(names)} }} }} }} }}"
        )
        body = await self._ask(query, {"login": login, "cursor": cursor, "size": size})
        found = body["data"].get("organization")
        if found is None:
            if "NOT_FOUND" in error_types(body):
                return None
            raise QueryFailed(f'The query for repositories of "{login}" was answered without them: {_errors(body)}')
        page: Mapping[str, Any] = found["repositories"]
        return page

    async def nodes(self, ids: Sequence[str], names: Sequence[str]) -> Sequence[Any]:
        """Repositories by their node ids; None for those that cannot be seen."""
        query = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Repository {{ {_fields(names)} }} }} }}"
        found = (await self._ask(query, {"ids": list(ids)}))["data"].get("nodes")
        if not isinstance(found, list):
            raise QueryFailed("The query for repositories by their ids was answered without them")
        return found

    async def _ask(self, query: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        content = json_content({"query": query, "variables": variables})
        try:
            answer = await self._http.send("POST", self._url, content=content, how=_HOW)
        except ForgeUnavailable as error:
            raise QueryFailed(error.message) from error  # a query that takes too long is answered 502 each time
        if not answer.ok or answer.truncated:
            raise QueryFailed(f"The query was answered {answer.status}")
        body = answer.json
        if not isinstance(body, dict) or not isinstance(body.get("data"), dict):
            raise QueryFailed(f"The query was answered without data: {_errors(body)}")
        return body


def _fields(names: Sequence[str]) -> str:
    blobs = [f"f{number}: {_BLOB % _quoted('HEAD:' + name)}" for number, name in enumerate(names)]
    return _REPOSITORY + "\n".join(blobs)


def _quoted(text: str) -> str:
    """A GraphQL string; its escapes are those of JSON."""
    return json_content(text).data.decode()


def _errors(body: Any) -> str:
    errors = body.get("errors") if isinstance(body, dict) else None
    messages = (
        [str(each.get("message")) for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    )
    return "; ".join(messages)[:300] or "no reason given"


def repository_of(node: Mapping[str, Any]) -> Repository:
    """A repository from a node.

    Raises:
        ForgeBroken: it lacks something.
    """
    try:
        owner, _, name = str(node["nameWithOwner"]).partition("/")
        branch = node.get("defaultBranchRef")
        topics = (node.get("repositoryTopics") or {}).get("nodes") or ()
        return Repository(
            id=str(int(node["databaseId"])),
            label=f"{owner}/{name}",
            url=str(node.get("url") or ""),
            default_branch=None if branch is None else str(branch["name"]),
            archived=bool(node.get("isArchived")),
            fork=bool(node.get("isFork")),
            mirror=bool(node.get("isMirror")),
            disabled=bool(node.get("isDisabled")),
            personal=(node.get("owner") or {}).get("__typename") == "User",
            visibility=str(node.get("visibility") or "private").lower(),
            topics=frozenset(str(each["topic"]["name"]) for each in topics),
            address={"owner": owner, "name": name, "node": str(node.get("id") or "")},
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ForgeBroken("The query was answered with something that is no repository") from None


def snapshot_of(node: Mapping[str, Any], names: Sequence[str]) -> Snapshot:
    """What a node says about tip and root files."""
    try:
        branch = node.get("defaultBranchRef")
        tip = None if branch is None else str(branch["target"]["oid"])
        blobs = {name: node.get(f"f{number}") for number, name in enumerate(names)}
        return Snapshot(tip, tuple(names), {name: _blob(blob) for name, blob in blobs.items() if blob})
    except (KeyError, TypeError, ValueError):
        raise ForgeBroken("The query was answered with something that is no repository") from None


def _blob(blob: Mapping[str, Any]) -> Blob:
    """Text is believed only when it has the id that git gave to the bytes."""
    oid, size, text = str(blob["oid"]), int(blob["byteSize"]), blob.get("text")
    content = text.encode() if isinstance(text, str) and not blob.get("isTruncated") and size <= SPEC_BYTES else None
    return Blob(oid, size, content if content is not None and blob_id(content) == oid else None)
