"""Plain git over SSH, against a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from fairway.gitops.forges.base import Examined, Wanted
from fairway.gitops.forges.errors import CircuitOpen, ForgeRefused, ForgeUnavailable, RepositoryGone
from fairway.gitops.forges.git.client import GitForge
from fairway.gitops.forges.git.settings import GitSettings, SshLogin
from fairway.gitops.forges.http import HttpOptions
from fairway.gitops.model import EntityKey, Repository
from fairway.gitops.patterns import Patterns
from fairway.gitops.scaffold.flow import scaffold
from fairway.gitops.scaffold.model import EntityChange, Outcome, ScaffoldRequest
from fairway.gitops.scaffold.opening import open_workspace
from fairway.kit.clock import SystemClock
from support.git_ssh import SshServer, ssh_server

ALL = Wanted(Patterns())


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SshServer]:
    async with ssh_server(tmp_path / "ssh") as found:
        yield found


async def _no_sleep(seconds: float) -> None:
    """Nobody waits in tests."""


def forge_of(server: SshServer, **changes: Path) -> GitForge:
    login = replace(SshLogin(server.key, server.known_hosts), **changes)  # type: ignore[arg-type]  # names of its fields
    settings = GitSettings(gitolite=f"ssh://git@127.0.0.1:{server.port}", ssh=login)
    return GitForge(settings, HttpOptions(sleep=_no_sleep))


@pytest.fixture
async def forge(server: SshServer) -> AsyncIterator[GitForge]:
    found = forge_of(server)
    yield found
    await found.close()


async def the_only(forge: GitForge) -> Repository:
    [found] = [each async for page in forge.listing() for each in page]
    return found


def text(found: Examined) -> dict[str, bytes | None]:
    return {path: each.content for path, each in found.files.items()}


@pytest.mark.parametrize("version_2", [True, False])
@pytest.mark.parametrize("filters", ["true", "false"])
async def test_reads_over_ssh(forge: GitForge, server: SshServer, version_2: bool, filters: str) -> None:
    server.version_2 = version_2
    bare = server.create("a.git")
    bare.configure("uploadpack.allowFilter", filters)
    repository = await the_only(forge)
    assert (repository.label, repository.id) == ("a", f"ssh://127.0.0.1:{server.port}/a")
    assert (await forge.examine(repository, ALL)).tip is None
    first = bare.commit({"port.yml": "one", "doc.md": "doc"})
    found = await forge.examine(repository, ALL)
    assert (found.tip, text(found)) == (("main", first), {"port.yml": b"one"})
    assert await forge.read(repository, first, "doc.md", 10) == b"doc"
    server.commands.clear()
    assert (await forge.examine(repository, replace(ALL, known_tip=first))).unchanged
    assert len(server.commands) == 1
    assert set(server.users) == {"git"}


async def test_a_missing_repository(forge: GitForge, server: SshServer) -> None:
    server.create("a.git")
    repository = replace(await the_only(forge), address={"clone": f"ssh://git@127.0.0.1:{server.port}/none';id"})
    with pytest.raises(RepositoryGone):
        await forge.examine(repository, ALL)


async def test_an_unknown_host_key_is_not_believed(server: SshServer, tmp_path: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    (tmp_path / "other_hosts").write_text(f"[127.0.0.1]:{server.port} {other}\n")
    forge = forge_of(server, known_hosts=tmp_path / "other_hosts")
    with pytest.raises(ForgeRefused, match="host key"):
        await forge.identity()
    assert server.users == []
    await forge.close()


async def test_a_wrong_key_is_tried_twice(server: SshServer, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key())
    forge = forge_of(server, private_key=tmp_path / "wrong")
    for _ in range(2):
        with pytest.raises(ForgeRefused):
            await forge.identity()
    with pytest.raises(CircuitOpen):
        await forge.identity()
    assert len(server.users) == 2
    await forge.close()


async def test_sessions_that_break_off(forge: GitForge, server: SshServer) -> None:
    server.create("a.git").commit({"port.yml": "x"})
    repository = await the_only(forge)
    server.break_off = 2
    assert text(await forge.examine(repository, ALL)) == {"port.yml": b"x"}
    server.break_off = 100
    with pytest.raises(ForgeUnavailable):
        await forge.examine(repository, ALL)


async def test_identity_checks_the_key(forge: GitForge, server: SshServer) -> None:
    server.create("a.git")
    assert await forge.identity() == f"git ssh://git@127.0.0.1:{server.port} (ssh as git)"


async def test_a_branch_is_pushed_over_ssh(forge: GitForge, server: SshServer) -> None:
    bare = server.create("a.git")
    bare.commit({"port.yml": "identifier: checkout\nblueprint: service\n"})
    change = EntityChange(EntityKey("service", "checkout"), properties={"tier": 2})
    workspace = open_workspace(forge, await the_only(forge), clock=SystemClock(), bot="Bot <bot@example.com>")
    result = await scaffold(workspace, ScaffoldRequest("enrich", "run00001", change))
    assert (result.outcome, result.branch) == (Outcome.PUSHED, "portal/enrich/checkout-run00001")
    assert bare.read("port.yml", "portal/enrich/checkout-run00001").endswith("properties:\n  tier: 2")
    assert bare.git("log", "-1", "--format=%an <%ae>", "portal/enrich/checkout-run00001") == "Bot <bot@example.com>"
