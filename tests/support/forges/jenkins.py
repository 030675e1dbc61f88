"""Jenkins: the Generic Webhook Trigger plugin, and its plain build API with crumbs and API tokens."""

from __future__ import annotations

import base64
import re

from support.forges.server import Forge, Reply, Seen

_NONE = (
    "Did not find any jobs with GenericTrigger configured! If you are using a token, you need to pass it like "
    "...trigger/invoke?token=TOKENHERE."
)


class FakeJenkins(Forge):
    """Jobs by the token of their trigger; users by their API token."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, str] = {}
        """Token to job."""
        self.users: dict[str, str] = {}
        """User to API token."""
        self.built: list[tuple[str, object]] = []

    def answer(self, seen: Seen) -> Reply:
        if seen.path == "/generic-webhook-trigger/invoke":
            return self._invoked(seen)
        if found := re.fullmatch(r"/job/([^/]+)/buildWithParameters", seen.path):
            return self._asked(seen, found[1])
        return Reply(404, text="<html><body><h2>HTTP ERROR 404 Not Found</h2></body></html>")

    def _invoked(self, seen: Seen) -> Reply:
        token = seen.query.get("token") or seen.headers.get("token")
        token = token or seen.headers.get("authorization", "").removeprefix("Bearer ")
        job = self.jobs.get(token)
        if job is None:
            return Reply(404, {"jobs": None, "message": _NONE})
        self.built.append((job, seen.json))
        number = len(self.built)
        about = {"regexpFilterExpression": "", "triggered": True, "id": number, "url": f"queue/item/{number}/"}
        return Reply(200, {"jobs": {job: about}, "message": "Triggered jobs."})

    def _asked(self, seen: Seen, job: str) -> Reply:
        given = seen.headers.get("authorization", "").removeprefix("Basic ")
        known = {base64.b64encode(f"{user}:{token}".encode()).decode() for user, token in self.users.items()}
        if given not in known:
            return Reply(
                403,
                text="<html><head><title>Error 403 No valid crumb was included in the request</title></head></html>",
            )
        self.built.append((job, dict(seen.query)))
        return Reply(201, headers={"location": f"{self.url}/queue/item/{len(self.built)}/"})
