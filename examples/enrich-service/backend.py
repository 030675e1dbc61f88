"""The backend of the action "Enrich Service": takes the invocation, opens a pull request, and tells the run about it.

PORT_API_URL=http://localhost:8080 PORT_CLIENT_ID=... PORT_CLIENT_SECRET=... ENRICH_FORGE=github \
    ENRICH_FORGE_TOKEN=... python backend.py

Which forge, and how to log in there: ``repositories.py``. Any program that answers HTTP could stand here. Worth copying
are the check of the signature over the bytes received, the answer before the work, and the run's id as the name of the
work, so that a repeat does no harm. The pull request is the library's: it edits what people wrote, opens one request
for an action and an entity, and goes on with it the next time.
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
import signal
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from aiohttp import web

from fairway.client import Credentials, PortalClient
from fairway.gitops.model import EntityKey
from fairway.gitops.portal_api import PortalCatalog
from fairway.gitops.scaffold.flow import scaffold
from fairway.gitops.scaffold.model import EntityChange, Requester, ScaffoldRequest, ScaffoldResult
from fairway.gitops.scaffold.running import finish_run
from fairway.kit.errors import FairwayError
from repositories import Repositories, repositories

PORT = 8765
_OLDEST_SECONDS = 600
_DRAIN_SECONDS = 20
"""For runs that were accepted already when it is told to stop."""
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


@dataclass(frozen=True)
class Invocation:
    """What the action sends: its invocation method in ``catalog/actions.yml``."""

    run_id: str
    entity: str
    repository: str
    domain: str
    kind: str
    lifecycle: str
    requester: str | None

    @classmethod
    def of(cls, body: bytes) -> Invocation:
        """Reads a request.

        Raises:
            ValueError: something is missing, or is no text.
        """
        try:
            document = json.loads(body)
            context = document["port_context"]
            found = cls(
                context["runId"], context["entity"], context["repository"], document["domain"], document["type"],
                document["lifecycle"], context.get("requestedBy"),
            )  # fmt: skip
        except KeyError as error:
            raise ValueError(f"the invocation lacks {error}") from None
        except (TypeError, AttributeError):
            raise ValueError("the invocation is no mapping with port_context") from None
        given = [found.run_id, found.entity, found.repository, found.domain, found.kind, found.lifecycle]
        if not all(isinstance(each, str) and each for each in given) or not isinstance(found.requester, str | None):
            raise ValueError("every value of the invocation has to be a text")
        if not _RUN_ID.match(found.run_id):
            raise ValueError(f'"{found.run_id[:80]}" is no id of a run')
        return found

    def request(self, portal_url: str) -> ScaffoldRequest:
        """What is asked of the repository."""
        change = EntityChange(
            EntityKey("service", self.entity),
            properties={"type": self.kind, "lifecycle": self.lifecycle},
            relations={"domain": self.domain},
        )
        requester = None if self.requester is None else Requester(self.requester, self.requester)
        title = f"Describe {self.entity} in the catalog"
        return ScaffoldRequest("enrich", self.run_id, change, requester, title, f"{portal_url}/runs/{self.run_id}")


class Backend:
    """Accepts invocations and works them off one by one."""

    def __init__(self, portal: PortalClient, portal_url: str, secret: str, places: Repositories) -> None:
        self._portal = portal
        self._portal_url = portal_url.rstrip("/").removesuffix("/v1")
        self._catalog = PortalCatalog(portal)
        self._secret = secret
        self._places = places
        self._queue: asyncio.Queue[Invocation] = asyncio.Queue(maxsize=100)

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
        try:
            self._queue.put_nowait(Invocation.of(body))
        except ValueError as error:
            return web.json_response({"message": str(error)}, status=422)
        except asyncio.QueueFull:
            return web.json_response({"message": "Busy"}, status=503, headers={"Retry-After": "5"})
        return web.json_response({"message": "Accepted"}, status=202)

    async def _worker(self, app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(self._work())
        yield
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                await self._queue.join()
        task.cancel()

    async def _work(self) -> None:
        while True:
            invocation = await self._queue.get()
            try:
                await self._enrich(invocation)
            except FairwayError as error:  # the run knows already, if the portal could be reached
                log.warning("run %s failed: %s", invocation.run_id, error.message)
            except Exception:  # a mistake of this program: the run is told, and the next one is worked on
                log.exception("run %s failed", invocation.run_id)
                await self._give_up(invocation)
            finally:
                self._queue.task_done()

    async def _enrich(self, invocation: Invocation) -> None:
        """Link, log and state of the run say what became of it."""
        path = f"/actions/runs/{invocation.run_id}/logs"
        await self._portal.post(path, {"message": f"Looking at the spec file of {invocation.repository}"})
        await finish_run(self._portal, invocation.run_id, lambda: self._scaffold(invocation))

    async def _scaffold(self, invocation: Invocation) -> ScaffoldResult:
        shapes = {each.identifier: each for each in await self._catalog.blueprints()}
        workspace = await self._places.workspace(invocation.repository)
        result = await scaffold(workspace, invocation.request(self._portal_url), shapes)
        # Plain git has no pull requests: the repository is what people go to.
        return result if result.url or result.branch is None else replace(result, url=invocation.repository)

    async def _give_up(self, invocation: Invocation) -> None:
        body = {"status": "FAILURE", "message": "The backend made a mistake; its log says which"}
        try:
            await self._portal.patch(f"/actions/runs/{invocation.run_id}", body)
        except FairwayError as error:
            log.warning("run %s could not be told: %s", invocation.run_id, error.message)


async def main() -> None:
    """Serves until SIGTERM."""
    logging.basicConfig(level=logging.INFO)
    credentials = Credentials(os.environ["PORT_CLIENT_ID"], os.environ["PORT_CLIENT_SECRET"])
    url = os.environ["PORT_API_URL"]
    places = repositories(os.environ)
    try:
        async with PortalClient(url, credentials, user_agent="enrich-service") as portal:
            runner = web.AppRunner(Backend(portal, url, credentials.client_secret, places).app())
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", int(os.environ.get("ENRICH_PORT", PORT)))
            await site.start()
            log.info("listening on %s", site.name)
            stop = asyncio.Event()
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
            await stop.wait()
            await runner.cleanup()
    finally:
        await places.close()


if __name__ == "__main__":
    asyncio.run(main())
