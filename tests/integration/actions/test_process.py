"""A process that only carries out actions, killed in the middle (contract section 12.1; row 24 of section 24)."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from fairway.integration.actions.executor import Executor
from fairway.integration.definition import Integration
from fairway.integration.manifest.spec import Spec
from fairway.integration.runtime.actions import check_actions
from fairway.integration.settings.load import load_settings
from fairway.integration.testing.third_party import FakeThirdParty
from fairway.kit.errors import InvalidRequest
from support.integration_folders import write
from support.integration_process import IntegrationProcess
from support.live import LivePortal

from .conftest import NAME, Recorded, action

_MAIN = """
import asyncio

from fairway.integration.actions import Executor
from fairway.integration.definition import Integration

integration = Integration("forge")


@integration.on_resync("item")
async def items(context):
    return []


@integration.action
class Dispatch(Executor):
    name = "dispatch_workflow"

    async def execute(self, run):
        http = self.context.http.view(self.context.config.api_url)
        answer = await http.send("POST", "/builds", json=dict(run.properties))
        if answer.json["wait"]:
            await asyncio.Event().wait()
        await self.runs.succeed(run, label="Built")
"""
_SPEC = {
    "title": "Forge",
    "actionsProcessingEnabled": True,
    "actions": [{"name": NAME}],
    "configurations": [{"name": "apiUrl", "type": "url", "required": True}],
}


@pytest.fixture
async def party() -> AsyncIterator[FakeThirdParty]:
    async with FakeThirdParty() as server:
        yield server


@pytest.fixture
async def process(live_portal: LivePortal, party: FakeThirdParty, tmp_path: Path) -> AsyncIterator[IntegrationProcess]:
    files = {
        "main.py": _MAIN,
        "pyproject.toml": '[project]\nname = "forge"\nversion = "1.0.0"\n',
        ".port/spec.yaml": json.dumps(_SPEC),
    }
    made = IntegrationProcess(
        write(tmp_path / "forge", **files),
        live_portal,
        party.url,
        OCEAN__INTEGRATION__IDENTIFIER="my-forge",
        OCEAN__EVENT_LISTENER__TYPE="ACTIONS_ONLY",
        OCEAN__ACTIONS_PROCESSOR__ENABLED="true",
        OCEAN__ACTIONS_PROCESSOR__POLL_CHECK_INTERVAL_SECONDS="0.1",
    )
    yield made
    with suppress(AssertionError, ProcessLookupError):
        await made.end(signal.SIGKILL)


def _started(portal: LivePortal) -> str:
    with portal.login() as client:
        client.post("/v1/actions", json=action()).raise_for_status()
        return _again(client)


def _again(client: httpx.Client) -> str:
    found: str = client.post("/v1/actions/deploy/runs", json={"properties": {}}).raise_for_status().json()["run"]["id"]
    return found


def _run(portal: LivePortal, run_id: str) -> dict[str, Any]:
    with portal.login() as client:
        found: dict[str, Any] = client.get(f"/v1/actions/runs/{run_id}").json()["run"]
        return found


async def _ended(portal: LivePortal, run_id: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while (run := await asyncio.to_thread(_run, portal, run_id))["status"] == "IN_PROGRESS":  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return run


@pytest.mark.slow
async def test_a_killed_process_answers_for_its_run_when_it_is_back(
    process: IntegrationProcess, live_portal: LivePortal, party: FakeThirdParty
) -> None:
    party.on("POST", "/builds", {"wait": True}, {"wait": False})
    lost = await asyncio.to_thread(_started, live_portal)
    await process.start()
    async with asyncio.timeout(30):
        while not party.asked:  # noqa: ASYNC110 nobody tells
            await asyncio.sleep(0.02)
    await process.end(signal.SIGKILL)
    await process.start()
    run = await _ended(live_portal, lost)
    assert (run["status"], run["statusLabel"]) == ("FAILURE", "Agent restarted")
    with live_portal.login() as client:
        run_id = _again(client)
    assert (await _ended(live_portal, run_id))["statusLabel"] == "Built"
    async with httpx.AsyncClient() as web:
        status = (await web.get(f"{process.url}/status")).json()
    assert (status["listener"], status["actions"]["executed"]) == ("ACTIONS_ONLY", 1)
    assert await process.end() == 0


def _settings(tmp_path: Path, **environment: str) -> Any:
    given = {"OCEAN__PORT__CLIENT_ID": "a", "OCEAN__PORT__CLIENT_SECRET": "b", **environment}
    return load_settings(given, tmp_path, overrides=None, config_model=None, default_type="forge").settings


@pytest.mark.parametrize(
    ("settings", "offered", "executors", "said"),
    [
        (
            {"OCEAN__EVENT_LISTENER__TYPE": "ACTIONS_ONLY"},
            True,
            [Recorded],
            "ACTIONS_PROCESSOR__ENABLED has to be true",
        ),
        ({"OCEAN__ACTIONS_PROCESSOR__ENABLED": "true"}, False, [Recorded], "actionsProcessingEnabled"),
        ({"OCEAN__ACTIONS_PROCESSOR__ENABLED": "true"}, True, [], "registers no executor"),
        ({"OCEAN__ACTIONS_PROCESSOR__ENABLED": "true"}, True, [Recorded], None),
        ({}, False, [], None),
    ],
)
def test_settings_that_ask_for_actions_nobody_has_are_refused(
    tmp_path: Path, settings: dict[str, str], offered: bool, executors: list[type[Executor]], said: str | None
) -> None:
    integration = Integration("forge")
    for each in executors:
        integration.action(each)
    spec = Spec.model_validate({"actionsProcessingEnabled": offered})
    if said is None:
        check_actions(_settings(tmp_path, **settings), spec, integration)
    else:
        with pytest.raises(InvalidRequest, match=said):
            check_actions(_settings(tmp_path, **settings), spec, integration)


def test_two_executors_of_one_action_are_refused() -> None:
    integration = Integration("forge")
    integration.action(Recorded)
    with pytest.raises(ValueError, match="Two executors"):
        integration.action(Recorded)
