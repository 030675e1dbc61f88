"""A GitHub App dispatches in place of a token."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from fairway.kit.clock import ManualClock
from fairway.kit.settings import Settings
from fairway.portal.worker import Background
from support.forges.github import FakeGitHub, Repository, Workflow
from support.runs import Runs

_KEY = rsa.generate_private_key(65537, 2048)
_PRIVATE = _KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
_PUBLIC = (
    _KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
)


@pytest.fixture
def settings(settings: Settings, github: FakeGitHub) -> Settings:
    """The App's, instead of the token's."""
    github.apps["4711"] = _PUBLIC
    github.repositories["acme/shop"] = Repository(workflows={"deploy.yml": Workflow()})
    app = {"github_token": None, "github_app_id": "4711", "github_app_private_key": SecretStr(_PRIVATE)}
    return settings.model_copy(update={**app, "github_api_url": github.url})


async def test_a_token_is_issued_once_and_renewed(
    runs: Runs, background: Background, clock: ManualClock, github: FakeGitHub
) -> None:
    invocation = {"type": "GITHUB", "org": "acme", "repo": "shop", "workflow": "deploy.yml"}
    run = await runs.start(invocation)
    await background.settle()
    assert (await runs.get(run))["status"] == "IN_PROGRESS"
    assert len(github.issued) == 1
    clock.advance(seconds=30)
    await background.settle()
    assert len(github.issued) == 1
    clock.advance(minutes=61)
    await background.settle()
    assert len(github.issued) == 2
    github.finish(github.repositories["acme/shop"].runs[0]["id"])
    clock.advance(minutes=5)
    await background.settle()
    assert (await runs.get(run))["status"] == "SUCCESS"
    assert _PRIVATE not in await runs.log(run)


async def test_an_app_that_github_does_not_know(runs: Runs, background: Background, github: FakeGitHub) -> None:
    github.apps.clear()
    run = await runs.start({"type": "GITHUB", "org": "acme", "repo": "shop", "workflow": "deploy.yml"})
    await background.settle()
    ended = await runs.get(run)
    assert ended["status"] == "FAILURE"
    assert "GitHub App" in ended["summary"]
