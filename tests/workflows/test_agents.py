"""How agents handle node runs: claims, leases, batches of reports, secrets, and agents that get in each other's way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fairway.kit.clock import ManualClock
from support.flow import Flow, call
from support.people import Login

MANY = 12


@pytest.fixture
async def waiting(flow: Flow) -> list[str]:
    """Node runs that wait for an agent, in their order."""
    await flow.define(call("one", "http://inside", agent=True), arrows=[("start", "one")])
    return [(await flow.nodes(await flow.start(env=str(at))))["one"]["identifier"] for at in range(MANY)]


async def test_claims_share_what_waits(flow: Flow, waiting: list[str]) -> None:
    parts = await asyncio.gather(*(flow.claim(limit=3) for _ in range(5)))
    claimed = [each["identifier"] for part in parts for each in part]
    assert sorted(claimed) == sorted(waiting)


async def test_the_oldest_come_first(flow: Flow, waiting: list[str]) -> None:
    claimed = [each["identifier"] for _ in range(4) for each in await flow.claim(limit=3)]
    assert claimed == waiting


async def test_leases_are_kept_and_given_back(flow: Flow, waiting: list[str], clock: ManualClock) -> None:
    kept, lost, back = waiting[:3]
    await flow.claim(limit=3, visibilityTimeoutMs=60_000)
    clock.advance(seconds=50)
    body = {"nodeRunIdentifiers": [kept, "wfnr_none"], "visibilityTimeoutMs": 60_000}
    assert (await flow.done("POST", "/v1/fairway/runs/heartbeat", body))["extended"] == [kept]
    assert (await flow.done("POST", "/v1/fairway/runs/release", {"nodeRunIdentifiers": [back]}))["released"] == [back]
    assert [each["identifier"] for each in await flow.claim(limit=1)] == [back]
    clock.advance(seconds=20)
    assert [each["identifier"] for each in await flow.claim(limit=1)] == [lost]


async def test_what_is_excluded_waits(flow: Flow, waiting: list[str]) -> None:
    assert await flow.claim(exclude=["flow:one"]) == []
    assert await flow.claim(invocationMethods=["KAFKA"]) == []
    assert len(await flow.claim(exclude=["flow:other"], limit=1000)) == MANY


async def test_a_claim_waits_for_work(flow: Flow) -> None:
    await flow.define(call("one", "http://inside", agent=True), arrows=[("start", "one")])
    claim = asyncio.create_task(flow.claim(waitMs=20_000))
    await flow.start(env="x")
    assert len(await claim) == 1


async def test_a_batch_of_reports(flow: Flow, waiting: list[str]) -> None:
    first, second, third = waiting[:3]
    reports: list[dict[str, Any]] = [
        {"nodeRunIdentifier": first, "ack": True, "logs": [{"level": "DEBUG", "message": "sent"}], "status": "SUCCESS",
         "response": {"a": 1}, "responseStatus": 201, "link": "https://ci/1", "externalRunId": "7",
         "statusLabel": "Ok"},
        {"nodeRunIdentifier": second, "status": "FAILURE", "summary": "the target is away"},
        {"nodeRunIdentifier": third, "status": "PERHAPS", "logs": [{"message": "not kept"}]},
        {"nodeRunIdentifier": "wfnr_none", "status": "SUCCESS"},
    ]  # fmt: skip
    results = (await flow.done("POST", "/v1/fairway/runs/reports", {"reports": reports}))["results"]
    assert [each["ok"] for each in results] == [True, True, False, False]
    shown = (await flow.done("GET", f"/v1/workflows/nodes/runs/{first}"))["nodeRun"]
    assert shown["output"] == {"response": {"status": 201, "data": {"a": 1}}}
    assert (shown["links"], shown["externalRunId"], shown["statusLabel"]) == (["https://ci/1"], "7", {"text": "Ok"})
    assert (await flow.lines(first))[-1] == "sent"
    assert (await flow.run(shown["workflowRunIdentifier"]))["result"] == "SUCCESS"
    failure = (await flow.done("GET", f"/v1/workflows/nodes/runs/{second}"))["nodeRun"]
    assert "the target is away" in (await flow.run(failure["workflowRunIdentifier"]))["summary"]
    assert "not kept" not in await flow.lines(third)


async def test_the_first_ending_counts(flow: Flow, waiting: list[str]) -> None:
    """Of two agents, of which one had lost its lease, both report at the same time."""
    path = f"/v1/workflows/nodes/runs/{waiting[0]}"
    endings = [{"status": "COMPLETED", "result": result} for result in ("SUCCESS", "FAILED") * 3]
    answers = await asyncio.gather(*(flow.client.patch(path, json=body) for body in endings))
    shown = (await flow.done("GET", path))["nodeRun"]
    for body, answer in zip(endings, answers, strict=True):
        assert answer.status_code == (200 if body["result"] == shown["result"] else 409)
    assert (await flow.run(shown["workflowRunIdentifier"]))["result"] == shown["result"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"status": "DONE"}, "IN_PROGRESS, COMPLETED"),
        ({"result": "OK"}, "SUCCESS, FAILED, CANCELLED"),
        ({"links": 7}, '"links"'),
        ({"externalRunId": 7}, '"externalRunId"'),
        ({"statusLabel": 7}, '"statusLabel"'),
    ],
)
async def test_malformed_reports_are_refused(flow: Flow, body: dict[str, Any], said: str) -> None:
    await flow.define(call("one", "http://inside", agent=True), arrows=[("start", "one")])
    one = (await flow.nodes(await flow.start(env="x")))["one"]["identifier"]
    refused = await flow.report(one, **body)
    assert refused.status_code == 422
    assert said in refused.json()["message"]
    assert (await flow.report("wfnr_none", status="COMPLETED")).status_code == 404


async def test_secrets_leave_with_the_claim_alone(flow: Flow) -> None:
    await flow.done("POST", "/v1/organization/secrets", {"secretName": "TOKEN", "secretValue": "hush-77"}, status=201)
    one = call("one", "http://inside", agent=True, headers={"X-Token": "{{ .secrets.TOKEN }}"})
    await flow.define(one, arrows=[("start", "one")])
    run = await flow.start(env="x")
    [claimed] = await flow.claim()
    assert claimed["config"]["headers"] == {"X-Token": "hush-77"}
    assert claimed["node"]["config"] == claimed["config"]
    assert "hush-77" not in str(await flow.run(run))
    assert "***" in str((await flow.nodes(run))["one"]["config"])


async def test_people_are_no_agents(flow: Flow, waiting: list[str], login: Login) -> None:
    eve = await login("eve@example.com")
    claim = {"installationId": "_PORT_EXEC_AGENT"}
    assert (await eve.post("/v1/workflows/runs/claim-pending", json=claim)).status_code == 403
    assert (await eve.patch("/v1/workflows/runs/ack", json={"nodeRunIdentifier": waiting[0]})).status_code == 403
    path = f"/v1/workflows/nodes/runs/{waiting[0]}"
    assert (await eve.patch(path, json={"status": "COMPLETED"})).status_code == 403
    assert (await eve.get(path)).status_code == 403
    assert (await eve.post(f"{path}/logs", json={"logs": [{"message": "x"}]})).status_code == 403
