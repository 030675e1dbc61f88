"""The action ``dispatch_workflow`` against the server of the tests."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import orjson
import pytest

from fairway.integration.actions import ExecutionFailed
from fairway.integration.testing import Reply, Told, deliver_event, execute_action
from fairway.integrations.github.tests.helpers import LOADED, SECRET, TIDE, about, config
from fairway.integrations.github.tests.server import ORG, GitHubServer

WORKFLOW = f"{TIDE}/actions/workflows/deploy.yml"
PROPERTIES = {"org": ORG, "repo": "tide-api", "workflow": "deploy.yml", "workflowInputs": {"env": "prod", "size": 3}}


def _run(number: int, status: str = "queued", **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "status": status,
        "html_url": f"https://github/{number}",
        "event": "workflow_dispatch",
        **more,
    }


def _runs(*runs: Any) -> Reply:
    return Reply({"total_count": len(runs), "workflow_runs": list(runs)})


@pytest.fixture
def dispatching(server: GitHubServer) -> GitHubServer:
    """Its workflow takes a moment to show a run."""
    server.instead[f"{WORKFLOW}/dispatches"] = [Reply(status=204, body=b"")]
    server.instead[f"{WORKFLOW}/runs"] = [_runs(_run(1)), _runs(_run(1)), _runs(_run(2), _run(1))]
    return server


async def _execute(server: GitHubServer, **more: Any) -> Told:
    return await execute_action(LOADED.integration, "dispatch_workflow", {**PROPERTIES, **more}, config=config(server))


async def _event(server: GitHubServer, told: Told, **run: Any) -> None:
    body = orjson.dumps(about("completed", workflow_run=_run(2, "completed", **run)))
    signature = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-GitHub-Event": "workflow_run", "X-Hub-Signature-256": signature}
    mapping: dict[str, Any] = {"resources": []}
    await deliver_event(LOADED.integration, mapping, "webhook", body, headers=headers, config=config(server), runs=told)


@pytest.mark.parametrize(
    ("conclusion", "end"),
    [
        ("success", {"status": "SUCCESS", "statusLabel": "Completed"}),
        ("failure", {"status": "FAILURE", "statusLabel": "failure"}),
        ("cancelled", {"status": "FAILURE", "statusLabel": "Cancelled"}),
    ],
)
async def test_a_workflow_is_started_and_its_end_is_the_end_of_the_run(
    dispatching: GitHubServer, conclusion: str, end: dict[str, str]
) -> None:
    told = await _execute(dispatching)
    (asked,) = dispatching.requests(f"{WORKFLOW}/dispatches")
    assert asked.json == {"ref": "main", "inputs": {"env": "prod", "size": "3"}}
    started = {"link": "https://github/2", "externalRunId": f"gh_{ORG}/tide-api_2", "statusLabel": "queued"}
    assert told.changes == [started]
    await _event(dispatching, told, conclusion=conclusion)
    assert told.changes == [started, end]


async def test_a_workflow_that_reports_itself_is_left_alone(dispatching: GitHubServer) -> None:
    told = await _execute(dispatching, reportWorkflowStatus=False, branch="next")
    await _event(dispatching, told, conclusion="success")
    assert len(told.changes) == 1
    assert dispatching.requests(f"{WORKFLOW}/dispatches")[0].json["ref"] == "next"


async def test_a_workflow_that_has_ended_already_is_reported_at_once(dispatching: GitHubServer) -> None:
    ended = _run(2, "completed", conclusion="success")
    dispatching.instead[f"{WORKFLOW}/runs"] = [_runs(), _runs(ended)]
    assert (await _execute(dispatching)).changes[-1]["status"] == "SUCCESS"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"org": "strangers"}, "does not reach the organization"),
        ({"repo": "nowhere"}, "no repository"),
        ({"workflow": ""}, '"workflow"'),
        ({"workflowInputs": "x"}, '"workflowInputs"'),
    ],
)
async def test_orders_that_cannot_be_carried_out_say_why(
    dispatching: GitHubServer, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(ExecutionFailed, match=said):
        await _execute(dispatching, **more)


async def test_a_dispatch_that_github_refuses_is_the_failure(dispatching: GitHubServer) -> None:
    refusal = Reply({"message": "Workflow does not have 'workflow_dispatch' trigger"}, 422)
    dispatching.instead[f"{WORKFLOW}/dispatches"] = [refusal]
    with pytest.raises(ExecutionFailed, match="does not have 'workflow_dispatch' trigger"):
        await _execute(dispatching)
