"""The commands as people run them: a process, a portal, and a forge on sockets. Sections 10.3 and 11."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fairway.kit.clock import SystemClock
from support.gitops_bitbucket import FakeBitbucket
from support.live import LivePortal

SERVICE = {
    "identifier": "service", "title": "Service",
    "schema": {"properties": {"tier": {"type": "number"}, "version": {"type": "string"}}, "required": []},
    "relations": {"domain": {"target": "domain", "required": False, "many": False}},
}  # fmt: skip
DOMAIN = {"identifier": "domain", "title": "Domain", "schema": {"properties": {}, "required": []}}


class Place:
    """A portal, a forge, and a folder."""

    def __init__(self, portal: LivePortal, forge: FakeBitbucket, folder: Path) -> None:
        self.portal, self.forge, self.folder = portal, forge, folder
        secret = portal.settings.client_secret
        assert secret is not None
        self.environment = {
            "PORT_CLIENT_ID": portal.settings.client_id,
            "PORT_CLIENT_SECRET": secret.get_secret_value(),
            "PORT_API_URL": f"{portal.url}/v1/",
            "BITBUCKET_HOST": f"{forge.url}/",
            "BITBUCKET_USERNAME": "kim",
            "BITBUCKET_PASSWORD": "secret",
            "GITOPS_STATE": str(folder / "ledger.db"),
        }

    def command(self, *words: str, **changes: str) -> Any:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PORT_", "BITBUCKET_"))}
        return asyncio.create_subprocess_exec(
            sys.executable, "-m", "fairway", "gitops", *words, env={**clean, **self.environment, **changes},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=self.folder,
        )  # fmt: skip

    async def run(self, *words: str, **changes: str) -> tuple[int, list[dict[str, Any]], str]:
        """Exit code, lines, and everything that was printed."""
        process = await self.command(*words, **changes)
        out, error = await process.communicate()
        text = out.decode() + error.decode()
        return process.returncode, [json.loads(line) for line in out.decode().splitlines()], text

    async def until(self, identifier: str) -> None:
        """Waits for a service."""
        while identifier not in self.entities("service"):  # noqa: ASYNC110 another process makes it
            await asyncio.sleep(0.1)

    def entities(self, blueprint: str) -> dict[str, dict[str, Any]]:
        with self.portal.login() as client:
            found = client.get(f"/v1/blueprints/{blueprint}/entities").json()["entities"]
            return {each["identifier"]: each for each in found}


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """One kind is enough: the portal's own tests try both."""
    path = tmp_path / "fairway.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
async def place(live_portal: LivePortal, tmp_path: Path) -> AsyncIterator[Place]:
    with live_portal.login() as client:
        for each in (DOMAIN, SERVICE):
            assert client.post("/v1/blueprints", json=each).status_code == 201
    async with FakeBitbucket(SystemClock()) as forge:
        yield Place(live_portal, forge, tmp_path)


def summary(lines: list[dict[str, Any]]) -> dict[str, Any]:
    return next(each for each in lines if each["event"] == "summary")


@pytest.mark.slow
async def test_once_again_changed_and_removed(place: Place) -> None:
    add = place.forge.repositories.add
    one = add("PAY/one", {"port.yml": "identifier: one\nblueprint: service\nproperties: {tier: 1, version: 1.10}\n"})
    add("PAY/two", {"port.yaml": "- {identifier: two, blueprint: service, relations: {domain: late}}\n"})
    add("ZZZ/three", {"port.yml": "identifier: late\nblueprint: domain\n"})
    add("ZZZ/none", {"readme.md": "x"})
    code, lines, text = await place.run("sync", GITOPS_REPORT=str(place.folder / "report.json"))
    assert code == 0, text
    assert summary(lines)["entities"]["created"] == 3
    assert json.loads((place.folder / "report.json").read_bytes())["status"] == "complete"
    found = place.entities("service")
    assert found["one"]["properties"] == {"tier": 1, "version": "1.10"}
    assert found["two"]["relations"]["domain"] == "late"
    assert "secret" not in text
    code, lines, _ = await place.run("sync")
    assert code == 0
    assert summary(lines)["entities"]["created"] == summary(lines)["entities"]["updated"] == 0
    assert summary(lines)["repositories"]["unchanged"] == 4
    one.commit({"port.yml": "identifier: one\nblueprint: service\nproperties: {tier: 2}\n"})
    place.forge.repositories["PAY/two"].commit({"port.yaml": None})
    code, lines, _ = await place.run("sync")
    assert code == 0
    assert place.entities("service")["one"]["properties"] == {"tier": 2, "version": None}
    assert list(place.entities("service")) == ["one"]


@pytest.mark.slow
async def test_a_dry_run_writes_nothing_and_leaves_the_ledger(place: Place) -> None:
    place.forge.repositories.add("PAY/one", {"port.yml": "identifier: one\nblueprint: service\n"})
    code, lines, text = await place.run("sync", "--dry-run")
    assert code == 0, text
    assert summary(lines)["dryRun"]
    assert summary(lines)["entities"]["created"] == 1
    assert place.entities("service") == {}
    code, lines, _ = await place.run("sync")
    assert summary(lines)["entities"]["created"] == 1


