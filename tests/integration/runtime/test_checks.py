"""Settings that make no sense together, and credentials that are not good, before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairway.integrations import locate
from fairway.integrations.github.tests.server import ORG, TOKEN, GitHubServer
from support.integration_process import IntegrationProcess
from support.live import LivePortal

pytestmark = pytest.mark.slow
CONFIG = "OCEAN__INTEGRATION__CONFIG__"


def process(portal: LivePortal, folder: Path, **config: str) -> IntegrationProcess:
    """GitHub's integration with these settings."""
    named = {f"{CONFIG}{name}": value for name, value in config.items()}
    return IntegrationProcess(
        locate("github"), portal, "", OCEAN__INTEGRATION__IDENTIFIER="gh",
        OCEAN__STATE_PATH=str(folder / "state.sqlite"), **named,
    )  # fmt: skip


async def test_settings_that_lack_something_are_told_before_the_portal_hears_of_anything(
    live_portal: LivePortal, tmp_path: Path
) -> None:
    (told,) = await process(live_portal, tmp_path).command("run", "github", "--once", "--port", "0", code=2)
    assert 'Set "githubToken"' in told["message"]
    with live_portal.login() as client:
        assert client.get("/v1/integration/gh").status_code == 404
        names = {each["identifier"] for each in client.get("/v1/blueprints").json()["blueprints"]}
    assert not any(name.startswith("github") for name in names)


async def test_a_probe_tells_whether_credentials_are_good(live_portal: LivePortal, tmp_path: Path) -> None:
    async with GitHubServer() as server:
        config = {"GITHUB_HOST": server.url, "GITHUB_ORGANIZATION": ORG}
        good = process(live_portal, tmp_path, GITHUB_TOKEN=TOKEN, **config)
        assert await good.command("probe", "github") == [{"event": "probed", "integration": "github"}]
        bad = process(live_portal, tmp_path, GITHUB_TOKEN="wrong", **config)
        (told,) = await bad.command("probe", "github", code=1)
        assert "401" in told["message"]
    (told,) = await process(live_portal, tmp_path).command("probe", "fake", code=2)
    assert "on_probe" in told["message"]
