"""A SonarQube on a socket: pages by number, the limit of its index, form posts, editions without portfolios."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from fairway.integration.testing import Asked, FakeThirdParty, Reply

EXAMPLES = Path(__file__).parents[1] / "examples"
TOKEN = "squ_0123456789"
parsed = lru_cache(None)(datetime.fromisoformat)


def example(kind: str) -> list[dict[str, Any]]:
    """The recorded items of a kind, without what the integration adds."""
    items = json.loads((EXAMPLES / f"{kind}.json").read_text())
    return [{name: value for name, value in item.items() if not name.startswith("__")} for item in items]


class SonarServer(FakeThirdParty):
    """``most`` results of a search are given, ``cap`` on a page. ``promised`` results are told of, if not the truth."""

    def __init__(self, *, cloud: bool = False, version: str = "10.4.1.88267") -> None:
        super().__init__()
        self.authorization = f"Bearer {TOKEN}" if cloud else "Basic " + base64.b64encode(f"{TOKEN}:".encode()).decode()
        self.most, self.cap = 10_000, 500
        self.limited = 0
        self.promised: int | None = None
        self.closing = 0
        """So many times an issue is closed before the second page of issues is given."""
        self.projects = example("projects_ga")
        self.issues = example("issues")
        self.closed: list[dict[str, Any]] = []
        self.hooks: list[dict[str, Any]] = []
        self.admin = True
        self.on("GET", "/api/server/version", Reply(body=version.encode()))
        self.guarded("/api/components/search_projects", self._search_projects)
        self.guarded("/api/components/show", self._show)
        self.guarded("/api/measures/component", self._measures)
        self.guarded("/api/project_branches/list", self._branches)
        self.guarded("/api/issues/search", self._issues)
        self.guarded("/api/project_analyses/search", self._analyses)
        self.guarded("/api/authentication/validate", lambda _: {"valid": True})
        self.guarded("/api/webhooks/list", lambda _: {"webhooks": self.hooks} if self.admin else _forbidden())
        for action in ("create", "update", "delete"):
            self.guarded(f"/api/webhooks/{action}", partial(self._hook, action), "POST")

    def with_portfolios(self) -> None:
        """The Enterprise Edition."""
        shown = example("portfolios")[0]
        self.guarded("/api/views/list", lambda _: {"views": [{"key": shown["key"], "name": shown["name"]}]})
        self.guarded("/api/views/show", lambda _: shown)

    def guarded(self, path: str, answer: Callable[[Asked], Any], method: str = "GET") -> None:
        """A route behind the authentication and the limit."""

        def reply(asked: Asked) -> Reply:
            if asked.headers.get("authorization") != self.authorization:
                return Reply(status=401, body=b"")
            if self.limited:
                self.limited -= 1
                return Reply({"errors": [{"msg": "Too many requests"}]}, 429, {"retry-after": "0"})
            found = answer(asked)
            return found if isinstance(found, Reply) else Reply(found)

        self.route(method, path, reply)

    def _paged(self, asked: Asked, name: str, items: list[Any]) -> Any:
        number, length = int(asked.query.get("p", 1)), min(int(asked.query.get("ps", 100)), self.cap)
        if number * length > self.most:
            message = f"Can return only the first {self.most} results. {number * length}th result asked."
            return Reply({"errors": [{"msg": message}]}, 400)
        total = len(items) if self.promised is None else self.promised
        paging = {"pageIndex": number, "pageSize": length, "total": total}
        return {"paging": paging, name: items[(number - 1) * length : number * length]}

    def _search_projects(self, asked: Asked) -> Any:
        return self._paged(asked, "components", self.projects)

    def _project(self, key: str) -> dict[str, Any] | None:
        return next((project for project in self.projects if project["key"] == key), None)

    def _show(self, asked: Asked) -> Any:
        found = self._project(asked.query["component"])
        return {"component": found, "ancestors": []} if found else _missing(asked.query["component"])

    def _measures(self, asked: Asked) -> Any:
        key, wanted = asked.query["component"], asked.query["metricKeys"].split(",")
        if self._project(key) is None:
            return _missing(key)
        items = json.loads((EXAMPLES / "projects_ga.json").read_text())
        measures: list[Any] = next((item["__measures"] for item in items if item["key"] == key), [])
        return {"component": {"key": key, "measures": [each for each in measures if each["metric"] in wanted]}}

    def _branches(self, asked: Asked) -> Any:
        key = asked.query["project"]
        status = {"qualityGateStatus": "ERROR"} if key == "acme_ledger" else {}
        return {"branches": [{"name": "main", "isMain": True, "type": "LONG", "status": status}]}

    def _issues(self, asked: Asked) -> Any:
        key = asked.query.get("components") or asked.query.get("componentKeys")
        if asked.query.get("resolved") == "true":
            return self._paged(asked, "issues", self.closed)
        if self.closing and asked.query.get("p") == "2":
            self.closing -= 1
            self.issues = self.issues[1:]
        after, before = asked.query.get("createdAfter"), asked.query.get("createdBefore")
        found = [
            issue
            for issue in self.issues
            if issue["project"] == key
            and (after is None or parsed(issue["creationDate"]) >= parsed(after))
            and (before is None or parsed(issue["creationDate"]) < parsed(before))
        ]
        return self._paged(asked, "issues", found)

    def _analyses(self, asked: Asked) -> Any:
        return self._paged(asked, "analyses", example("analysis") if asked.query["project"] == "acme_ledger" else [])

    def _hook(self, action: str, asked: Asked) -> Any:
        if not self.admin:
            return _forbidden()
        fields = dict(parse_qsl(asked.body.decode()))
        if action == "create":
            self.hooks.append({"key": f"hook{len(self.asked)}", **fields})
            return {"webhook": self.hooks[-1]}
        own = next(hook for hook in self.hooks if hook["key"] == fields["webhook"])
        if action == "delete":
            self.hooks.remove(own)
        own.update(fields)
        return Reply(status=204, body=b"")


def _missing(key: str) -> Reply:
    return Reply({"errors": [{"msg": f"Component key '{key}' not found"}]}, 404)


def _forbidden() -> Reply:
    return Reply({"errors": [{"msg": "Insufficient privileges"}]}, 403)
