"""An Argo CD on a socket: whole lists, ``null`` where there is nothing, 403 where no project is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from fairway.integration.testing import Asked, FakeThirdParty, Reply

EXAMPLES = Path(__file__).parents[1] / "examples"
TOKEN = "header.claims.signature"


def example(kind: str) -> list[dict[str, Any]]:
    """The recorded items of a kind, without what the integration adds."""
    items = json.loads((EXAMPLES / f"{kind}.json").read_text())
    return [{name: value for name, value in item.items() if not name.startswith("__")} for item in items]


class ArgoServer(FakeThirdParty):
    """``broken`` is a project whose applications end in the middle."""

    def __init__(self) -> None:
        super().__init__()
        self.limited = 0
        self.broken = ""
        self.applications = example("application")
        self.largest = 0
        """Most applications in one answer with everything of them."""
        self.guarded("/api/v1/clusters", lambda _: {"metadata": {}, "items": example("cluster")})
        self.guarded("/api/v1/projects", lambda _: {"metadata": {}, "items": example("project")})
        self.guarded("/api/v1/applications", self._list)
        for application in self.applications:
            name = application["metadata"]["name"]
            self.guarded(f"/api/v1/applications/{name}", partial(self._one, name))
            self.guarded(f"/api/v1/applications/{name}/managed-resources", partial(self._managed, name))
        self.guarded("/api/v1/applications/gone", partial(self._one, "gone"))

    def guarded(self, path: str, answer: Callable[[Asked], Any]) -> None:
        """A route behind the authentication."""

        def reply(asked: Asked) -> Reply:
            if asked.headers.get("authorization") != f"Bearer {TOKEN}":
                return Reply({"error": "no session information", "code": 16}, 401)
            if self.limited:
                self.limited -= 1
                return Reply({"error": "too many requests"}, 429, {"retry-after": "0"})
            found = answer(asked)
            return found if isinstance(found, Reply) else Reply(found)

        self.route("GET", path, reply)

    def _list(self, asked: Asked) -> Any:
        project = asked.query.get("projects")
        found = [each for each in self.applications if project in (None, each["spec"]["project"])]
        if asked.query.get("fields"):
            found = [{"metadata": {"name": each["metadata"]["name"]}, "spec": each["spec"]} for each in found]
            return {"items": found or None}
        self.largest = max(self.largest, len(found))
        if project == self.broken:
            return Reply(body=json.dumps({"items": found}).encode()[:-40])
        return {"metadata": {"resourceVersion": "1"}, "items": found or None}

    def _found(self, name: str) -> dict[str, Any] | None:
        return next((each for each in self.applications if each["metadata"]["name"] == name), None)

    def _one(self, name: str, asked: Asked) -> Any:
        found = self._found(name)
        if found is None and not asked.query.get("project"):
            return Reply({"error": "permission denied", "code": 7}, 403)
        return found or Reply({"error": f'applications.argoproj.io "{name}" not found', "code": 5}, 404)

    def _managed(self, name: str, asked: Asked) -> Any:
        if self._found(name) is None:
            return Reply({"error": "not found", "code": 5}, 404)
        return {"items": example("managed-resource") if name == "ledger" else None}
