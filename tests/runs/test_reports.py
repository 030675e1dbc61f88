"""Many reports in one request, each on its own."""

from __future__ import annotations

from typing import Any

import pytest

from support.people import Login
from support.run_desk import Desk, agent_action

PATH = "/v1/fairway/runs/reports"


@pytest.fixture
async def runs(desk: Desk) -> list[str]:
    """Claimed runs."""
    await desk.put(agent_action())
    found = await desk.many("deploy", 4)
    assert await desk.claim() == found
    return found


async def test_reports(desk: Desk, runs: list[str]) -> None:
    first, second, third, fourth = runs
    results = await desk.report(
        {"runId": first, "ack": True},
        {
            "runId": second, "ack": True, "status": "SUCCESS", "summary": "Done", "link": "https://ci/2",
            "externalRunId": "2", "statusLabel": "Fine", "response": {"a": 1},
            "logs": [{"message": "one"}, {"message": "two", "level": "WARN"}],
        },
        {"runId": "r_unknown", "status": "SUCCESS"},
        {"runId": third, "status": "DONE"},
        {"runId": fourth, "status": "FAILURE", "summary": "The target refused"},
        "nonsense",
        {"status": "SUCCESS"},
    )  # fmt: skip
    assert [(each["id"], each["ok"], each.get("error")) for each in results] == [
        (first, True, None),
        (second, True, None),
        ("r_unknown", False, "not_found"),
        (third, False, "invalid_request"),
        (fourth, True, None),
        (None, False, "invalid_request"),
        (None, False, "invalid_request"),
    ]
    assert '"DONE"' in results[3]["message"]
    assert await desk.heartbeat(*runs) == [third], "the others are acknowledged, or have ended"
    run = await desk.get(second)
    assert (run["status"], run["summary"], run["link"]) == ("SUCCESS", "Done", ["https://ci/2"])
    assert (run["externalRunId"], run["statusLabel"], run["response"]) == ("2", "Fine", {"a": 1})
    assert await desk.lines(second) == ["one", "two"]
    assert (await desk.get(first))["status"] == "IN_PROGRESS"
    assert (await desk.get(fourth))["summary"] == "The target refused"


async def test_reports_about_one_run_follow_one_another(desk: Desk, runs: list[str]) -> None:
    results = await desk.report(
        {"runId": runs[0], "logs": [{"message": "one"}], "statusLabel": "Half way"},
        {"runId": runs[0], "logs": [{"message": "two"}], "status": "SUCCESS"},
        {"runId": runs[0], "status": "SUCCESS"},
        {"runId": runs[0], "status": "FAILURE"},
    )
    assert [each["ok"] for each in results] == [True, True, True, False]
    run = await desk.get(runs[0])
    assert (run["status"], run["statusLabel"]) == ("SUCCESS", "Half way")
    assert await desk.lines(runs[0]) == ["one", "two"]


async def test_a_thousand_reports_at_once(desk: Desk, runs: list[str]) -> None:
    report = {"runId": runs[0], "logs": [{"message": "x"}]}
    assert all(each["ok"] for each in await desk.report(*[report] * 1000))
    page = await desk.client.get(f"/v1/actions/runs/{runs[0]}/logs?offset=950")
    assert len(page.json()["runLogs"]) == 50
    for body in ({"reports": [report] * 1001}, {"reports": "x"}, {}):
        await desk.refused("POST", PATH, 422, body)


_WRONG: list[dict[str, Any]] = [
    {"ack": "yes"}, {"logs": "x"}, {"logs": ["x"]}, {"logs": [{}]}, {"logs": [{"message": "x", "level": "LOUD"}]},
    {"status": "IN_PROGRESS"}, {"status": 1}, {"response": 7}, {"link": 7}, {"summary": {}},
]  # fmt: skip


async def test_reports_of_wrong_types_change_nothing(desk: Desk, runs: list[str]) -> None:
    for wrong in _WRONG:
        before = await desk.get(runs[0])
        [result, fine] = await desk.report({"runId": runs[0], **wrong}, {"runId": runs[1], "status": "SUCCESS"})
        assert (result["ok"], result["error"], fine["ok"]) == (False, "invalid_request", True)
        assert await desk.get(runs[0]) == before
        assert await desk.lines(runs[0]) == []


async def test_who_may_report_so(desk: Desk, runs: list[str], login: Login) -> None:
    other = Desk(await login("jo@example.com"))
    [result] = await other.report({"runId": runs[0], "status": "SUCCESS"})
    assert (result["ok"], result["error"]) == (False, "forbidden")
    own = (await other.start("deploy"))["id"]
    [result] = await other.report({"runId": own, "status": "SUCCESS"})
    assert result["ok"]
