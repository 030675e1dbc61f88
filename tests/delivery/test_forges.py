"""GitHub, GitLab, Azure DevOps: started, found, followed to the end; refusals in the forge's own words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from fairway.kit.clock import ManualClock
from fairway.portal.worker import Background
from support.forges.azure import FakeAzure
from support.forges.github import FakeGitHub, Repository, Workflow
from support.forges.gitlab import FakeGitLab, Project
from support.forges.server import Reply
from support.runs import Run, Runs


def _workflow(**more: Any) -> dict[str, Any]:
    inputs = {"env": "{{ .inputs.env }}", "count": "{{ .inputs.count }}"}
    return {"type": "GITHUB", "org": "acme", "repo": "shop", "workflow": "deploy.yml", "workflowInputs": inputs, **more}


@pytest.fixture
def shop(github: FakeGitHub) -> Repository:
    """A repository with a workflow that can be dispatched."""
    workflow = Workflow(inputs={"env": True, "count": False})
    github.repositories["acme/shop"] = repository = Repository(workflows={"deploy.yml": workflow})
    return repository


async def _dispatched(runs: Runs, background: Background, **more: Any) -> Run:
    run = await runs.start(_workflow(**more), env="prod", count=3)
    await background.settle()
    return run


async def test_a_workflow_is_dispatched_and_followed_to_its_end(
    runs: Runs, background: Background, clock: ManualClock, github: FakeGitHub, shop: Repository
) -> None:
    run = await _dispatched(runs, background)
    [started] = shop.runs
    assert started["inputs"] == {"env": "prod", "count": "3"}
    assert started["head_branch"] == "main"
    now = await runs.get(run)
    assert (now["status"], now["externalRunId"]) == ("IN_PROGRESS", str(started["id"]))
    assert now["link"] == [started["html_url"]]
    github.finish(started["id"])
    clock.advance(minutes=2)
    await background.settle()
    assert (await runs.get(run))["status"] == "SUCCESS"


@pytest.mark.parametrize("details", ["rejects", "ignores"])
async def test_a_server_that_does_not_tell_its_run_is_searched(
    runs: Runs, background: Background, clock: ManualClock, github: FakeGitHub, shop: Repository, details: Any
) -> None:
    github.run_details = details
    run = await _dispatched(runs, background)
    assert (await runs.get(run))["externalRunId"] is None
    clock.advance(seconds=10)
    await background.settle()
    assert (await runs.get(run))["externalRunId"] == str(shop.runs[0]["id"])
    github.finish(shop.runs[0]["id"], "failure")
    clock.advance(minutes=2)
    await background.settle()
    ended = await runs.get(run)
    assert (ended["status"], ended["statusLabel"]) == ("FAILURE", "failure")


async def test_the_webhook_of_github_ends_it_at_once(
    runs: Runs, background: Background, github: FakeGitHub, shop: Repository, anonymous: httpx.AsyncClient
) -> None:
    run = await _dispatched(runs, background)
    headers, body = github.event(github.finish(shop.runs[0]["id"]), "gh-hook")
    forged = {**headers, "x-hub-signature-256": "sha256=" + "0" * 64}
    assert (await anonymous.post("/ingest/github/workflow-runs", content=body, headers=forged)).status_code == 401
    assert (await runs.get(run))["status"] == "IN_PROGRESS"
    told = await anonymous.post("/ingest/github/workflow-runs", content=body, headers=headers)
    assert (told.status_code, told.json()["handled"]) == (202, 1)
    assert (await runs.get(run))["status"] == "SUCCESS"


async def test_without_reporting_only_the_link_is_taken(
    runs: Runs, background: Background, clock: ManualClock, github: FakeGitHub, shop: Repository
) -> None:
    run = await _dispatched(runs, background, reportWorkflowStatus=False)
    github.finish(shop.runs[0]["id"])
    clock.advance(minutes=5)
    await background.settle()
    now = await runs.get(run)
    assert (now["status"], now["link"]) == ("IN_PROGRESS", [shop.runs[0]["html_url"]])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"workflow": "none.yml"}, 'no workflow "none.yml"'),
        ({"repo": "none"}, "none"),
        ({"workflowInputs": {"colour": "red", "env": "x"}}, "Unexpected inputs provided"),
        ({"workflowInputs": {}}, "env"),
        ({"branch": "gone"}, "No ref found for: gone"),
    ],
)
async def test_refusals_of_github_are_told(
    runs: Runs, background: Background, shop: Repository, change: dict[str, Any], told: str
) -> None:
    run = await _dispatched(runs, background, **change)
    ended = await runs.get(run)
    assert ended["status"] == "FAILURE"
    assert told in f"{ended['summary']} {await runs.log(run)}"


async def test_credentials_that_github_does_not_know(
    runs: Runs, background: Background, github: FakeGitHub, shop: Repository
) -> None:
    github.tokens.clear()
    run = await _dispatched(runs, background)
    ended = await runs.get(run)
    assert ended["status"] == "FAILURE"
    assert "does not accept this portal's credentials" in ended["summary"]


async def test_a_rate_limit_is_waited_for(
    runs: Runs, background: Background, clock: ManualClock, github: FakeGitHub, shop: Repository
) -> None:
    github.limited_until = clock.now() + timedelta(seconds=90)
    run = await _dispatched(runs, background)
    assert shop.runs == []
    clock.advance(seconds=95)
    await background.settle()
    assert len(shop.runs) == 1
    assert (await runs.get(run))["externalRunId"] is not None


def _pipeline(**more: Any) -> dict[str, Any]:
    return {"type": "GITLAB", "projectName": "shop", "groupName": "acme/web", "defaultRef": "main", **more}


@pytest.fixture
def project(gitlab: FakeGitLab) -> Project:
    """A project whose pipelines can be started."""
    gitlab.projects["acme/web/shop"] = found = Project(refs={"main", "dev"})
    return found


async def test_a_pipeline_is_started_and_followed(
    runs: Runs, background: Background, clock: ManualClock, gitlab: FakeGitLab, project: Project
) -> None:
    run = await runs.start(_pipeline(pipelineVariables={"ENV": "{{ .inputs.env }}"}), env="prod")
    await background.settle()
    [pipeline] = project.pipelines
    assert pipeline["variables"] == {"ENV": "prod"}
    now = await runs.get(run)
    assert (now["externalRunId"], now["link"]) == (str(pipeline["id"]), [pipeline["web_url"]])
    gitlab.finish(pipeline["id"], "failed")
    clock.advance(minutes=2)
    await background.settle()
    assert (await runs.get(run))["status"] == "FAILURE"


async def test_the_webhook_of_gitlab_ends_it_at_once(
    runs: Runs, background: Background, gitlab: FakeGitLab, project: Project, anonymous: httpx.AsyncClient
) -> None:
    run = await runs.start(_pipeline())
    await background.settle()
    finished = gitlab.finish(project.pipelines[0]["id"])
    headers, body = gitlab.event(finished, "wrong")
    assert (await anonymous.post("/ingest/gitlab/pipelines", content=body, headers=headers)).status_code == 401
    headers, body = gitlab.event(finished, "gl-hook")
    assert (await anonymous.post("/ingest/gitlab/pipelines", content=body, headers=headers)).json()["handled"] == 1
    assert (await runs.get(run))["status"] == "SUCCESS"


async def test_a_trigger_token_from_the_secrets(
    runs: Runs, background: Background, project: Project, client: httpx.AsyncClient
) -> None:
    project.trigger_tokens.add("tkn-1")
    secret = {"secretName": "acme_web_shop", "secretValue": "tkn-1"}
    assert (await client.post("/v1/organization/secrets", json=secret)).status_code == 201
    run = await runs.start(_pipeline(), ref="dev", count=2)
    await background.settle()
    [pipeline] = project.pipelines
    assert pipeline["ref"] == "dev"
    assert pipeline["variables"] == {"ref": "dev", "count": "2"}
    assert "tkn-1" not in await runs.log(run)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"projectName": "none"}, "404 Project Not Found"),
        ({"defaultRef": "gone"}, "Reference not found"),
    ],
)
async def test_refusals_of_gitlab_are_told(
    runs: Runs, background: Background, project: Project, change: dict[str, Any], told: str
) -> None:
    run = await runs.start(_pipeline(**change))
    await background.settle()
    ended = await runs.get(run)
    assert ended["status"] == "FAILURE"
    assert told in ended["summary"]


def _azure(**more: Any) -> dict[str, Any]:
    return {"type": "AZURE_DEVOPS", "org": "acme", "webhook": "deploy", "payload": {"env": "{{ .inputs.env }}"}, **more}


async def test_azure_takes_a_signed_payload(runs: Runs, background: Background, azure: FakeAzure) -> None:
    azure.webhooks["acme/deploy"] = "azure-secret"
    run = await runs.start(_azure(), env="prod")
    await background.settle()
    assert azure.started == [{"env": "prod"}]
    assert (await runs.get(run))["status"] == "IN_PROGRESS"


@pytest.mark.parametrize(("secret", "told"), [("other", "does not match"), (None, "knows no incoming webhook")])
async def test_refusals_of_azure_are_told(
    runs: Runs, background: Background, azure: FakeAzure, secret: str | None, told: str
) -> None:
    if secret is not None:
        azure.webhooks["acme/deploy"] = secret
    run = await runs.start(_azure(), env="prod")
    await background.settle()
    ended = await runs.get(run)
    assert ended["status"] == "FAILURE"
    assert told in f"{ended['summary']} {await runs.log(run)}"


@pytest.mark.parametrize("invocation", [_workflow(), _pipeline(), _azure()])
async def test_a_forge_that_is_away_is_asked_again(
    runs: Runs, background: Background, clock: ManualClock, github: FakeGitHub, gitlab: FakeGitLab, azure: FakeAzure,
    shop: Repository, project: Project, invocation: dict[str, Any],
) -> None:  # fmt: skip
    azure.webhooks["acme/deploy"] = "azure-secret"
    for forge in (github, gitlab, azure):
        forge.first = [Reply(503)]
    run = await runs.start(invocation, env="prod", count=1)
    await background.settle()
    assert "Attempt 1 of 4 failed" in await runs.log(run)
    clock.advance(minutes=2)
    await background.settle()
    assert (await runs.get(run))["status"] == "IN_PROGRESS"
    assert len(shop.runs) + len(project.pipelines) + len(azure.started) == 1
