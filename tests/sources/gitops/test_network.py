"""Where private networks are closed, forges in them are neither stored nor asked."""

from __future__ import annotations

import pytest

from fairway.kit.settings import Settings
from support.gitops_desk import BASE, Desk
from support.gitops_gitea import FakeGitea


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """As they are unless somebody opens them."""
    return settings.model_copy(update={"outgoing_private_networks": False})


async def test_addresses_and_names(desk: Desk, gitea: FakeGitea) -> None:
    draft = {"title": "Code", "kind": "gitea", "url": gitea.url, "secrets": {"token": "gitea-good"}}
    response = await desk.client.post(f"{BASE}/sources", json=draft)
    assert "FAIRWAY_OUTGOING_PRIVATE_NETWORKS" in response.json()["message"]
    draft["url"] = gitea.url.replace("127.0.0.1", "localhost")
    answer = (await desk.client.post(f"{BASE}/sources/check", json=draft)).json()
    assert "may not be reached" in answer["problem"]
    await desk.connect("gitea", draft["url"], secrets=draft["secrets"])
    await desk.settle()
    state = (await desk.source())["state"]
    assert (state["status"], "may not be reached" in state["pass"]["problem"]) == ("failed", True)
    assert gitea.requests == []
