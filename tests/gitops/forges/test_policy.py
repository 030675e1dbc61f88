"""Forges that a policy keeps out are not connected to, and nobody tries again."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairway.gitops.forges.base import ForgeKind
from fairway.gitops.forges.git.client import GitForge
from fairway.gitops.forges.git.settings import GitSettings, SshLogin
from fairway.gitops.forges.http import HttpOptions
from fairway.gitops.forges.settings import ForgeSettings, open_forge
from fairway.kit.clock import SystemClock
from fairway.kit.http import DestinationPolicy, DestinationRefused
from support.git_ssh import ssh_server
from support.gitops_gitea import FakeGitea

CLOSED, OPEN = (HttpOptions(policy=DestinationPolicy(private_networks=each)) for each in (False, True))


async def test_over_http() -> None:
    async with FakeGitea() as server:
        for options in (CLOSED, OPEN):
            settings = ForgeSettings(ForgeKind.GITEA, server.url, token="gitea-good")
            forge = open_forge(settings, clock=SystemClock(), options=options)
            if options is OPEN:
                assert "portal-bot" in await forge.identity()
            else:
                with pytest.raises(DestinationRefused, match="FAIRWAY_OUTGOING_PRIVATE_NETWORKS"):
                    await forge.identity()
                assert server.requests == []
                assert forge.figures.retries == 0
            await forge.close()


async def test_over_ssh(tmp_path: Path) -> None:
    async with ssh_server(tmp_path / "ssh") as server:
        settings = GitSettings(
            gitolite=f"ssh://git@127.0.0.1:{server.port}", ssh=SshLogin(server.key, server.known_hosts)
        )
        for options in (CLOSED, OPEN):
            forge = GitForge(settings, options)
            if options is OPEN:
                assert [page async for page in forge.listing()] == []
            else:
                with pytest.raises(DestinationRefused, match="may not be reached"):
                    await forge.identity()
            await forge.close()
