"""GitLab pipelines by the built-in mapping, as contract 12 describes, against a server that answers as GitLab."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from fairway.agent.messages import from_run
from fairway.agent.model import Invocation, Report
from support.targets import Received, Target, event, executing, serving

TOKEN = "glptt-0123456789abcdef"
METHOD = {"type": "GITLAB", "groupName": "grp/sub", "projectName": "proj", "defaultRef": "dev"}
PIPELINE = {"id": 123, "iid": 21, "status": "created", "web_url": "https://gitlab.example/grp/sub/proj/-/pipelines/123"}


class GitLab:
    """The trigger endpoint of GitLab: 404 with a wrong token, 400 for an unknown ref, 201 with the pipeline."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.env = {"GITLAB_URL": target.url + "/", "grp_sub_proj": TOKEN}

    async def answer(self, request: web.Request, received: Received) -> web.StreamResponse:
        body = received.json
        if body.get("token") != TOKEN:
            return web.json_response({"message": "404 Not Found"}, status=404)
        if body["ref"] == "nosuch":
            return web.json_response({"message": {"base": ["Reference not found"]}}, status=400)
        assert all(isinstance(value, str) for value in (body["variables"] or {}).values()), "GitLab takes texts only"
        return web.json_response(PIPELINE, status=201)

    async def trigger(self, invocation: Invocation, env: dict[str, str] | None = None) -> Report:
        self.target.answers.append(self.answer)
        async with executing(env=self.env if env is None else env) as executor:
            return await executor.execute(invocation)


@pytest.fixture
async def gitlab() -> AsyncIterator[GitLab]:
    async with serving() as target:
        yield GitLab(target)


def _event(properties: Any = None, **method: Any) -> Invocation:
    return event(properties=properties, **{**METHOD, **method})


async def test_the_request(gitlab: GitLab) -> None:
    inputs = {"env": "prod", "count": 3, "ratio": 0.5, "yes": True, "list": ["a", 1], "object": {"a": None}, "no": None}
    report = await gitlab.trigger(_event(inputs))
    received = gitlab.target.last
    assert received.method == "POST"
    assert received.path == "/api/v4/projects/grp%2Fsub%2Fproj/trigger/pipeline"
    assert sorted(received.json) == ["port_payload", "ref", "token", "variables"]
    assert received.json["ref"] == "dev"
    assert received.json["token"] == TOKEN
    assert received.json["variables"] == {
        "env": "prod", "count": "3", "ratio": "0.5", "yes": "true", "list": '["a",1]', "object": '{"a":null}',
        "no": "null",
    }  # fmt: skip
    payload = received.json["port_payload"]
    assert payload["payload"]["properties"] == inputs
    assert payload["context"]["runId"] == "r_1"
    assert "headers" not in payload
    assert (report.link, report.external_run_id) == (PIPELINE["web_url"], "123")
    assert report.status is None, "the pipeline itself reports"


@pytest.mark.parametrize(
    ("properties", "method", "ref"),
    [
        ({"ref": "feature"}, {}, "feature"),
        ({}, {}, "dev"),
        ({}, {"defaultRef": None}, "main"),
        ({"ref": None}, {"defaultRef": None}, "main"),
    ],
)
async def test_ref(gitlab: GitLab, properties: Any, method: Any, ref: str) -> None:
    """The input, else the configured one, else ``main`` (port-agent PR 2)."""
    await gitlab.trigger(_event(properties, **method))
    assert gitlab.target.last.json["ref"] == ref


async def test_omissions(gitlab: GitLab) -> None:
    await gitlab.trigger(_event({"a": 1}, omitPayload=True))
    assert (gitlab.target.last.json["port_payload"], gitlab.target.last.json["variables"]) == ({}, {"a": "1"})
    await gitlab.trigger(_event({"a": 1}, omitUserInputs=True))
    assert gitlab.target.last.json["variables"] == {}
    assert gitlab.target.last.json["port_payload"]["payload"]["properties"] == {"a": 1}
    await gitlab.trigger(_event({}))
    assert gitlab.target.last.json["variables"] is None, "null when there are none"


async def test_pipeline_variables(gitlab: GitLab) -> None:
    """Documented by the vendor, ignored by its mapping (contract 12)."""
    await gitlab.trigger(_event({"a": 1, "b": 2}, pipelineVariables={"b": "x", "c": {"d": 1}}))
    assert gitlab.target.last.json["variables"] == {"a": "1", "b": "x", "c": '{"d":1}'}


async def test_a_missing_token_is_said_before_anything_is_sent(gitlab: GitLab) -> None:
    """The original sends a null token and reports GitLab's 404."""
    report = await gitlab.trigger(_event(), env={"GITLAB_URL": gitlab.target.url})
    assert gitlab.target.requests == []
    assert report.status == "FAILURE"
    assert 'the agent needs it in the environment variable "grp_sub_proj"' in (report.summary or "")


async def test_names_that_no_shell_takes(gitlab: GitLab) -> None:
    env = {"GITLAB_URL": gitlab.target.url, "my-grp_a.b": TOKEN}
    report = await gitlab.trigger(_event(groupName="my-grp", projectName="a.b"), env=env)
    assert report.external_run_id == "123"
    assert gitlab.target.last.path == "/api/v4/projects/my-grp%2Fa.b/trigger/pipeline"


async def test_the_address_may_lack_its_slash(gitlab: GitLab) -> None:
    await gitlab.trigger(_event(), env={**gitlab.env, "GITLAB_URL": gitlab.target.url + "/git"})
    assert gitlab.target.last.path == "/git/api/v4/projects/grp%2Fsub%2Fproj/trigger/pipeline"


async def test_failures(gitlab: GitLab) -> None:
    report = await gitlab.trigger(_event({"ref": "nosuch"}))
    assert report.status == "FAILURE"
    assert "400 Bad Request" in (report.summary or "")
    assert "Reference not found" in (report.summary or "")
    assert report.external_run_id is None, 'the original reports the text "null"'
    assert report.link is None
    report = await gitlab.trigger(_event(), env={**gitlab.env, "grp_sub_proj": "wrong-token-here"})
    assert "404 Not Found" in (report.summary or "")


async def test_the_token_appears_nowhere(gitlab: GitLab, capsys: pytest.CaptureFixture[str]) -> None:
    """Twice per run in the original's log (contract 12)."""

    async def echo(request: web.Request, received: Received) -> web.StreamResponse:
        return web.Response(status=500, text=f"you sent {received.body.decode()}")

    gitlab.target.answers.append(echo)
    report = await gitlab.trigger(_event())
    assert gitlab.target.requests[0].json["token"] == TOKEN
    told = repr(report.logs) + repr(report.summary) + capsys.readouterr().out
    assert "you sent" in told
    assert TOKEN not in told


async def test_claimed_pipelines(gitlab: GitLab) -> None:
    """Not possible with the original's polling (contract 6, 17)."""
    found = from_run({"id": "r_5", "payload": {**METHOD, "agent": True}, "rawProperties": {"ref": "x", "n": 1}})
    assert isinstance(found, Invocation)
    report = await gitlab.trigger(found)
    received = gitlab.target.last.json
    assert (received["ref"], received["variables"]) == ("x", {"ref": "x", "n": "1"})
    assert received["port_payload"]["context"]["runId"] == "r_5"
    assert report.external_run_id == "123"


async def test_webhooks_stay_webhooks(gitlab: GitLab) -> None:
    async with executing(env=gitlab.env) as executor:
        await executor.execute(event(gitlab.target.url + "/hook"))
    assert gitlab.target.last.path == "/hook"
