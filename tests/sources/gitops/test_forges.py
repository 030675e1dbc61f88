"""Each kind of forge, from a source in the portal to an entity and back to a link."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fairway.gitops.hooks import git_signature
from fairway.kit.settings import Settings
from support.git_http import BareRepository, git_server
from support.gitops_bitbucket import FakeBitbucket
from support.gitops_desk import BASE, HOOK_SECRET, Desk
from support.gitops_gitea import FakeGitea
from support.gitops_github import FakeGitHub
from support.gitops_gitlab import FakeGitLab
from support.gitops_server import ForgeServer
from support.gitops_world import spec

FORGES: dict[str, tuple[type[ForgeServer], dict[str, Any]]] = {
    "github": (FakeGitHub, {"settings": {"organisation": "PAY"}, "secrets": {"token": "gh-token"}}),
    "gitlab": (FakeGitLab, {"secrets": {"token": "glpat-good"}}),
    "gitea": (FakeGitea, {"settings": {"organisation": ""}, "secrets": {"token": "gitea-good"}}),
    "bitbucket-server": (
        FakeBitbucket,
        {"settings": {"projects": ["pay"], "username": "kim"}, "secrets": {"password": "secret"}},
    ),
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", FORGES)
async def test_a_forge_from_end_to_end(desk: Desk, kind: str) -> None:
    make, login = FORGES[kind]
    login = {**login, "settings": {name: value for name, value in login.get("settings", {}).items() if value}}
    async with make() as server:
        files = {"port.yml": "identifier: one\nblueprint: service\nproperties: {readme: file://R.md}\n", "R.md": "hi"}
        server.add_repository("PAY/one", files)
        server.add_repository("PAY/two", {"port.yaml": spec("two", tier=2)})
        draft = {"kind": kind, "url": server.url, **login}
        checked = (await desk.client.post(f"{BASE}/sources/check", json=draft)).json()
        assert (checked["problem"], checked["repositories"]) == (None, 2)
        await desk.connect(kind, server.url, **login)
        await desk.settle()
        state = (await desk.source())["state"]
        assert (state["status"], state["pass"]["figures"]["created"]) == ("complete", 2), state
        one = await desk.entity("one")
        assert one is not None
        assert one["properties"]["readme"] == "hi"
        (claim,) = await desk.claims("two")
        assert claim["repository"]["label"].lower() == "pay/two"
        assert claim["repository"]["url"].startswith("http")
        assert "port.yaml" in claim["url"]


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Repositories of this machine may lie in one folder."""
    return settings.model_copy(update={"gitops_local_folder": tmp_path / "open"})


async def test_plain_git_of_this_machine_where_a_folder_is_open(desk: Desk, tmp_path: Path) -> None:
    bare = BareRepository.create(tmp_path / "open" / "team" / "a.git")
    BareRepository.create(tmp_path / "closed" / "b.git").commit({"port.yml": spec("secret")})
    bare.commit({"port.yml": spec("a", tier=1)})
    for url in (tmp_path / "closed", f"file://{tmp_path}/closed/b.git", f"{tmp_path}/open/../closed/b.git"):
        body = {"title": "x", "kind": "git", "url": str(url)}
        assert (await desk.client.post(f"{BASE}/sources", json=body)).status_code == 422
    (tmp_path / "open" / "link").symlink_to(tmp_path / "closed")
    body = {"title": "x", "kind": "git", "url": str(tmp_path / "open" / "link")}
    assert (await desk.client.post(f"{BASE}/sources", json=body)).status_code == 422
    source = await desk.connect("git", str(tmp_path / "open"), secrets={"webhookSecret": HOOK_SECRET})
    await desk.settle()
    assert (await desk.source())["state"]["status"] == "complete"
    assert await desk.entity("a") is not None
    assert await desk.entity("secret") is None
    (repository,) = (await desk.get("/repositories"))["repositories"]
    assert (repository["label"], repository["url"]) == ("team/a", "")
    bare.commit({"port.yml": spec("a", tier=2)})
    notice = json.dumps({"url": f"file://{bare.path}", "ref": "refs/heads/main", "after": "1" * 40}).encode()
    stamp = str(int(datetime.now(UTC).timestamp()))
    signature = git_signature(HOOK_SECRET, stamp, notice)
    headers = {"x-portal-timestamp": stamp, "x-portal-signature-256": signature}
    assert (await desk.notify(headers, notice, source["id"])).status_code == 202
    rows = await desk.portal.db.read(lambda tx: tx.raw("SELECT document FROM gitops_notice"))
    assert "refs/heads/main" in str(rows[0][0])


async def test_several_clone_urls_with_a_login_and_a_page(desk: Desk, tmp_path: Path) -> None:
    async with git_server(tmp_path / "served") as server:
        server.password = "t0ken"
        for name in ("a", "b"):
            BareRepository.create(tmp_path / "served" / f"{name}.git").commit({"port.yml": spec(name, tier=1)})
        urls = [f"{server.url}/{name}.git" for name in ("a", "b")]
        page = "https://cgit.example/{label}/tree/{path}?id={commit}#n{line}"
        named = {"repositories": urls, "webUrl": page, "username": "x-token"}
        await desk.connect("git", "", settings=named, secrets={"token": "t0ken"})
        await desk.settle()
        state = (await desk.source())["state"]
        assert (state["status"], state["pass"]["figures"]["created"]) == ("complete", 2), state
        (claim,) = await desk.claims("a")
        assert claim["url"].startswith("https://cgit.example/a/tree/port.yml?id=")
        assert claim["url"].endswith("#n1")