@pytest.mark.slow
async def test_exit_codes(place: Place) -> None:
    place.forge.repositories.add("PAY/one", {"port.yml": "identifier: one\nblueprint: servise\n"})
    code, lines, _ = await place.run("sync")
    assert code == 2
    (told,) = [each for each in lines if each["event"] == "diagnostic"]
    assert (told["repository"], told["path"], told["line"], told["code"]) == (
        "PAY/one", "port.yml", 2, "E_BLUEPRINT_UNKNOWN",
    )  # fmt: skip
    code, lines, _ = await place.run("sync")
    assert code == 2, "what was wrong still is"
    _, lines, _ = await place.run("sync", BITBUCKET_PROJECTS_FILTER="pay, nope,")
    assert summary(lines)["repositories"]["listed"] == 1
    (notice,) = [each["message"] for each in lines if each["event"] == "notice"]
    assert notice == 'There is no project "NOPE", or it may not be seen'
    asked = len(place.forge.requests)
    code, _, text = await place.run("sync", PORT_CLIENT_SECRET="wrong")
    assert code == 4, text
    assert len(place.forge.requests) == asked, "the portal is asked first"
    code, _, _ = await place.run("sync", BITBUCKET_PASSWORD="wrong")
    assert code == 4
    assert place.forge.failed_logins["kim"] <= 2
    code, _, _ = await place.run("sync", BITBUCKET_HOST="")
    assert code == 4
    code, _, _ = await place.run("sync", GITOPS_MERGE="perhaps")
    assert code == 4


@pytest.mark.slow
async def test_many_deletions_are_held(place: Place) -> None:
    for number in range(12):
        place.forge.repositories.add(f"PAY/r{number}", {"port.yml": f"identifier: s{number}\nblueprint: service\n"})
    assert (await place.run("sync"))[0] == 0
    for each in place.forge.repositories:
        each.commit({"port.yml": None})
    code, lines, _ = await place.run("sync")
    assert code == 3
    (held,) = [each for each in lines if each["event"] == "held"]
    assert held["deletes"] == 12
    assert len(place.entities("service")) == 12
    code, lines, _ = await place.run("plans")
    assert (code, [each["id"] for each in lines]) == (0, [held["id"]])
    code, _, text = await place.run("approve", "plan_of_others")
    assert code == 1
    assert "There is no held plan" in text
    code, _, text = await place.run("approve", held["id"])
    assert code == 0, text
    assert place.entities("service") == {}
    assert (await place.run("plans"))[1] == [{"plans": 0}]
    _, entries, _ = await place.run("journal")
    assert len(entries) == 12
    code, _, text = await place.run("restore", entries[0]["id"])
    assert code == 0, text
    assert list(place.entities("service")) == [entries[0]["identifier"]]
    assert (await place.run("sync"))[0] == 0
    assert len(place.entities("service")) == 1


@pytest.mark.slow
async def test_a_held_plan_may_be_discarded(place: Place) -> None:
    for number in range(12):
        place.forge.repositories.add(f"PAY/r{number}", {"port.yml": f"identifier: s{number}\nblueprint: service\n"})
    assert (await place.run("sync"))[0] == 0
    for each in place.forge.repositories:
        each.commit({"port.yml": None})
    _, lines, _ = await place.run("sync")
    (held,) = [each for each in lines if each["event"] == "held"]
    code, lines, text = await place.run("discard", held["id"])
    assert code == 0, text
    assert (await place.run("sync"))[0] == 0
    assert len(place.entities("service")) == 12


@pytest.mark.slow
async def test_secrets_may_come_from_files(place: Place) -> None:
    place.forge.repositories.add("PAY/one", {"port.yml": "identifier: one\nblueprint: service\n"})
    (place.folder / "password").write_text("secret\n")
    code, _, text = await place.run(
        "sync", BITBUCKET_PASSWORD="", BITBUCKET_PASSWORD_FILE=str(place.folder / "password")
    )
    assert code == 0, text


@pytest.mark.slow
async def test_watching_ends_with_a_signal(place: Place) -> None:
    repository = place.forge.repositories.add("PAY/one", {"port.yml": "identifier: one\nblueprint: service\n"})
    process = await place.command("watch", "--interval", "1s")
    try:
        async with asyncio.timeout(60):
            await place.until("one")
            repository.commit({"port.yml": "identifier: two\nblueprint: service\n"})
            await place.until("two")
        process.send_signal(signal.SIGTERM)
        out, _ = await asyncio.wait_for(process.communicate(), 60)
        lines = [json.loads(line) for line in out.decode().splitlines()]
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0
    assert [each for each in lines if each["event"] == "summary"]
    assert "one" in place.entities("service"), "its grace is not over"


@pytest.mark.slow
async def test_the_forge_or_the_portal_is_down(place: Place) -> None:
    async with FakeBitbucket(SystemClock()) as gone:
        url = gone.url
    code, _, text = await place.run("sync", BITBUCKET_HOST=url)
    assert code == 5, text
