"""What forges do on bad days: limits, wrong credentials, outages in the middle, forged and repeated events."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import httpx
import pytest

from fairway.kit.clock import ManualClock
from fairway.kit.settings import Settings
from fairway.portal.worker import Background
from support.forges.azure import FakeAzure
from support.forges.github import FakeGitHub, Repository, Workflow
from support.forges.gitlab import FakeGitLab, Project
from support.forges.jenkins import FakeJenkins
from support.forges.server import Reply
from support.runs import Run, Runs

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WORKFLOW = {"type": "GITHUB", "org": "acme", "repo": "shop", "workflow": "deploy.yml"}
PIPELINE = {"type": "GITLAB", "projectName": "shop", "groupName": "acme", "defaultRef": "main"}
AZURE = {"type": "AZURE_DEVOPS", "org": "acme", "webhook": "deploy", "payload": {"a": 1}}


@pytest.fixture
def shop(github: FakeGitHub) -> Repository:
    github.repositories["acme/shop"] = found = Repository(workflows={"deploy.yml": Workflow()})
    return found


@pytest.fixture
def project(gitlab: FakeGitLab) -> Project:
    gitlab.projects["acme/shop"] = found = Project()
    return found


async def _started(runs: Runs, background: Background, invocation: dict[str, Any], **inputs: Any) -> Run:
    run = await runs.start(invocation, **inputs)
    await background.settle()
    return await runs.get(run)


async def _pass(background: Background, clock: ManualClock, **time: float) -> None:
    clock.advance(**time)
    await background.settle()


class TestGitHub:
    """Workflows."""

    @pytest.mark.parametrize("status", [403, 429])
    async def test_a_secondary_rate_limit_is_waited_for(
        self, runs: Runs, background: Background, clock: ManualClock, github: FakeGitHub, shop: Repository, status: int
    ) -> None:
        said = {"message": "You have exceeded a secondary rate limit."}
        github.first = [Reply(status, said, headers={"retry-after": "100"})]
        run = await _started(runs, background, {**WORKFLOW, "branch": "main"})
        assert "rate limit is used up" in await runs.log(run)
        await _pass(background, clock, seconds=90)
        assert shop.runs == [], "Retry-After is not over"
        await _pass(background, clock, seconds=15)
        assert len(shop.runs) == 1

    async def test_a_limit_of_an_hour_ends_the_run_with_the_time(
        self, runs: Runs, background: Background, clock: ManualClock, github: FakeGitHub, shop: Repository
    ) -> None:
        github.limited_until = clock.now() + timedelta(minutes=42)
        ended = await _started(runs, background, WORKFLOW)
        assert (ended["status"], ended["statusLabel"]) == ("FAILURE", "Rate limit")
        assert "42 minutes" in ended["summary"] or "41 minutes" in ended["summary"]

    async def test_permissions_that_a_token_lacks_are_told(
        self, runs: Runs, background: Background, github: FakeGitHub, shop: Repository
    ) -> None:
        github.first = [Reply(403, {"message": "Resource not accessible by personal access token", "status": "403"})]
        ended = await _started(runs, background, {**WORKFLOW, "branch": "main"})
        assert (ended["status"], ended["statusLabel"]) == ("FAILURE", "HTTP 403")
        assert "Resource not accessible by personal access token" in ended["summary"]

    async def test_a_workflow_without_the_trigger(
        self, runs: Runs, background: Background, github: FakeGitHub, shop: Repository
    ) -> None:
        shop.workflows["deploy.yml"].dispatchable = False
        ended = await _started(runs, background, WORKFLOW)
        assert "Workflow does not have 'workflow_dispatch' trigger" in ended["summary"]

    @pytest.mark.parametrize("reply", [Reply(500, {"message": "Server Error"}), Reply(404, {"message": "Not Found"})])
    async def test_trouble_while_following_ends_nothing(
        self, runs: Runs, background: Background, clock: ManualClock, github: FakeGitHub, shop: Repository, reply: Reply
    ) -> None:
        run = await _started(runs, background, WORKFLOW)
        github.first = [Reply(503), Reply(502)] if reply.status == 500 else [reply]
        await _pass(background, clock, minutes=1)
        await _pass(background, clock, minutes=1)
        assert (await runs.get(run))["status"] == "IN_PROGRESS"
        github.finish(shop.runs[0]["id"], "timed_out")
        for _ in range(3):
            await _pass(background, clock, minutes=2)
        ended = await runs.get(run)
        assert (ended["status"], ended["statusLabel"]) == ("FAILURE", "timed_out")

    @pytest.mark.parametrize(
        ("conclusion", "status"),
        [("success", "SUCCESS"), ("neutral", "SUCCESS"), ("skipped", "SUCCESS"), ("failure", "FAILURE"),
         ("cancelled", "FAILURE"), ("startup_failure", "FAILURE"), ("action_required", "FAILURE")],
    )  # fmt: skip
    async def test_ends_of_workflows(
        self, runs: Runs, background: Background, github: FakeGitHub, shop: Repository, anonymous: httpx.AsyncClient,
        conclusion: str, status: str,
    ) -> None:  # fmt: skip
        run = await _started(runs, background, WORKFLOW)
        headers, body = github.event(github.finish(shop.runs[0]["id"], conclusion), "gh-hook")
        for _ in range(2):
            assert (await anonymous.post("/ingest/github/workflow-runs", content=body, headers=headers)).is_success
        ended = await runs.get(run)
        assert (ended["status"], ended["statusLabel"]) == (status, conclusion)
        assert (await runs.log(run)).count("ended:") == 1, "a repeated event changes nothing"

    async def test_an_end_by_report_is_not_overridden_by_the_forge(
        self, runs: Runs, background: Background, github: FakeGitHub, shop: Repository, anonymous: httpx.AsyncClient,
        client: httpx.AsyncClient,
    ) -> None:  # fmt: skip
        run = await _started(runs, background, WORKFLOW)
        await client.patch(f"/v1/actions/runs/{run['id']}", json={"status": "SUCCESS"})
        headers, body = github.event(github.finish(shop.runs[0]["id"], "failure"), "gh-hook")
        await anonymous.post("/ingest/github/workflow-runs", content=body, headers=headers)
        assert (await runs.get(run))["status"] == "SUCCESS"

    async def test_two_runs_at_once_are_told_apart(
        self, runs: Runs, background: Background, clock: ManualClock, github: FakeGitHub, client: httpx.AsyncClient
    ) -> None:
        """By our id in the name of the workflow's run, whatever order GitHub lists them in."""
        github.run_details = "ignores"
        workflow = Workflow(inputs={"id": True}, run_name="Deploy {id}")
        github.repositories["acme/shop"] = shop = Repository(workflows={"deploy.yml": workflow})
        first = await runs.start({**WORKFLOW, "workflowInputs": {"id": "{{ .run.id }}"}})
        second = (await client.post("/v1/actions/deliver/runs", json={"properties": {}})).json()["run"]
        await background.settle()
        await _pass(background, clock, seconds=10)
        by_name = {each["display_title"].split()[1]: str(each["id"]) for each in shop.runs}
        for run in (first, second):
            assert (await runs.get(run))["externalRunId"] == by_name[run["id"]]

    async def test_runs_without_a_name_each_get_one_of_their_own(
        self, runs: Runs, background: Background, clock: ManualClock, github: FakeGitHub, shop: Repository,
        client: httpx.AsyncClient,
    ) -> None:  # fmt: skip
        github.run_details = "ignores"
        github.hidden_until = clock.now() + timedelta(seconds=30)
        first = await runs.start(WORKFLOW)
        second = (await client.post("/v1/actions/deliver/runs", json={"properties": {}})).json()["run"]
        await background.settle()
        for _ in range(4):
            await _pass(background, clock, seconds=20)
        found = {(await runs.get(run))["externalRunId"] for run in (first, second)}
        assert found == {str(each["id"]) for each in shop.runs}

    async def test_one_that_is_never_found_is_left_to_its_report(
        self, runs: Runs, background: Background, clock: ManualClock, github: FakeGitHub, shop: Repository
    ) -> None:
        github.run_details = "ignores"
        github.hidden_until = clock.now() + timedelta(days=1)
        run = await _started(runs, background, WORKFLOW)
        for _ in range(8):
            await _pass(background, clock, minutes=5)
        assert (await runs.get(run))["status"] == "IN_PROGRESS"
        assert "not followed any more" in await runs.log(run)
        asked = len(github.requests)
        await _pass(background, clock, hours=2)
        assert len(github.requests) == asked

    @pytest.mark.parametrize(
        ("body", "status"), [(b"{not json", 400), (b"[]", 202), (b'{"action": "completed"}', 202), (b"", 400)]
    )
    async def test_events_that_are_none(
        self, github: FakeGitHub, anonymous: httpx.AsyncClient, body: bytes, status: int
    ) -> None:
        headers, _ = github.event({}, "gh-hook")
        headers |= {"x-hub-signature-256": github.signature(body, "gh-hook")}
        answer = await anonymous.post("/ingest/github/workflow-runs", content=body, headers=headers)
        assert answer.status_code == status
        assert status != 202 or answer.json()["handled"] == 0

    async def test_an_event_about_somebody_elses_run(
        self, runs: Runs, background: Background, github: FakeGitHub, shop: Repository, anonymous: httpx.AsyncClient
    ) -> None:
        """A workflow may carry the id of any run in its name: of one that it did not come from it ends nothing."""
        run = await _started(runs, background, WORKFLOW)
        ended = {"status": "completed", "conclusion": "success"}
        stranger = {**shop.runs[0], **ended, "id": 77, "display_title": f"x {run['id']}"}
        headers, body = github.event(stranger, "gh-hook")
        answer = await anonymous.post("/ingest/github/workflow-runs", content=body, headers=headers)
        assert answer.json()["handled"] == 0
        assert (await runs.get(run))["status"] == "IN_PROGRESS"


