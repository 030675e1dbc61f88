"""A portal of ours on a socket, with its background work, and what tests do at it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fairway.client import PortalClient
from fairway.portal.app import create_app
from fairway.portal.services import Portal
from fairway.portal.worker import Background
from support.agents import Running, polling
from support.relay import portal_client, served

ACTION = "deploy"


class OwnPortal:
    """A served portal with one action after another."""

    def __init__(self, portal: Portal, url: str, client: PortalClient) -> None:
        self.portal = portal
        self.url = url
        self.client = client

    async def action(self, url: str, identifier: str = ACTION, **method: Any) -> None:
        """An action whose webhook agents deliver."""
        invocation = {
            "type": "WEBHOOK",
            "agent": True,
            "synchronized": True,
            "url": url,
            "body": {"n": "{{ .inputs.n }}"},
        }
        trigger = {"type": "self-service", "operation": "CREATE",
                   "userInputs": {"properties": {"n": {"type": "string"}}, "required": []}}  # fmt: skip
        document = {
            "identifier": identifier,
            "trigger": trigger,
            "invocationMethod": {**invocation, "body": {"n": "{{ .inputs.n }}"}, **method},
        }
        await self.client.post("/actions", document)

    async def start(self, count: int = 1, identifier: str = ACTION) -> list[str]:
        """Runs of the action."""
        bodies = [{"properties": {"n": str(number)}} for number in range(count)]
        answers = await asyncio.gather(*(self.client.post(f"/actions/{identifier}/runs", body) for body in bodies))
        return [answer["run"]["id"] for answer in answers]

    async def run(self, run_id: str) -> dict[str, Any]:
        """A run."""
        return dict((await self.client.get(f"/actions/runs/{run_id}"))["run"])

    async def logs(self, run_id: str) -> list[str]:
        """Its log."""
        answer = await self.client.get(f"/actions/runs/{run_id}/logs", limit=50)
        return [line["message"] for line in answer["runLogs"]]

    async def ended(self, ids: list[str], seconds: float = 60) -> list[str]:
        """Waits for runs to end; their statuses."""
        async with asyncio.timeout(seconds):
            while True:
                found = [(await self.run(run_id))["status"] for run_id in ids]
                if "IN_PROGRESS" not in found:
                    return found
                await asyncio.sleep(0.02)

    def credentials(self) -> dict[str, str]:
        """Variables of an agent here."""
        secret = self.portal.settings.client_secret
        assert secret is not None
        return {"PORT_CLIENT_ID": self.portal.settings.client_id, "PORT_CLIENT_SECRET": secret.get_secret_value()}

    @asynccontextmanager
    async def agent(self, folder: Path, **changes: str) -> AsyncIterator[Running]:
        """An agent at this portal."""
        async with polling(self.url, folder, **{**self.credentials(), **changes}) as running:
            yield running


@asynccontextmanager
async def own_portal(portal: Portal) -> AsyncIterator[OwnPortal]:
    """Serves a portal, with its background work."""
    background = Background(portal)
    background.start()
    app = create_app(portal)
    async with served(app) as url, portal_client(app, portal.settings) as client:
        yield OwnPortal(portal, url, client)
        portal.stopping.set()
    await background.stop()


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Waits."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 the condition is the test's
            await asyncio.sleep(0.005)
