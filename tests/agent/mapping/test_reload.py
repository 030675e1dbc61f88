"""Mappings are replaced while work goes on, and a dry run shows what they do (contract 17)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from fairway.agent.assembly import build_executor, read_mappings
from fairway.agent.environment import Environment
from fairway.agent.identity import Identity
from fairway.agent.runtime.watching import Watcher
from fairway.agent.settings import load_settings
from fairway.kit.errors import InvalidRequest
from support.targets import SECRET, Received, Target, claimed, executing, mapped, serving


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    async with serving() as found:
        yield found


async def test_work_under_way_finishes_with_the_old_mappings(target: Target) -> None:
    go_on = asyncio.Event()

    async def wait(request: web.Request, received: Received) -> web.StreamResponse:
        await go_on.wait()
        return web.Response(text="answer")

    # evaluated by libjq in a worker process, which has to stay until the report is made
    summary = '.response.text | @sh "old \\(.)" | ltrimstr("x") | [splits(" ")] | join(" ")'
    target.answers.append(wait)
    async with executing([{"body": {"by": '"old"'}, "report": {"summary": summary}}]) as executor:
        task = asyncio.create_task(executor.execute(claimed(target.url)))
        await target.arrived.wait()
        executor.replace(mapped([{"body": {"by": '"new"'}}]))
        assert (await executor.execute(claimed(target.url))).status is None
        go_on.set()
        report = await task
        assert report.summary == "old 'answer'"
        assert [each.json["by"] for each in target.requests] == ["old", "new"]


async def test_many_replacements_under_load(target: Target) -> None:
    async with executing([{"body": {"by": "0"}}]) as executor:

        async def replace() -> None:
            for number in range(1, 20):
                executor.replace(mapped([{"body": {"by": f"[{number}] | first(.[])"}}]))
                await asyncio.sleep(0.005)

        replacing = asyncio.create_task(replace())
        reports = await asyncio.gather(*(executor.execute(claimed(target.url, run_id=f"r_{at}")) for at in range(200)))
        await replacing
        assert all(report.status is None and report.attempts == 1 for report in reports)


async def test_a_changed_file_takes_effect_without_restart(target: Target, tmp_path: Path) -> None:
    path = tmp_path / "mapping.json"
    path.write_text('[{"body": {"by": "1"}, "headers": {"X-Token": "env.CI_TOKEN"}}]')
    token = tmp_path / "token"
    token.write_text("first-token")
    identity = _identity(path, token)
    executor = build_executor(identity, read_mappings(identity.settings, identity.environment))
    watcher = Watcher(identity, executor, path)

    async def sent() -> tuple[int, str]:
        watcher.look()
        await executor.execute(claimed(target.url))
        return target.last.json["by"], target.last.headers["x-token"]

    assert await sent() == (1, "first-token")
    path.write_text('[{"body": {"by": "22"}, "headers": {"X-Token": "env.CI_TOKEN"}}]')
    assert await sent() == (22, "first-token")
    path.write_text('[{"body": {"by": "("}}]')
    assert await sent() == (22, "first-token"), "a broken file changes nothing"
    path.unlink()
    assert await sent() == (22, "first-token")
    path.write_text('[{"body": {"by": "333"}, "headers": {"X-Token": "env.CI_TOKEN"}}]')
    token.write_text("second token")
    assert await sent() == (333, "second token")
    await executor.aclose()


def _identity(path: Path, token: Path) -> Identity:
    environment = Environment(
        {
            "PORT_ORG_ID": "o", "PORT_CLIENT_ID": "i", "PORT_CLIENT_SECRET": SECRET, "STREAMER_NAME": "POLLING",
            "CONTROL_THE_PAYLOAD_CONFIG_PATH": str(path), "CI_TOKEN_FILE": str(token),
        }
    )  # fmt: skip
    return Identity(load_settings(environment), environment)


# --- dry runs


RUN = {
    "id": "r_1", "action": {"identifier": "deploy"},
    "payload": {"type": "WEBHOOK", "agent": True, "url": "http://nowhere.invalid/x", "body": {"env": "dev"}},
}  # fmt: skip
DOCUMENT: list[dict[str, Any]] = [
    {"name": "prod", "enabled": '.env == "prod"'},
    {"name": "broken", "enabled": ".env | keys | true"},
    {
        "name": "dev", "enabled": '.env == "dev"', "headers": {"Authorization": '"Bearer " + env.CI_TOKEN'},
        "body": {"env": ".env", "bad": '.env | error("no")'}, "report": {"link": ".response.json.url"},
    },
]  # fmt: skip


async def test_a_dry_run_shows_request_and_report_and_sends_nothing() -> None:
    async with executing(DOCUMENT, env={"CI_TOKEN": "token-0123456789"}) as executor:
        shown = await executor.explain(RUN, {"statusCode": 201, "json": {"url": "http://x/1"}})
    json.dumps(shown)
    assert (shown["kind"], shown["id"], shown["matched"], shown["problem"]) == ("run", "r_1", "dev", None)
    prod, broken, dev = shown["mappings"]
    assert (prod["matched"], prod["reason"]) == (False, "enabled is false, not true")
    assert broken["reason"].startswith("enabled failed: ")
    assert dev["matched"]
    assert shown["request"]["body"] == {"env": "dev", "bad": None}
    assert shown["request"]["headers"]["Authorization"] == "***"
    assert shown["request"]["headers"]["X-Port-Signature"] == "***"
    assert shown["report"]["link"] == "http://x/1"
    assert any("[2].body.bad" in note for note in shown["notes"])
    assert "token-0123456789" not in json.dumps(shown)
    assert SECRET not in json.dumps(shown)


async def test_a_dry_run_of_what_does_not_work() -> None:
    async with executing([{"name": "m", "enabled": False}]) as executor:
        shown = await executor.explain(RUN)
        assert (shown["matched"], shown["request"], shown["report"]) == (None, None, None)
    async with executing([{"name": "m", "url": "null"}]) as executor:
        shown = await executor.explain(RUN)
        assert shown["matched"] == "m"
        assert "There is no URL to call" in shown["problem"]
    async with executing([{"name": "m", "url": '"http://169.254.169.254/"'}]) as executor:
        assert "metadata" in (await executor.explain(RUN))["problem"]


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (RUN, "run"),
        ({"identifier": "wfnr_1", "config": {"type": "WEBHOOK", "agent": True, "url": "http://x"}}, "node"),
        ({"changelogDestination": {"agent": True, "url": "http://x"}}, "changelog"),
        ({"context": {"runId": "r_1"}, "payload": {"action": {"invocationMethod": {"agent": True, "url": "http://x"}}}},
         "run"),
    ],
)  # fmt: skip
async def test_dry_runs_know_every_shape(message: Any, kind: str) -> None:
    async with executing([{}]) as executor:
        shown = await executor.explain(message)
    assert (shown["kind"], shown["matched"], shown["problem"]) == (kind, "[0]", None)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (None, "has to be a JSON object"), ([], "has to be a JSON object"), ({}, "none that is known"),
        ({"changelogDestination": {"url": "x"}}, "pass over this message"), ({"payload": {"type": "X"}}, 'has no "id"'),
    ],
)  # fmt: skip
async def test_dry_runs_of_strangers(message: Any, told: str) -> None:
    async with executing([{}]) as executor:
        with pytest.raises(InvalidRequest, match=told):
            await executor.explain(message)


async def test_a_made_up_answer_has_a_shape() -> None:
    async with executing([{}]) as executor:
        assert "needs" in (await executor.explain(RUN, {"statusCode": "200"}))["problem"]
