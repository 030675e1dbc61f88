"""A run from its start to its end, over HTTP (contract 7.1 to 7.5)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from fairway.kit.clock import ManualClock
from fairway.portal.runs.documents import FIELDS
from fairway.portal.worker import Background
from support.actions import ENRICH
from support.people import Login
from support.run_desk import Desk, agent_action

ENRICHING = ENRICH["identifier"]
INPUTS = {"domain": "payments", "type": "backend", "lifecycle": "Production"}
NOT_THERE = "r_doesnotexist"


@pytest.fixture
async def enrich(desk: Desk, catalog: None) -> dict[str, Any]:
    """The action of contract 6.2, executed by agents."""
    return await desk.put({**ENRICH, "invocationMethod": {**ENRICH["invocationMethod"], "agent": True}})


async def _started(desk: Desk) -> dict[str, Any]:
    return await desk.start(ENRICHING, properties=INPUTS, entity="svc-a")


async def test_the_document_of_a_run(desk: Desk, enrich: dict[str, Any]) -> None:
    run = await _started(desk)
    stamp = run["createdAt"]
    title = {"identifier": "service", "title": "Service", "icon": None, "deleted": False}
    assert run == {
        "id": run["id"], "status": "IN_PROGRESS", "statusLabel": None, "summary": "",
        "blueprint": title,
        "entity": {"identifier": "svc-a", "title": "Service A", "icon": None, "deleted": False},
        "action": {"identifier": ENRICHING, "title": "Enrich Service", "icon": "Microservice", "deleted": False},
        "properties": {**INPUTS, "domain": {"identifier": "payments", "title": "Payments"}},
        "rawProperties": INPUTS,
        "source": "API", "link": [], "requiredApproval": False, "approval": None, "response": None,
        "payload": {
            "type": "WEBHOOK", "url": "https://ci.example.com/hook", "agent": True, "synchronized": False,
            "method": "POST", "headers": {"RUN_ID": run["id"]},
            "body": {
                "port_context": {"entity": "svc-a", "runId": run["id"]}, "domain": "payments", "type": "backend",
            },
        },
        "pendingExecution": True, "claimedUntil": None, "installationId": "_PORT_EXEC_AGENT", "externalRunId": None,
        "createdBy": "testclient", "impersonatedBy": None, "updatedBy": "testclient",
        "createdAt": stamp, "updatedAt": stamp, "endedAt": None,
    }  # fmt: skip
    assert run.keys() == FIELDS
    assert await desk.get(run["id"]) == run


_REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({}, 422, '"entity" is required'),
    ({"entity": "svc-a"}, 422, '"domain"'),
    ({"entity": "svc-a", "properties": {"domain": "payments"}}, 422, '"type"'),
    ({"entity": "svc-a", "properties": {**INPUTS, "type": "toaster"}}, 422, '"type"'),
    ({"entity": "svc-a", "properties": {**INPUTS, "colour": "red"}}, 422, '"colour"'),
    ({"entity": "svc-a", "properties": {**INPUTS, "domain": "gone"}}, 422, '"gone"'),
    ({"entity": "svc-a", "properties": {**INPUTS, "domain": 7}}, 422, '"domain"'),
    ({"entity": "gone", "properties": INPUTS}, 404, '"gone"'),
    ({"entity": 7, "properties": INPUTS}, 422, '"entity"'),
    ({"entity": "svc-a", "properties": [1]}, 422, '"properties"'),
]


async def test_what_does_not_start(desk: Desk, enrich: dict[str, Any]) -> None:
    for body, status, told in _REFUSED:
        assert told in await desk.refused("POST", f"/v1/actions/{ENRICHING}/runs", status, body)
        assert await desk.listed() == []


async def test_actions_that_cannot_be_started(desk: Desk, catalog: None, login: Login) -> None:
    await desk.put({**agent_action("draft"), "publish": False})
    event = {"type": "ENTITY_UPDATED", "blueprintIdentifier": "service"}
    await desk.put({**agent_action("react"), "trigger": {"type": "automation", "event": event}})
    assert '"none"' in await desk.refused("POST", "/v1/actions/none/runs", 404, {})
    assert "automation" in await desk.refused("POST", "/v1/actions/react/runs", 422, {})
    member = Desk(await login("jo@example.com"))
    assert '"draft"' in await member.refused("POST", "/v1/actions/draft/runs", 404, {})
    assert "array" in await desk.refused("POST", "/v1/actions/draft/runs", 422, [1])
    broken = await desk.client.post("/v1/actions/draft/runs", content=b"{")
    assert broken.status_code == 400


async def test_who_may_start(desk: Desk, login: Login) -> None:
    await desk.put(agent_action())
    nobody: dict[str, list[str]] = {"users": [], "roles": [], "teams": []}
    body = {"execute": {**nobody, "users": ["allowed@example.com"]}}
    assert (await desk.client.patch("/v1/actions/deploy/permissions", json=body)).status_code == 200
    allowed, other = Desk(await login("allowed@example.com")), Desk(await login("other@example.com"))
    run = await allowed.start("deploy")
    assert (await desk.listed(user_email="ALLOWED@example.com")) == [run["id"]]
    assert "other@example.com" in await other.refused("POST", "/v1/actions/deploy/runs", 403, {})
    assert (await desk.start("deploy"))["status"] == "IN_PROGRESS"


async def test_running_for_somebody_else(desk: Desk, login: Login) -> None:
    await desk.put(agent_action())
    member = await login("jo@example.com")
    path = "/v1/actions/deploy/runs?run_as=jo@example.com"
    run = (await desk.client.post(path, json={})).json()["run"]
    own = await Desk(member).start("deploy")
    assert (run["createdBy"], run["impersonatedBy"]) == (own["createdBy"], "testclient")
    assert own["impersonatedBy"] is None
    assert (await Desk(member).get(run["id"]))["id"] == run["id"]
    assert "somebody else" in await Desk(member).refused("POST", path, 403, {})
    assert '"no@example.com"' in await desk.refused("POST", "/v1/actions/deploy/runs?run_as=no@example.com", 404, {})


async def test_somebody_else_needs_permission_of_their_own(desk: Desk, login: Login) -> None:
    await desk.put(agent_action())
    await login("jo@example.com")
    nobody: dict[str, list[str]] = {"users": [], "roles": [], "teams": []}
    assert (await desk.client.patch("/v1/actions/deploy/permissions", json={"execute": nobody})).status_code == 200
    await desk.refused("POST", "/v1/actions/deploy/runs?run_as=jo@example.com", 403, {})
    assert await desk.listed() == []


async def test_reports(desk: Desk, enrich: dict[str, Any], clock: ManualClock) -> None:
    run_id = (await _started(desk))["id"]
    clock.advance(seconds=1)
    run = await desk.patch(run_id, link="https://ci/1", statusLabel="Building", externalRunId="77")
    assert (run["link"], run["statusLabel"], run["externalRunId"]) == (["https://ci/1"], "Building", "77")
    assert run["updatedAt"] > run["createdAt"]
    run = await desk.patch(run_id, link=["https://ci/2", "https://ci/3"])
    assert (run["link"], run["statusLabel"]) == (["https://ci/2", "https://ci/3"], "Building")
    run = await desk.patch(run_id, status="IN_PROGRESS", unknown={"a": 1})
    assert run["status"] == "IN_PROGRESS"
    clock.advance(seconds=1)
    run = await desk.patch(run_id, status="SUCCESS", message={"run_status": "all is well"})
    assert (run["status"], run["summary"], run["endedAt"]) == ("SUCCESS", "all is well", run["updatedAt"])
    assert await desk.get(run_id) == run


async def test_a_message_is_the_summary_of_a_run_that_has_none(desk: Desk, enrich: dict[str, Any]) -> None:
    run_id = (await _started(desk))["id"]
    await desk.patch(run_id, summary="Three steps")
    run = await desk.patch(run_id, message={"run_status": "step 1"})
    assert run["summary"] == "Three steps"
    assert await desk.lines(run_id) == ["step 1"]
    other = (await _started(desk))["id"]
    assert (await desk.patch(other, message={"a": 1, "b": 2}))["summary"] == '{"a":1,"b":2}'


async def test_a_whole_run_may_be_sent_back(desk: Desk, enrich: dict[str, Any]) -> None:
    run = await _started(desk)
    sent = await desk.patch(run["id"], **{**run, "status": "SUCCESS", "createdBy": "somebody", "id": "r_other"})
    assert (sent["status"], sent["createdBy"], sent["id"]) == ("SUCCESS", "testclient", run["id"])


_WRONG: list[dict[str, Any]] = [
    {"status": "DONE"}, {"status": 1}, {"link": 7}, {"link": [7]}, {"link": {"url": "x"}}, {"summary": 7},
    {"externalRunId": 7}, {"statusLabel": ["x"]}, {"message": 7},
]  # fmt: skip


async def test_reports_of_wrong_types(desk: Desk, enrich: dict[str, Any]) -> None:
    for body in _WRONG:
        run = await _started(desk)
        told = await desk.refused("PATCH", f"/v1/actions/runs/{run['id']}", 422, body)
        assert f'"{next(iter(body))}"' in told
        assert await desk.get(run["id"]) == run


_ENDINGS = ["SUCCESS", "FAILURE"]


async def test_an_ended_run_keeps_its_status(desk: Desk, enrich: dict[str, Any], clock: ManualClock) -> None:
    for ending in _ENDINGS:
        run_id = (await _started(desk))["id"]
        ended = await desk.patch(run_id, status=ending)
        clock.advance(seconds=5)
        assert await desk.patch(run_id, status=ending) == ended
        after = await desk.patch(run_id, status=ending, link="https://late", summary="late", statusLabel="Late")
        assert (after["link"], after["summary"], after["statusLabel"]) == (["https://late"], "late", "Late")
        assert after["endedAt"] == ended["endedAt"]
        other = "FAILURE" if ending == "SUCCESS" else "SUCCESS"
        assert ending in await desk.refused("PATCH", f"/v1/actions/runs/{run_id}", 422, {"status": other})
        assert (await desk.patch(run_id, status="IN_PROGRESS"))["status"] == ending
        assert (await desk.get(run_id))["status"] == ending


async def test_a_run_that_waits_for_approval_can_only_be_withdrawn(desk: Desk, enrich: dict[str, Any]) -> None:
    await desk.client.put(f"/v1/actions/{ENRICHING}", json={**enrich, "requiredApproval": True})
    run = await _started(desk)
    assert (run["status"], run["requiredApproval"]) == ("WAITING_FOR_APPROVAL", {"type": "ANY"})
    path = f"/v1/actions/runs/{run['id']}"
    assert "approval" in await desk.refused("PATCH", path, 422, {"status": "SUCCESS"})
    assert (await desk.patch(run["id"], status="FAILURE"))["status"] == "FAILURE"


async def test_logs(desk: Desk, enrich: dict[str, Any]) -> None:
    run_id = (await _started(desk))["id"]
    line = await desk.log(run_id, "cloning")
    assert line == {
        "id": line["id"], "runId": run_id, "message": "cloning", "level": "INFO", "createdBy": "testclient",
        "createdAt": line["createdAt"],
    }  # fmt: skip
    labelled = await desk.log(run_id, "building", statusLabel="Build", level="WARN")
    assert (labelled["statusLabel"], labelled["level"]) == ("Build", "WARN")
    assert (await desk.get(run_id))["statusLabel"] == "Build"
    await desk.log(run_id, "done", terminationStatus="SUCCESS")
    run = await desk.get(run_id)
    assert (run["status"], run["endedAt"] is not None) == ("SUCCESS", True)
    path = f"/v1/actions/runs/{run_id}/logs"
    again = await desk.refused("POST", path, 422, {"message": "done", "terminationStatus": "SUCCESS"})
    assert "only once" in again
    await desk.log(run_id, "a late line is kept")
    assert await desk.lines(run_id) == ["cloning", "building", "done", "a late line is kept"]
    for body in ({}, {"message": 7}, {"message": "x", "level": "LOUD"}, {"message": "x", "terminationStatus": "DONE"}):
        await desk.refused("POST", path, 422, body)


async def test_pages_of_a_log(desk: Desk, enrich: dict[str, Any]) -> None:
    run_id = (await _started(desk))["id"]
    for number in range(55):
        await desk.log(run_id, str(number))

    async def page(query: str) -> list[int]:
        found = (await desk.client.get(f"/v1/actions/runs/{run_id}/logs{query}")).json()["runLogs"]
        return [int(line["message"]) for line in found]

    assert await page("") == list(range(50))
    assert await page("?offset=50") == list(range(50, 55))
    assert await page("?limit=3&offset=1") == [1, 2, 3]
    assert await page("?limit=1000") == list(range(50)), "a limit beyond its range is clamped"
    await desk.refused("GET", f"/v1/actions/runs/{run_id}/logs?limit=many", 422)


async def test_two_endings_that_contradict_each_other(desk: Desk, enrich: dict[str, Any]) -> None:
    run_id = (await _started(desk))["id"]
    await desk.patch(run_id, status="SUCCESS")
    body = {"message": "no", "terminationStatus": "FAILURE"}
    assert "SUCCESS" in await desk.refused("POST", f"/v1/actions/runs/{run_id}/logs", 422, body)
    assert await desk.lines(run_id) == []


_RESPONSES: list[Any] = [{"a": [1, {"b": None}]}, "text", [1, 2], None]


async def test_the_response_of_a_backend(desk: Desk, enrich: dict[str, Any]) -> None:
    for response in _RESPONSES:
        run_id = (await _started(desk))["id"]
        answer = await desk.client.patch(f"/v1/actions/runs/{run_id}/response", json={"response": response})
        assert (answer.status_code, answer.json()) == (200, {"ok": True})
        assert (await desk.get(run_id))["response"] == response
        assert (await desk.get(run_id))["status"] == "IN_PROGRESS"


async def test_what_is_no_response(desk: Desk, enrich: dict[str, Any]) -> None:
    run_id = (await _started(desk))["id"]
    for body in ({}, {"response": 7}, {"response": True}):
        await desk.refused("PATCH", f"/v1/actions/runs/{run_id}/response", 422, body)


async def test_runs_that_do_not_exist(desk: Desk) -> None:
    path = f"/v1/actions/runs/{NOT_THERE}"
    ours = f"/v1/fairway/runs/{NOT_THERE}"
    calls: list[tuple[str, str, Any]] = [
        ("GET", path, None), ("PATCH", path, {"status": "SUCCESS"}), ("POST", f"{path}/logs", {"message": "x"}),
        ("GET", f"{path}/logs", None), ("PATCH", f"{path}/response", {"response": "x"}),
        ("POST", f"{ours}/cancel", None), ("POST", f"{ours}/rerun", None), ("POST", f"{ours}/redrive", None),
        ("GET", f"{ours}/entities", None), ("GET", f"{ours}/stream", None),
    ]  # fmt: skip
    for method, where, body in calls:
        assert f'"{NOT_THERE}"' in await desk.refused(method, where, 404, body), where


async def test_what_is_gone_is_said_to_be_deleted(
    desk: Desk, enrich: dict[str, Any], client: httpx.AsyncClient
) -> None:
    run_id = (await _started(desk))["id"]
    assert (await client.delete("/v1/blueprints/service/entities/svc-a")).status_code == 200
    run = await desk.get(run_id)
    assert [run[name]["deleted"] for name in ("entity", "action", "blueprint")] == [True, False, False]
    assert (await client.delete(f"/v1/actions/{ENRICHING}")).status_code == 200
    assert (await client.delete("/v1/blueprints/service")).status_code == 200
    run = await desk.get(run_id)
    assert [run[name]["deleted"] for name in ("entity", "action", "blueprint")] == [True, True, True]
    assert run["entity"]["title"] == "Service A"


async def test_entities_that_a_run_touched(desk: Desk, enrich: dict[str, Any], client: httpx.AsyncClient) -> None:
    run_id = (await _started(desk))["id"]
    path = "/v1/blueprints/service/entities"
    with_run = {"run_id": run_id}
    assert (await client.post(path, params=with_run, json={"identifier": "new", "title": "New"})).status_code == 201
    assert (await client.patch(f"{path}/new", params=with_run, json={"title": "Newer"})).status_code == 200
    assert (await client.patch(f"{path}/svc-a", params=with_run, json={"title": "A"})).status_code == 200
    assert (await client.post(path, json={"identifier": "alien"})).status_code == 201
    await desk.patch(run_id, status="SUCCESS")
    found = (await client.get(f"/v1/fairway/runs/{run_id}/entities")).json()["entities"]
    assert [(each["blueprint"], each["identifier"], each["title"], each["action"]) for each in found] == [
        ("service", "new", "Newer", "CREATE"),
        ("service", "svc-a", "A", "UPDATE"),
    ]


async def test_events_of_a_run(desk: Desk, enrich: dict[str, Any], background: Background) -> None:
    run_id = (await _started(desk))["id"]
    await desk.patch(run_id, statusLabel="Building")
    await desk.patch(run_id, statusLabel="Building")
    await desk.patch(run_id, status="SUCCESS")
    await background.settle()
    found = (await desk.client.get("/v1/audit-log", params={"run_id": run_id, "resources": "run"})).json()["audits"]
    shown = sorted((each["action"], each["diff"]["after"]["status"]) for each in found)
    assert shown == [("CREATE", "IN_PROGRESS"), ("UPDATE", "IN_PROGRESS"), ("UPDATE", "SUCCESS")]
    assert {each["context"]["runId"] for each in found} == {run_id}
