"""A portal behind a socket with an action and a workflow of an integration, and the integration that executes them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from fairway.client import PortalClient
from fairway.integration.actions import ActionFigures, ActionRun, Actions, Executor, Runs
from fairway.integration.actions.claims import Claims
from fairway.integration.actions.journal import ActionJournal
from fairway.integration.caching import Cache
from fairway.integration.definition import Context, Integration
from fairway.integration.http import ThirdPartyHttp
from fairway.integration.model import Trigger
from fairway.kit.clock import ManualClock
from fairway.kit.logs import get_logger
from fairway.kit.settings import Settings
from support.integrations import QUICK, Watched, credentials
from support.relay import served
from support.run_desk import Desk

INSTALLATION = "my-forge"
NAME = "dispatch_workflow"
PROPERTIES = {"org": "acme", "repo": "shop", "workflow": "deploy.yml"}
FIGURES = ActionFigures(workers=3, poll_seconds=0.05, visibility_ms=60_000, drain_seconds=5)


class Recorded(Executor):
    """Notes what it is given, and does what the test says."""

    name = NAME
    seen: list[ActionRun]
    act: Callable[[ActionRun], Any]
    limited = 0

    async def execute(self, run: ActionRun) -> None:
        self.seen.append(run)
        await self.act(run)

    async def partition_key(self, run: ActionRun) -> str | None:
        found = run.properties.get("workflowInputs", {}).get("key")
        return found if isinstance(found, str) else None

    async def is_close_to_rate_limit(self, run: ActionRun) -> bool:
        return self.limited > 0

    async def get_remaining_seconds_until_rate_limit(self, run: ActionRun) -> float:
        self.limited -= 1
        return 0.01


class Lasting(Recorded):
    """Can go on after a crash."""

    resumable = True


@dataclass
class ActionWorld:
    """Everything a test touches."""

    client: httpx.AsyncClient
    desk: Desk
    watched: Watched
    portal: PortalClient
    path: Path
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime.now(UTC)))
    seen: list[ActionRun] = field(default_factory=list)
    limited: int = 0
    runs: Runs | None = None

    @asynccontextmanager
    async def running(
        self,
        act: Callable[[ActionRun, Runs], Any],
        *,
        executor: type[Recorded] = Recorded,
        figures: ActionFigures = FIGURES,
        name: str = NAME,
    ) -> AsyncIterator[Actions]:
        """The integration, until the block ends."""
        journal = ActionJournal(self.path, self.clock)
        await journal.open()
        self.runs = runs = Runs(self.portal, journal)
        http = ThirdPartyHttp()
        context = Context(Integration(), {}, Trigger.REQUEST, http, Cache(), self.clock, get_logger("test"))
        made = executor(context, runs)
        made.seen, made.limited, made.act = self.seen, self.limited, lambda run: act(run, runs)
        actions = Actions(
            Claims(self.portal, INSTALLATION, figures.visibility_ms), journal, runs, {name: made}, figures
        )
        stop, over = asyncio.Event(), asyncio.Event()
        tasks = [asyncio.create_task(actions.run(stop)), asyncio.create_task(runs.deliver(over))]
        try:
            yield actions
        finally:
            stop.set()
            await tasks[0]
            over.set()
            await tasks[1]
            await runs.flush()
            await http.aclose()
            await journal.aclose()

    async def ended(self, run_id: str) -> dict[str, Any]:
        """A run of the action, once it is over; pauses of reports pass meanwhile."""
        async with asyncio.timeout(10):
            while (run := await self.desk.get(run_id))["status"] == "IN_PROGRESS":
                self.clock.advance(seconds=1)
                await asyncio.sleep(0.01)
        return run

    async def until(self, reached: Callable[[], Any]) -> None:
        """Waits for something."""
        async with asyncio.timeout(10):
            while not reached():  # noqa: ASYNC110 nobody tells
                await asyncio.sleep(0.005)


def action(identifier: str = "deploy", key: str | None = None) -> dict[str, Any]:
    """An action that the integration executes."""
    properties: Mapping[str, Any] = {**PROPERTIES, **({"workflowInputs": {"key": key}} if key else {})}
    return {
        "identifier": identifier,
        "title": identifier.title(),
        "trigger": {"type": "self-service", "operation": "CREATE", "userInputs": {"properties": {}}},
        "invocationMethod": {
            "type": "INTEGRATION_ACTION",
            "installationId": INSTALLATION,
            "integrationActionType": NAME,
            "integrationActionExecutionProperties": properties,
        },
        "publish": True,
    }


@pytest.fixture
async def world(
    app: FastAPI, client: httpx.AsyncClient, settings: Settings, tmp_path: Path
) -> AsyncIterator[ActionWorld]:
    """One action named "deploy"."""
    watched = Watched(app)
    async with (
        served(watched) as url,
        PortalClient(url, credentials(settings), retry=QUICK) as portal,
    ):
        found = ActionWorld(client, Desk(client), watched, portal, tmp_path / "integration.actions")
        await found.desk.put(action())
        yield found
