"""A PagerDuty on a socket: classic paging with its cap, limits, subscriptions that keep their headers secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from fairway.integration.testing import Asked, FakeThirdParty, Reply

EXAMPLES = Path(__file__).parents[1] / "examples"
TOKEN = "u+nsbZ7yfLbCXQy3PqTf"
MOST = 10_000
HOOKS = "/webhook_subscriptions"
parsed = lru_cache(None)(datetime.fromisoformat)
KINDS = ("services", "incidents", "escalation_policies", "schedules", "users", "teams")


def example(kind: str) -> list[dict[str, Any]]:
    """The recorded items of a kind, without what the integration adds."""
    items = json.loads((EXAMPLES / f"{kind}.json").read_text())
    return [{name: value for name, value in item.items() if not name.startswith("__")} for item in items]


class PagerDutyServer(FakeThirdParty):
    """``cap`` is the longest page whatever is asked for; ``limited`` requests are answered 429; the listing of
    ``broken`` fails from its second page on."""

    def __init__(self) -> None:
        super().__init__()
        self.items = {kind: example(kind) for kind in (*KINDS, "oncalls")}
        self.cap = 1
        self.most = MOST
        self.limited = 0
        self.broken = ""
        self.resolving = False
        """Whether the first incident is resolved before the second page of incidents is given."""
        self.hooks: list[dict[str, Any]] = []
        self.admin = True
        for kind in self.items:
            self.guarded(f"/{kind}", partial(self._listing, kind))
        for item in [*self.items["services"], *self.items["incidents"]]:
            self.guarded(f"/{item['type']}s/{item['id']}", partial(self._one, item))
        self.guarded(HOOKS, self._hooks)
        self.guarded(HOOKS, self._hooks, "POST")

    def guarded(self, path: str, answer: Callable[[Asked], Any], method: str = "GET") -> None:
        """A route behind the authentication and the limit."""

        def reply(asked: Asked) -> Reply:
            if asked.headers.get("authorization") != f"Token token={TOKEN}":
                return Reply({"error": {"message": "Unauthorized", "code": 2006}}, 401)
            if self.limited:
                self.limited -= 1
                limits = {"ratelimit-limit": "960", "ratelimit-remaining": "0", "ratelimit-reset": "0"}
                return Reply({"error": {"message": "Rate Limit Exceeded", "code": 2020}}, 429, limits)
            found = answer(asked)
            return found if isinstance(found, Reply) else Reply(found)

        self.route(method, path, reply)

    def _one(self, item: dict[str, Any], asked: Asked) -> dict[str, Any]:
        return {item["type"]: item}

    def _listing(self, kind: str, asked: Asked) -> Any:
        offset, limit = int(asked.query.get("offset", 0)), min(int(asked.query.get("limit", 25)), self.cap)
        if offset + limit > self.most:
            return Reply({"error": {"message": "Invalid Input Provided", "code": 2001}}, 400)
        if kind == self.broken and offset:
            return Reply({"error": {"message": "Forbidden"}}, 403)
        if kind == "incidents" and self.resolving and offset:
            self.items[kind][0]["status"], self.resolving = "resolved", False
        items = self._chosen(kind, asked)
        page = items[offset : offset + limit]
        more = offset + limit < len(items)
        total = len(items) if asked.query.get("total") == "true" else None
        return {kind: page, "limit": limit, "offset": offset, "total": total, "more": more}

    def _chosen(self, kind: str, asked: Asked) -> list[dict[str, Any]]:
        items = self.items[kind]
        if kind != "incidents":
            return items
        since, until = (parsed(asked.query[name]) for name in ("since", "until"))
        assert (until - since).days < 183
        status = asked.query.get("statuses[]")
        return [
            item
            for item in sorted(items, key=lambda item: str(item["created_at"]))
            if since <= parsed(item["created_at"]) < until and status in (None, item["status"])
        ]

    def _hooks(self, asked: Asked) -> Any:
        if not self.admin:
            return Reply({"error": {"message": "Forbidden"}}, 403)
        if asked.method == "GET":
            return {"webhook_subscriptions": self.hooks, "limit": 100, "offset": 0, "more": False}
        number = f"PHOOK{len(self.asked)}"
        self.keep(number, asked.json["webhook_subscription"])
        return Reply({"webhook_subscription": self.hooks[-1]}, 201)

    def keep(self, number: str, body: dict[str, Any]) -> None:
        """A subscription, whose headers nobody sees again."""
        hidden = [{**each, "value": "<redacted>"} for each in body["delivery_method"].get("custom_headers", [])]
        method = {**body["delivery_method"], "custom_headers": hidden, "temporarily_disabled": False}
        self.hooks.append({"active": True, **body, "delivery_method": method, "id": number})
        self.guarded(f"{HOOKS}/{number}", partial(self._drop, number), "DELETE")

    def _drop(self, number: str, asked: Asked) -> Reply:
        self.hooks = [hook for hook in self.hooks if hook["id"] != number]
        return Reply(status=204, body=b"")
