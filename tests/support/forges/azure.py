"""Azure DevOps' incoming webhooks: service connections that start pipelines."""

from __future__ import annotations

import hashlib
import hmac
import re
from urllib.parse import unquote

from support.forges.server import Forge, Reply, Seen


class FakeAzure(Forge):
    """``webhooks``: ``org/name`` to its secret."""

    def __init__(self, header: str = "x-port-signature") -> None:
        super().__init__()
        self.webhooks: dict[str, str] = {}
        self.header = header
        self.started: list[object] = []

    def answer(self, seen: Seen) -> Reply:
        found = re.fullmatch(r"/([^/]+)/_apis/public/distributedtask/webhooks/([^/]+)", seen.path)
        if found is None or seen.method != "POST":
            return Reply(302, headers={"location": "https://spsprodeus.example/_signin"})
        if not seen.query.get("api-version", "").endswith("preview"):
            return Reply(400, {"message": "No api-version was supplied for the POST request."})
        secret = self.webhooks.get(f"{unquote(found[1])}/{unquote(found[2])}")
        if secret is None:
            return Reply(
                404, {"message": f"No webhook connection found for {found[2]}.", "typeKey": "WebHookException"}
            )
        expected = "sha1=" + hmac.new(secret.encode(), seen.body, hashlib.sha1).hexdigest()
        if seen.headers.get(self.header) != expected:
            return Reply(401, {"message": "The payload's signature does not match.", "typeKey": "WebHookException"})
        self.started.append(seen.json)
        return Reply(200)
