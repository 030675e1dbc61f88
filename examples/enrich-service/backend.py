"""The backend of the action "Enrich Service": takes the invocation, opens a branch, and tells the run about it.

PORT_API_URL=http://localhost:8080 PORT_CLIENT_ID=... PORT_CLIENT_SECRET=... python backend.py

Any program that answers HTTP could stand here; the three things worth copying are the check of the signature over the
bytes received, the answer before the work, and the run's id as the name of the work, so that a repeat does no harm.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import os
import re
import time
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from fairway.client import Credentials, PortalClient
from repository import GitFailed, open_branch, spec_file

PORT = 8765
_OLDEST_SECONDS = 600
_RUN_ID = re.compile(r"^r_[A-Za-z0-9]{1,64}$")

log = logging.getLogger("enrich")


def is_signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the request comes from somebody who knows the client secret, and recently."""
    stamp = headers.get("X-Port-Timestamp", "")
    if not stamp.isdigit() or abs(time.time() - int(stamp)) > _OLDEST_SECONDS:
        return False
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    return hmac.compare_digest(expected.encode(), headers.get("X-Port-Signature", "").encode())


class Backend:
    """Accepts invocations and works them off one by one."""

    def __init__(self, portal: PortalClient, secret: str) -> None:
        self._portal = portal
        self._secret = secret
        self._queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(maxsize=100)

    def app(self) -> web.Application:
        """``POST /enrich``."""
        app = web.Application(client_max_size=1024 * 1024)
        app.router.add_post("/enrich", self._accept)
        app.cleanup_ctx.append(self._worker)
        return app

    async def _accept(self, request: web.Request) -> web.Response:
        body = await request.read()
        if not is_signed(self._secret, request.headers, body):
            return web.json_response({"message": "The signature does not fit the body"}, status=401)
        invocation = json.loads(body)
        if not _RUN_ID.match(str(invocation.get("port_context", {}).get("runId"))):
            return web.json_response({"message": "port_context.runId is missing"}, status=422)
        try:
            self._queue.put_nowait(invocation)
        except asyncio.QueueFull:
            return web.json_response({"message": "Busy"}, status=503, headers={"Retry-After": "5"})
        return web.json_response({"message": "Accepted"}, status=202)

    async def _worker(self, app: web.Application) -> Any:
        task = asyncio.create_task(self._work())
        yield
        task.cancel()

    async def _work(self) -> None:
        while True:
            invocation = await self._queue.get()
            run_id = invocation["port_context"]["runId"]
            try:
                await self._enrich(run_id, invocation)
            except Exception as error:  # noqa: BLE001 whatever went wrong with one run, the next one is worked on
                log.warning("run %s failed: %s", run_id, error)
                await self._end(run_id, "FAILURE", str(error) if isinstance(error, GitFailed) else repr(error))

    async def _enrich(self, run_id: str, invocation: Mapping[str, Any]) -> None:
        context = invocation["port_context"]
        branch = f"enrich/{run_id}"
        text = spec_file(context["entity"], invocation["domain"], invocation["type"], invocation["lifecycle"])
        await self._log(run_id, f"Opening branch {branch} in {context['repository']}")
        fresh = await open_branch(context["repository"], branch, text)
        await self._log(run_id, "Pushed port.yml:\n" + text if fresh else "The branch is there already")
        await self._portal.patch(f"/actions/runs/{run_id}", {"link": [f"{context['repository']}/tree/{branch}"]})
        await self._end(run_id, "SUCCESS", f"Branch {branch} is ready to be merged")

    async def _log(self, run_id: str, text: str) -> None:
        await self._portal.post(f"/actions/runs/{run_id}/logs", {"message": text})

    async def _end(self, run_id: str, status: str, text: str) -> None:
        body = {"status": status, "message": {"run_status": text}}
        await self._portal.patch(f"/actions/runs/{run_id}", body)


async def main() -> None:
    """Serves until it is stopped."""
    logging.basicConfig(level=logging.INFO)
    credentials = Credentials(os.environ["PORT_CLIENT_ID"], os.environ["PORT_CLIENT_SECRET"])
    async with PortalClient(os.environ["PORT_API_URL"], credentials, user_agent="enrich-service") as portal:
        runner = web.AppRunner(Backend(portal, credentials.client_secret).app())
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", int(os.environ.get("ENRICH_PORT", PORT)))
        await site.start()
        log.info("listening on %s", site.name)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
