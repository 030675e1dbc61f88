"""A GitLab on a socket: its two sorts of pages, its refusals, and hooks that do not tell their secret."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fairway.integration.check.examples import items_of
from fairway.integration.testing import Asked, FakeThirdParty, Reply

TOKEN = "glpat-0123456789"
EXAMPLES = Path(__file__).parents[1] / "examples"
API = "/api/v4"
TIDE = f"{API}/projects/101"


def example(kind: str) -> list[Any]:
    """Raw items as GitLab has them: without what the integration adds."""
    return [{name: value for name, value in item.items() if name[:2] != "__"} for item in _items(kind)]


def _items(kind: str) -> list[Any]:
    return items_of(EXAMPLES / f"{kind}.json")


class GitLabServer(FakeThirdParty):
    """``lists`` are listings by path, and ``objects`` documents; ``instead`` are answers that come before them."""

    def __init__(self) -> None:
        super().__init__()
        self.lists: dict[str, list[Any]] = {}
        self.objects: dict[str, Any] = {f"{API}/user": {"id": 1, "username": "fairway"}}
        self.instead: dict[str, list[Reply]] = {}
        self.page = 100
        self.outside: str | None = None
        """What links have in front, when a proxy hides the server's own address."""
        self.hooks: list[dict[str, Any]] = []
        self._fill()

    def _fill(self) -> None:
        self.lists[f"{API}/projects"] = example("project")
        for project in example("project"):
            self.objects[f"{API}/projects/{project['id']}"] = project
        self.lists[f"{API}/groups"] = example("group")
        for group in _items("group-with-members"):
            self.objects[f"{API}/groups/{group['id']}"] = example("group")[group["id"] - 11]
            self.lists[f"{API}/groups/{group['id']}/members"] = group["__members"]
        self.lists[f"{API}/groups/11/merge_requests"] = example("merge-request")
        self.lists[f"{API}/groups/11/issues"] = example("issue")
        for kind, path, key in (
            ("merge-request", "merge_requests", "iid"), ("issue", "issues", "iid"), ("pipeline", "pipelines", "id"),
            ("job", "jobs", "id"), ("release", "releases", "tag_name"), ("tag", "repository/tags", "name"),
            ("branch", "repository/branches", "name"), ("environment", "environments", "id"),
            ("deployment", "deployments", "id"),
        ):  # fmt: skip
            self.objects |= {f"{TIDE}/{path}/{item[key]}": item for item in example(kind)}
            for number in (101, 102):
                self.lists[f"{API}/projects/{number}/{path}"] = example(kind) if number == 101 else []
        self.objects[f"{TIDE}/languages"] = _items("project")[0]["__languages"]
        self.objects[f"{API}/projects/102/languages"] = {}
        self.put("README.md", "# Tide API\n", {})
        self.put("CODEOWNERS", _items("file")[0]["content"], _items("file")[0]["metadata"])

    def put(self, path: str, text: str, metadata: Any) -> None:
        """A file of the first project."""
        told = metadata or {"file_path": path, "size": len(text)}
        content = base64.b64encode(text.encode()).decode()
        self.objects[f"{TIDE}/repository/files/{path}"] = {**told, "encoding": "base64", "content": content}

    async def _reply(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply({"message": "401 Unauthorized"}, 401)
        if waiting := self.instead.get(asked.path):
            return waiting.pop(0)
        if "/hooks" in asked.path:
            return self._hook(asked)
        if asked.path in self.lists:
            return self._listing(asked)
        if asked.path in self.objects:
            return Reply(self.objects[asked.path])
        return Reply({"message": "404 Not Found"}, 404)

    def _listing(self, asked: Asked) -> Reply:
        state = asked.query.get("state")
        items = [each for each in self.lists[asked.path] if state is None or each["state"] == state]
        size = min(int(asked.query.get("per_page", "20")), self.page)
        if asked.query.get("pagination") == "keyset":
            return self._by_keyset(asked, items, size)
        page = int(asked.query.get("page", "1"))
        more = page * size < len(items)
        # The link goes on for ever, as it did in some versions.
        link = f'<{self.url}{asked.path}?{urlencode({**asked.query, "page": page + 1})}>; rel="next"'
        headers = {
            "x-total": str(len(items)),
            "x-page": str(page),
            "x-next-page": str(page + 1) if more else "",
            "link": link,
        }
        return Reply(items[(page - 1) * size : page * size], headers=headers)

    def _by_keyset(self, asked: Asked, items: list[Any], size: int) -> Reply:
        start = int(asked.query.get("cursor", "0"))
        query = urlencode({**asked.query, "cursor": start + size})
        link = f'<{self.outside or self.url}{asked.path}?{query}>; rel="next"'
        return Reply(items[start : start + size], headers={"link": link} if start + size < len(items) else {})

    def _hook(self, asked: Asked) -> Reply:
        own = [hook for hook in self.hooks if asked.path.startswith(hook["group"])]
        if asked.method == "GET":
            return Reply([{k: v for k, v in hook.items() if k != "token"} for hook in own], headers={"x-next-page": ""})
        if asked.method == "POST":
            self.hooks.append({"id": len(self.hooks) + 1, "group": asked.path, **asked.json})
            return Reply(self.hooks[-1], 201)
        hook = next(each for each in self.hooks if each["id"] == int(asked.path.rpartition("/")[2]))
        if asked.method == "DELETE":
            self.hooks.remove(hook)
            return Reply(status=204, body=b"")
        hook.update(asked.json)
        return Reply(hook)
