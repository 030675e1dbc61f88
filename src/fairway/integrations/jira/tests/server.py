"""A Jira on a socket: pages shorter than asked for, tokens, limits, boards without sprints, webhooks."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from fairway.integration.testing import Asked, FakeThirdParty, Reply

EXAMPLES = Path(__file__).parents[1] / "examples"
MAIL, TOKEN = "ada@example.com", "secret-token"
BASIC = "Basic " + base64.b64encode(f"{MAIL}:{TOKEN}".encode()).decode()
CAP = 2
"""Most items of a page, whatever is asked for."""
TEAMS = "/gateway/api/public/teams/v1/org/acme-org/teams"
HOOKS = "/rest/webhooks/1.0/webhook"


def example(kind: str) -> list[dict[str, Any]]:
    """The recorded items of a kind, without what the integration adds."""
    items = json.loads((EXAMPLES / f"{kind}.json").read_text())
    return [{name: value for name, value in item.items() if not name.startswith("__")} for item in items]


def _always(document: Any, asked: Asked) -> Any:
    return document


class JiraServer(FakeThirdParty):
    """``limited`` requests are answered 429. ``html_at`` is the search that a proxy answers with its login page."""

    def __init__(self, *, cloud: bool = True) -> None:
        super().__init__()
        self.cloud = cloud
        self.authorization = BASIC if cloud else f"Bearer {TOKEN}"
        self.limited = 0
        self.html_at: int | None = None
        self.hooks: list[dict[str, Any]] = []
        self.admin = True
        self.issues = [{**example("issue")[0], "id": str(10011 + n), "key": f"PAY-{11 + n}"} for n in range(5)]
        self.found = {issue["id"] for issue in self.issues}
        """Ids of issues that the query of the selector finds."""
        self.total: int | None = None
        self.leaving: dict[int, str] = {}
        """Ids of issues that the query does not find any more from a search on, which are counted from 1."""
        self.items = {kind: example(kind) for kind in ("project", "user", "board", "sprint", "epic", "release")}
        self._searches = 0
        self._routes_of_all()
        (self._routes_of_cloud if cloud else self._routes_of_server)()
        for method in ("GET", "POST"):
            self.guarded(HOOKS, self._hooks, method)

    def guarded(self, path: str, answer: Callable[[Asked], Any], method: str = "GET") -> None:
        """A route behind the authentication and the limit."""

        def reply(asked: Asked) -> Reply:
            if asked.headers.get("authorization") != self.authorization:
                return Reply({"message": "Client must be authenticated to access this resource."}, 401)
            if self.limited:
                self.limited -= 1
                return Reply({"errorMessages": ["Rate limit exceeded"]}, 429, {"retry-after": "0"})
            found = answer(asked)
            return found if isinstance(found, Reply) else Reply(found)

        self.route(method, path, reply)

    def _routes_of_all(self) -> None:
        kind = "Cloud" if self.cloud else "Server"
        self.on("GET", "/rest/api/2/serverInfo", {"deploymentType": kind, "version": "10.3.0"})
        agile = "/rest/agile/1.0"
        self.guarded(f"{agile}/board", lambda asked: self._beans(asked, self.items["board"]))
        self.guarded(f"{agile}/board/7", lambda _: self.items["board"][0])
        self.guarded(f"{agile}/board/7/sprint", self._sprints)
        no_epics = Reply({"errorMessages": ["The board does not support epics"]}, 400)
        self.guarded(f"{agile}/board/7/epic", lambda asked: self._beans(asked, self.items["epic"]))
        self.guarded(f"{agile}/board/8/epic", lambda _: no_epics)
        self.guarded(f"{agile}/sprint/37", lambda _: self.items["sprint"][0])

    def _routes_of_cloud(self) -> None:
        api = "/rest/api/3"
        self.guarded(f"{api}/search/jql", self._search_cloud)
        self.guarded(f"{api}/project/search", lambda asked: self._beans(asked, self.items["project"]))
        self.guarded(f"{api}/users/search", self._users)
        self.guarded(f"{api}/project/10000", lambda _: self.items["project"][0])
        for project in self.items["project"]:
            own = project["key"] == "PAY"
            for what, kind in (("version", "release"), ("component", "component")):
                found = example(kind) if own else []
                self.guarded(f"{api}/project/{project['id']}/{what}", partial(self._beans, items=found))
        self.guarded(f"{api}/version/10200", lambda _: self.items["release"][0])
        self.guarded(TEAMS, self._teams)
        for team in (example("team")[0]["teamId"], "second"):
            self.guarded(f"{TEAMS}/{team}/members", self._members, "POST")
        for issue in self.issues:
            self.guarded(f"{api}/issue/{issue['id']}", partial(_always, issue))
            self.guarded(f"{api}/issue/{issue['id']}/worklog", partial(self._worklogs, issue=issue))
        self.guarded(f"{api}/issue/10011/worklog/10300", lambda _: example("worklog")[0])

    def _routes_of_server(self) -> None:
        self.guarded("/rest/api/2/search", self._search_server)
        self.guarded("/rest/api/2/project", lambda _: self.items["project"])
        people = [{"key": "JIRAUSER10100", "name": "ada", "displayName": "Ada Park", "active": True}]
        self.guarded("/rest/api/2/user/search", lambda asked: people if asked.query["startAt"] == "0" else [])

    def _beans(self, asked: Asked, items: list[Any]) -> dict[str, Any]:
        start = int(asked.query.get("startAt", 0))
        page = items[start : start + CAP]
        last = start + len(page) >= len(items)
        return {"startAt": start, "maxResults": CAP, "total": len(items), "isLast": last, "values": page}

    def _sprints(self, asked: Asked) -> Any:
        states = asked.query.get("state", "").split(",")
        return self._beans(asked, [each for each in self.items["sprint"] if each["state"] in states])

    def _users(self, asked: Asked) -> list[Any]:
        """Filtered after the page was cut: the first one is shorter than the second."""
        start = int(asked.query["startAt"])
        cut = {0: self.items["user"][:1], 1: self.items["user"][1:]}
        return cut.get(start, [])

    def _teams(self, asked: Asked) -> Any:
        if asked.query.get("cursor") == "next":
            return {"entities": [{**example("team")[0], "teamId": "second", "displayName": "Second"}]}
        return {"entities": example("team"), "cursor": "next"}

    def _members(self, asked: Asked) -> Any:
        ids = [user["accountId"] for user in self.items["user"][:2]]
        more = asked.json.get("after") is None
        return {
            "results": [{"accountId": ids[0 if more else 1]}],
            "pageInfo": {"hasNextPage": more, "endCursor": "m1" if more else None},
        }

    def _worklogs(self, asked: Asked, issue: dict[str, Any]) -> Any:
        found = example("worklog") if issue["id"] == "10011" else []
        start = int(asked.query["startAt"])
        return {"startAt": start, "maxResults": CAP, "total": len(found), "worklogs": found[start:]}

    def _hits(self, asked: Asked) -> list[Any] | Reply:
        jql = asked.query["jql"]
        if jql.startswith("id = "):
            number = jql.split()[2]
            if number not in {issue["id"] for issue in self.issues}:
                return Reply({"errorMessages": [f"An issue with id '{number}' does not exist"]}, 400)
            return [issue for issue in self.issues if issue["id"] == number and number in self.found]
        self._searches += 1
        self.found.discard(self.leaving.get(self._searches, ""))
        if self._searches == self.html_at:
            return Reply(body=b"<html>Log in</html>", headers={"content-type": "text/html"})
        return [issue for issue in self.issues if issue["id"] in self.found]

    def _search_cloud(self, asked: Asked) -> Any:
        hits = self._hits(asked)
        if isinstance(hits, Reply):
            return hits
        start = int(asked.query.get("nextPageToken", "0"))
        page = hits[start : start + CAP]
        if start + len(page) >= len(hits):
            return {"issues": page, "isLast": True}
        token = {"nextPageToken": str(start + len(page))} if self.total is None else {}
        return {"issues": page, "isLast": False, **token}

    def _search_server(self, asked: Asked) -> Any:
        hits = self._hits(asked)
        if isinstance(hits, Reply):
            return hits
        start = int(asked.query.get("startAt", 0))
        total = len(hits) if self.total is None else self.total
        return {"startAt": start, "maxResults": CAP, "total": total, "issues": hits[start : start + CAP]}

    def _hooks(self, asked: Asked) -> Any:
        if not self.admin:
            return Reply({"message": "Only administrators may."}, 403)
        if asked.method == "GET":
            return self.hooks
        self._kept(len(self.hooks) + 1, asked.json)
        return Reply(self.hooks[-1], 201)

    def _kept(self, number: int, body: dict[str, Any]) -> None:
        self.hooks.append({**body, "self": f"{self.url}{HOOKS}/{number}"})
        for method in ("PUT", "DELETE"):
            self.guarded(f"{HOOKS}/{number}", self._one_hook, method)

    def _one_hook(self, asked: Asked) -> Any:
        own = next(hook for hook in self.hooks if hook["self"].endswith(asked.path))
        self.hooks.remove(own)
        if asked.method == "PUT":
            self.hooks.append({**asked.json, "self": own["self"]})
            return self.hooks[-1]
        return Reply(status=204, body=b"")