class TestGitLab:
    """Pipelines."""

    async def test_a_token_that_gitlab_does_not_know(
        self, runs: Runs, background: Background, gitlab: FakeGitLab, project: Project
    ) -> None:
        gitlab.tokens.clear()
        ended = await _started(runs, background, PIPELINE)
        assert (ended["status"], ended["statusLabel"]) == ("FAILURE", "HTTP 401")
        assert "401 Unauthorized" in ended["summary"]

    async def test_a_trigger_token_of_another_project(
        self, runs: Runs, background: Background, project: Project, client: httpx.AsyncClient
    ) -> None:
        secret = {"secretName": "acme_shop", "secretValue": "glptt-of-another"}
        assert (await client.post("/v1/organization/secrets", json=secret)).status_code == 201
        ended = await _started(runs, background, PIPELINE)
        assert (ended["status"], ended["statusLabel"]) == ("FAILURE", "HTTP 404")
        assert "404 Not Found" in ended["summary"]
        assert "glptt-of-another" not in str(ended)

    async def test_a_configuration_without_jobs(self, runs: Runs, background: Background, project: Project) -> None:
        project.has_jobs = False
        ended = await _started(runs, background, PIPELINE)
        assert "No stages / jobs for this pipeline." in ended["summary"]

    async def test_a_rate_limit_is_waited_for(
        self, runs: Runs, background: Background, clock: ManualClock, gitlab: FakeGitLab, project: Project
    ) -> None:
        gitlab.first = [Reply(429, text="Retry later\n", headers={"retry-after": "60"})]
        await _started(runs, background, PIPELINE)
        await _pass(background, clock, seconds=50)
        assert project.pipelines == []
        await _pass(background, clock, seconds=15)
        assert len(project.pipelines) == 1

    async def test_an_outage_while_following_ends_nothing(
        self, runs: Runs, background: Background, clock: ManualClock, gitlab: FakeGitLab, project: Project
    ) -> None:
        run = await _started(runs, background, PIPELINE)
        gitlab.first = [Reply(502), Reply(500)]
        await _pass(background, clock, minutes=1)
        await _pass(background, clock, minutes=1)
        assert (await runs.get(run))["status"] == "IN_PROGRESS"
        gitlab.finish(project.pipelines[0]["id"], "canceled")
        await _pass(background, clock, minutes=3)
        assert ((await runs.get(run))["status"], (await runs.get(run))["statusLabel"]) == ("FAILURE", "canceled")

    @pytest.mark.parametrize("body", [b"{}", b"[]", b'{"object_kind": "push"}', b'{"object_kind": "pipeline"}'])
    async def test_events_that_are_none(self, anonymous: httpx.AsyncClient, body: bytes) -> None:
        answer = await anonymous.post("/ingest/gitlab/pipelines", content=body, headers={"x-gitlab-token": "gl-hook"})
        assert (answer.status_code, answer.json()["handled"]) == (202, 0)


