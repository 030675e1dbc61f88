"""A Bitbucket on a socket: rows filtered after paging, two logins, captchas, limits, hooks with rights of their own."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from fairway.integration.check.examples import items_of
from fairway.integration.testing import Asked, FakeThirdParty, Reply

EXAMPLES = Path(__file__).parents[1] / "examples"
API = "/rest/api/1.0"
USER, PASSWORD, TOKEN = "fairway", "long-password", "http-access-token"
LOCKED_AFTER = 5


def example(kind: str) -> list[Any]:
    """Raw items as Bitbucket has them: without what the integration adds."""
    items = items_of(EXAMPLES / f"{kind}.json")
    return [{name: value for name, value in item.items() if name[:2] != "__"} for item in items]


def error(status: int, kind: str, message: str) -> Reply:
    """An error's body; ``kind`` names the exception."""
    name = f"com.atlassian.bitbucket.{kind}Exception"
    return Reply({"errors": [{"context": None, "message": message, "exceptionName": name}]}, status)


class BitbucketServer(FakeThirdParty):
    """Rows of listings at places in ``holes`` are filtered after the page was cut into ``cap`` rows. ``instead`` are
    answers in front of others, by path and start. Without ``project_hooks`` it is an old server."""

    def __init__(self) -> None:
        super().__init__()
        self.cap = 2
        self.holes: set[int] = set()
        self.stuck = False
        self.limited = 0
        self.bad_logins = 0
        self.instead: dict[tuple[str, int], Reply] = {}
        self.project_hooks = True
        self.may_administer = {"TIDE", "PIER"}
        self.hooks: dict[str, list[dict[str, Any]]] = {}
        self.projects, self.repositories = example("project"), example("repository")
        self.pulls, self.users = example("pull-request"), example("user")
        self._routes_of_projects()
        for repository in self.repositories:
            self.repository(repository)
        self.listing("/users", lambda _: self.users)

    def guarded(self, path: str, answer: Callable[[Asked], Any], method: str = "GET") -> None:
        """A route behind the limit and the login."""

        def reply(asked: Asked) -> Reply:
            if self.limited:
                self.limited -= 1
                return Reply({"errors": [{"message": "You have been rate limited."}]}, 429, {"retry-after": "0"})
            refused = self._login(asked)
            found = refused or self.instead.get((path, int(asked.query.get("start", 0)))) or answer(asked)
            return found if isinstance(found, Reply) else Reply(found)

        self.route(method, API + path, reply)

    def listing(self, path: str, rows: Callable[[Asked], Sequence[Any] | Reply]) -> None:
        """A listing in pages."""
        self.guarded(path, lambda asked: self._page(asked, rows(asked)))

    def repository(self, repository: dict[str, Any]) -> None:
        """Routes of a repository."""
        path = f"/projects/{repository['project']['key']}/repos/{repository['slug']}"
        self.guarded(path, lambda _: repository)
        self.listing(f"{path}/pull-requests", partial(self._pulls_of, repository))
        for pull in self.pulls:
            if pull["toRef"]["repository"]["id"] == repository["id"]:
                self.guarded(f"{path}/pull-requests/{pull['id']}", partial(_always, pull))
        self._hooked(path, repository["project"]["key"], of_project=False)
        recorded = next(each for each in items_of(EXAMPLES / "repository.json") if each["id"] == repository["id"])
        commit, readme = recorded["__latestCommit"], recorded["__includedFiles"]["README.md"]
        empty = error(404, "repository.NoDefaultBranch", "The repository has no default branch")
        self.guarded(f"{path}/commits", lambda _: {"values": [commit], "isLastPage": False} if commit else empty)
        if readme is not None:
            self.guarded(f"{path}/raw/README.md", lambda _: Reply(body=readme.encode()))

    def _routes_of_projects(self) -> None:
        self.listing("/projects", lambda _: [each for each in self.projects if each["type"] == "NORMAL"])
        for project in self.projects:
            path = f"/projects/{project['key']}"
            self.guarded(path, partial(_always, project))
            self.listing(f"{path}/repos", partial(self._of_project, project["key"]))
            self._hooked(path, project["key"], of_project=True)

    def _of_project(self, key: str, asked: Asked) -> list[Any]:
        return [each for each in self.repositories if each["project"]["key"] == key]

    def _pulls_of(self, repository: dict[str, Any], asked: Asked) -> list[Any]:
        state = asked.query.get("state", "OPEN")
        own = [each for each in self.pulls if each["toRef"]["repository"]["id"] == repository["id"]]
        return [each for each in own if each["state"] == state]

    def _login(self, asked: Asked) -> Reply | None:
        scheme, _, text = asked.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer" and text == TOKEN:
            return None
        if self.bad_logins >= LOCKED_AFTER:
            return error(403, "auth.CaptchaRequiredAuthentication", "CAPTCHA required.")
        if scheme == "Basic" and base64.b64decode(text).decode() == f"{USER}:{PASSWORD}":
            return None
        self.bad_logins += 1
        return error(401, "auth.IncorrectPasswordAuthentication", "Authentication failed.")

    def _page(self, asked: Asked, rows: Sequence[Any] | Reply) -> Any:
        if isinstance(rows, Reply):
            return rows
        start, limit = int(asked.query.get("start", 0)), min(int(asked.query.get("limit", 25)), self.cap)
        values = [rows[at] for at in range(start, min(start + limit, len(rows))) if at not in self.holes]
        last = start + limit >= len(rows)
        following = None if last else start if self.stuck else start + limit
        page = {"size": len(values), "limit": limit, "start": start, "isLastPage": last, "values": values}
        return page if last else {**page, "nextPageStart": following}

    def _hooked(self, owner: str, key: str, *, of_project: bool) -> None:
        def answer(asked: Asked) -> Any:
            if of_project and not self.project_hooks:
                return Reply({"message": "null for uri", "status-code": 404}, 404)
            if key not in self.may_administer:
                return error(401, "Authorisation", "You are not permitted to access this resource")
            hooks = self.hooks.setdefault(owner, [])
            if asked.method == "GET":
                told = [{**each, "configuration": {}} for each in hooks]
                return self._page(asked, told)
            return self._changed(owner, hooks, asked)

        for method in ("GET", "POST"):
            self.guarded(f"{owner}/webhooks", answer, method)
        for method in ("PUT", "DELETE"):
            for number in range(1, 10):
                self.guarded(f"{owner}/webhooks/{number}", answer, method)

    def _changed(self, owner: str, hooks: list[dict[str, Any]], asked: Asked) -> Reply:
        if asked.method == "POST":
            hooks.append({**asked.json, "id": len(hooks) + 1})
            return Reply(hooks[-1], 201)
        own = next(each for each in hooks if each["id"] == int(asked.path.rpartition("/")[2]))
        if asked.method == "DELETE":
            hooks.remove(own)
            return Reply(status=204, body=b"")
        hooks[hooks.index(own)] = {**asked.json, "id": own["id"]}
        return Reply(asked.json)


def _always(document: Any, asked: Asked) -> Any:
    return document
