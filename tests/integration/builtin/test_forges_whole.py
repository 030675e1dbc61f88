"""Forges that ship with Fairway, from their server to the entities of a real portal: blueprints install, everything is
written, a second run changes nothing, and a signed event arrives."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from fairway.integration.folder import load_integration
from fairway.integrations import locate
from fairway.integrations.bitbucket_server.tests import server as bitbucket
from fairway.integrations.github.tests import server as github
from fairway.integrations.gitlab.tests import server as gitlab
from support.integration_process import IntegrationProcess
from support.live import LivePortal

SECRET = "a secret of the harbor"
CONFIG = "OCEAN__INTEGRATION__CONFIG__"
pytestmark = pytest.mark.slow


def environment(kind: str, url: str, folder: Path) -> dict[str, str]:
    """Of one of them."""
    own = {
        "github": {"GITHUB_HOST": url, "GITHUB_TOKEN": github.TOKEN, "GITHUB_ORGANIZATION": github.ORG},
        "gitlab-v2": {"GITLAB_HOST": url, "GITLAB_TOKEN": gitlab.TOKEN},
        "bitbucket-server": {"BITBUCKET_BASE_URL": url, "BITBUCKET_TOKEN": bitbucket.TOKEN},
    }[kind]
    named = {f"{CONFIG}{name}": value for name, value in {**own, "WEBHOOK_SECRET": SECRET}.items()}
    return {**named, "OCEAN__STATE_PATH": str(folder / "state.sqlite"), "OCEAN__INTEGRATION__IDENTIFIER": kind}


def entities(portal: LivePortal, blueprint: str) -> set[str]:
    """Their identifiers."""
    with portal.login() as client:
        found = client.get(f"/v1/blueprints/{blueprint}/entities").json().get("entities", [])
    return {each["identifier"] for each in found}


async def take_every_kind(process: IntegrationProcess, kind: str) -> None:
    """Those that are no default, too, are in the mapping from now on."""
    more = [each["kind"] for each in load_integration(locate(kind)).resources.more]
    if more:
        (told,) = await process.command("defaults", "add", kind, *more)
        assert told["kinds"] == more
        assert (await process.command("defaults", "add", kind, *more))[0]["kinds"] == []


def kinds(process: IntegrationProcess, count: str) -> set[str]:
    """Kinds of whose mapped items all are counted so."""
    told = [each for each in process.records if each.get("event") == "kind"]
    return {each["kind"] for each in told if each["counts"]["mapped"] == each["counts"].get(count)}


@pytest.fixture
async def processes() -> AsyncIterator[list[IntegrationProcess]]:
    """Those that are started; what is left of them is killed."""
    made: list[IntegrationProcess] = []
    yield made
    for each in made:
        with suppress(AssertionError, ProcessLookupError):
            await each.end(signal.SIGKILL)


@pytest.mark.parametrize("kind", ["github", "gitlab-v2", "bitbucket-server"])
async def test_everything_is_written_and_then_left_alone(
    kind: str, live_portal: LivePortal, tmp_path: Path, processes: list[IntegrationProcess]
) -> None:
    servers = {"github": github.GitHubServer, "gitlab-v2": gitlab.GitLabServer}
    loaded = load_integration(locate(kind))
    default = {each["kind"] for each in (loaded.resources.mapping or {})["resources"]}
    async with servers.get(kind, bitbucket.BitbucketServer)() as server:
        process = IntegrationProcess(locate(kind), live_portal, "", **environment(kind, server.url, tmp_path))
        processes.append(process)
        for count, wanted in (("loaded", default), ("unchanged", default)):
            await process.start("--once")
            assert await process.code() == 0, process.records
            assert kinds(process, count) == wanted
        await take_every_kind(process, kind)
        for _ in range(2):
            await process.start("--once")
            assert await process.code() == 0, process.records
        assert kinds(process, "unchanged") == loaded.integration.kinds


def _signed(payload: Any) -> tuple[bytes, str]:
    body = orjson.dumps(payload)
    return body, "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


def github_event() -> tuple[bytes, dict[str, str]]:
    """An issue is deleted."""
    payload = {
        "action": "deleted",
        "issue": github.example("issue")[0],
        "repository": github.example("repository")[0],
        "organization": {"login": github.ORG},
    }
    body, signature = _signed(payload)
    return body, {"X-GitHub-Event": "issues", "X-Hub-Signature-256": signature}


def gitlab_event() -> tuple[bytes, dict[str, str]]:
    """A release is deleted."""
    payload = {"object_kind": "release", "action": "delete", "tag": "v1.4.0", "project": {"id": 101}}
    return orjson.dumps(payload), {"X-Gitlab-Token": SECRET}


@pytest.mark.parametrize(
    ("kind", "event", "blueprint", "identifier"),
    [
        ("github", github_event, "githubIssue", "tide-api/7"),
        ("gitlab-v2", gitlab_event, "gitlabRelease", "harbor/tide-api/v1.4.0"),
    ],
)
async def test_an_event_arrives(
    kind: str,
    event: Callable[[], tuple[bytes, dict[str, str]]],
    blueprint: str,
    identifier: str,
    live_portal: LivePortal,
    tmp_path: Path,
    processes: list[IntegrationProcess],
) -> None:
    async with github.GitHubServer() if kind == "github" else gitlab.GitLabServer() as server:
        process = IntegrationProcess(locate(kind), live_portal, "", **environment(kind, server.url, tmp_path))
        processes.append(process)
        await process.start("--once")
        assert await process.code() == 0, process.records
        await take_every_kind(process, kind)
        await process.start()
        assert (await process.until("ended"))["state"] == "completed"
        assert identifier in await asyncio.to_thread(entities, live_portal, blueprint)
        assert [hook["active"] if kind == "github" else hook["push_events"] for hook in server.hooks] == [True]
        body, headers = event()
        async with httpx.AsyncClient() as client:
            url = f"{process.url}/integration/webhook"
            assert (await client.post(url, content=body, headers=headers)).status_code == 202
            assert (
                await client.post(url, content=body + b" ", headers={**headers, "X-Gitlab-Token": ""})
            ).status_code == 401
        for _ in range(200):
            if identifier not in await asyncio.to_thread(entities, live_portal, blueprint):
                break
            await asyncio.sleep(0.05)
        assert identifier not in await asyncio.to_thread(entities, live_portal, blueprint)
        assert await process.end() == 0