class TestAzure:
    """Incoming webhooks of service connections."""

    @pytest.mark.parametrize(
        "reply",
        [Reply(203, text="<html><title>Azure DevOps Services | Sign In</title></html>"),
         Reply(302, headers={"location": "https://spsprodeus.example/_signin"})],
    )  # fmt: skip
    async def test_its_sign_in_page_is_no_success(
        self, runs: Runs, background: Background, azure: FakeAzure, reply: Reply
    ) -> None:
        azure.first = [reply]
        ended = await _started(runs, background, AZURE)
        assert (ended["status"], ended["statusLabel"]) == ("FAILURE", f"HTTP {reply.status}")

    async def test_a_rate_limit_is_waited_for(
        self, runs: Runs, background: Background, clock: ManualClock, azure: FakeAzure
    ) -> None:
        azure.webhooks["acme/deploy"] = "azure-secret"
        azure.first = [Reply(429, {"message": "TF400733: throttled"}, headers={"retry-after": "30"})]
        await _started(runs, background, AZURE)
        await _pass(background, clock, seconds=20)
        assert azure.started == []
        await _pass(background, clock, seconds=15)
        assert azure.started == [{"a": 1}]

    async def test_names_are_encoded(self, runs: Runs, background: Background, azure: FakeAzure) -> None:
        azure.webhooks["my org/a/b?c"] = "azure-secret"
        run = await _started(runs, background, {**AZURE, "org": "my org", "webhook": "a/b?c"})
        assert run["status"] == "IN_PROGRESS"
        assert len(azure.started) == 1


