"""An API with every way of paging over the same items, behind every way to show who one is."""

from __future__ import annotations

import base64
from typing import Any

from fairway.integration.testing import Asked, FakeThirdParty, Reply

ITEMS: list[dict[str, Any]] = [{"id": number, "name": f"Item {number}"} for number in range(25)]
PROJECTS: list[dict[str, Any]] = [{"key": key, "owner": {"id": f"o-{key}"}} for key in ("A", "B/2", "C", "A")]
CREDENTIALS = {
    "bearer": {"authorization": "Bearer t0ken"},
    "basic": {"authorization": "Basic " + base64.b64encode(b"me:p:w").decode()},
    "header": {"x-api-key": "k3y"},
}


class Api:
    """Pages are of ``longest`` items at most, whatever is asked for."""

    def __init__(self, server: FakeThirdParty, auth: str = "none", longest: int = 10) -> None:
        self._server = server
        self._auth = auth
        self._longest = longest
        for path, route in {
            "/all": lambda asked: Reply({"data": {"items": ITEMS}}),
            "/offset": self._offset,
            "/page": self._page,
            "/cursor": self._cursor,
            "/next": self._next,
            "/link": self._link,
            "/projects": lambda asked: Reply(PROJECTS),
        }.items():
            server.route("GET", path, self._guarded(route))
        for key in ("A", "B/2", "C"):
            server.route("GET", f"/projects/{key}/tickets", self._guarded(self._tickets))
        server.route("GET", "/tickets/A-1/notes", self._guarded(lambda asked: Reply([{"id": "n1"}])))

    def _guarded(self, route: Any) -> Any:
        def guarded(asked: Asked) -> Reply:
            wanted = CREDENTIALS.get(self._auth, {})
            good = all(asked.headers.get(name) == value for name, value in wanted.items())
            if self._auth == "query":
                good = asked.query.get("key") == "k3y"
            reply: Reply = route(asked) if good else Reply({"message": "who are you?"}, 401)
            return reply

        return guarded

    def _slice(self, start: int, length: int) -> list[dict[str, Any]]:
        return ITEMS[start : start + min(length, self._longest)]

    def _offset(self, asked: Asked) -> Reply:
        return Reply(self._slice(int(asked.query["skip"]), int(asked.query["take"])))

    def _page(self, asked: Asked) -> Reply:
        length = min(int(asked.query.get("per_page", 10)), self._longest)
        return Reply({"items": self._slice((int(asked.query["page"]) - 1) * length, length)})

    def _cursor(self, asked: Asked) -> Reply:
        start = int(asked.query.get("after", 0))
        more = start + self._longest < len(ITEMS)
        return Reply(
            {"items": self._slice(start, 100), "meta": {"after": start + self._longest if more else None}}
        )  # fmt: skip

    def _next(self, asked: Asked) -> Reply:
        start = int(asked.query.get("start", 0))
        more = start + self._longest < len(ITEMS)
        # A URL as such APIs give it: relative, and without the caller's key.
        link = f"/next?start={start + self._longest}" if more else None
        return Reply({"items": self._slice(start, 100), "links": {"next": link}})

    def _link(self, asked: Asked) -> Reply:
        start = int(asked.query.get("start", 0))
        more = start + self._longest < len(ITEMS)
        link = f'<{self._server.url}/link?start={start + self._longest}>; rel="next"'
        return Reply(self._slice(start, 100), headers={"link": link} if more else {})

    def _tickets(self, asked: Asked) -> Reply:
        key = asked.path.removeprefix("/projects/").removesuffix("/tickets")
        if key == "C":
            return Reply({"message": "this project has no tickets"}, 404)
        return Reply({"tickets": {f"{key}-1": {"open": True, "id": f"{key}-1"}}})
