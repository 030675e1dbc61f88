"""Forges and receivers on sockets, and a portal whose settings name them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from pydantic import SecretStr

from fairway.kit.clock import ManualClock
from fairway.kit.settings import Settings
from support.forges.azure import FakeAzure
from support.forges.github import FakeGitHub
from support.forges.gitlab import FakeGitLab
from support.forges.jenkins import FakeJenkins
from support.forges.server import Forge
from support.runs import Runs


@pytest.fixture
def clock() -> ManualClock:
    """Pauses end when a test says so."""
    return ManualClock(datetime.now(UTC))


@pytest.fixture
async def receiver() -> AsyncIterator[Forge]:
    """Whoever listens to a webhook."""
    async with Forge.running() as running:
        yield running


@pytest.fixture
async def github(clock: ManualClock) -> AsyncIterator[FakeGitHub]:
    """GitHub."""
    async with FakeGitHub.running(clock.now) as running:
        yield running


@pytest.fixture
async def gitlab() -> AsyncIterator[FakeGitLab]:
    """GitLab."""
    async with FakeGitLab.running() as running:
        yield running


@pytest.fixture
async def azure() -> AsyncIterator[FakeAzure]:
    """Azure DevOps."""
    async with FakeAzure.running() as running:
        yield running


@pytest.fixture
async def jenkins() -> AsyncIterator[FakeJenkins]:
    """Jenkins."""
    async with FakeJenkins.running() as running:
        yield running


@pytest.fixture
async def settings(settings: Settings, github: FakeGitHub, gitlab: FakeGitLab, azure: FakeAzure) -> Settings:
    """Which forge is where, and with which credentials."""
    return settings.model_copy(
        update={
            "github_api_url": github.url,
            "github_token": SecretStr("gh-token"),
            "github_webhook_secret": SecretStr("gh-hook"),
            "gitlab_url": gitlab.url,
            "gitlab_token": SecretStr("glpat-token"),
            "gitlab_webhook_token": SecretStr("gl-hook"),
            "azure_devops_url": azure.url,
            "azure_devops_secret": SecretStr("azure-secret"),
            "delivery_timeout_seconds": 20,
            "delivery_attempts": 4,
        }
    )


@pytest.fixture
def runs(client: httpx.AsyncClient) -> Runs:
    """Runs of one action."""
    return Runs(client)