class TestJenkins:
    """As a webhook with a user's API token."""

    def _build(self, jenkins: FakeJenkins) -> dict[str, Any]:
        return {
            "type": "WEBHOOK", "url": f"{jenkins.url}/job/deploy/buildWithParameters?ENV={{{{ .inputs.env | @uri }}}}",
            "headers": {"authorization": "Basic {{ \"robot:\" + .secrets.JENKINS | @base64 }}"},
        }  # fmt: skip

    async def test_a_job_is_built_with_parameters(
        self, runs: Runs, background: Background, jenkins: FakeJenkins, client: httpx.AsyncClient
    ) -> None:
        jenkins.users["robot"] = "11aabbcc"
        await client.post("/v1/organization/secrets", json={"secretName": "JENKINS", "secretValue": "11aabbcc"})
        run = await _started(runs, background, self._build(jenkins), env="prod & more")
        assert jenkins.built == [("deploy", {"ENV": "prod & more"})]
        assert run["status"] == "IN_PROGRESS", "the job reports"
        assert run["payload"]["headers"] == {"authorization": "Basic ***"}

    async def test_a_wrong_token_is_told_in_jenkins_words(
        self, runs: Runs, background: Background, jenkins: FakeJenkins, client: httpx.AsyncClient
    ) -> None:
        jenkins.users["robot"] = "another"
        await client.post("/v1/organization/secrets", json={"secretName": "JENKINS", "secretValue": "11aabbcc"})
        run = await _started(runs, background, self._build(jenkins), env="prod")
        assert (run["status"], run["statusLabel"]) == ("FAILURE", "HTTP 403")
        assert "No valid crumb was included in the request" in await runs.log(run)
        assert base64.b64encode(b"robot:11aabbcc").decode() not in await runs.log(run)


class TestWithoutCredentials:
    """A portal that is connected to nothing says which settings connect it (contract 15.15)."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        nothing = dict.fromkeys(
            ["github_token", "github_webhook_secret", "gitlab_token", "gitlab_webhook_token", "azure_devops_secret"]
        )
        return settings.model_copy(update=nothing)

    @pytest.mark.parametrize(
        ("invocation", "told"),
        [(WORKFLOW, "FAIRWAY_GITHUB_TOKEN"), ({"type": "KAFKA", "payload": {}}, "FAIRWAY_KAFKA_BROKERS")],
    )
    async def test_the_missing_setting_is_named(
        self, runs: Runs, background: Background, invocation: dict[str, Any], told: str
    ) -> None:
        ended = await _started(runs, background, invocation)
        assert ended["status"] == "FAILURE"
        assert told in ended["summary"]
        assert told in await runs.log(ended)

    async def test_a_pipeline_waits_for_an_agent_instead(
        self, runs: Runs, background: Background, client: httpx.AsyncClient, gitlab: FakeGitLab
    ) -> None:
        run = await _started(runs, background, PIPELINE)
        assert run["status"] == "IN_PROGRESS"
        assert gitlab.requests == []

    @pytest.mark.parametrize(
        ("path", "setting"),
        [("/ingest/github/workflow-runs", "FAIRWAY_GITHUB_WEBHOOK_SECRET"),
         ("/ingest/gitlab/pipelines", "FAIRWAY_GITLAB_WEBHOOK_TOKEN")],
    )  # fmt: skip
    async def test_events_are_not_taken(self, anonymous: httpx.AsyncClient, path: str, setting: str) -> None:
        """An empty secret lets nobody in."""
        for headers in ({}, {"x-gitlab-token": ""}, {"x-hub-signature-256": FakeGitHub.signature(b"{}", "")}):
            answer = await anonymous.post(path, content=b"{}", headers=headers)
            assert answer.status_code == 404
            assert setting in answer.json()["message"]

    async def test_azure_is_signed_with_the_organisations_secret(
        self, runs: Runs, background: Background, azure: FakeAzure
    ) -> None:
        azure.webhooks["acme/deploy"] = "s" * 64
        await _started(runs, background, AZURE)
        assert azure.started == [{"a": 1}]
