"""Automations over HTTP: what they hear, what they ask, and what they do not do."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import update

from fairway.kit.clock import ManualClock
from fairway.portal.services import Portal
from fairway.portal.storage.tables import consumer
from fairway.portal.worker import Background
from support.actions import automation, self_service
from support.estate import PATH, Estate


@pytest.mark.parametrize(
    ("event", "actions"),
    [
        ("ENTITY_CREATED", ["CREATE"]),
        ("ENTITY_UPDATED", ["UPDATE"]),
        ("ENTITY_DELETED", ["DELETE"]),
        ("ANY_ENTITY_CHANGE", ["CREATE", "UPDATE", "DELETE"]),
    ],
)
async def test_changes_of_entities(estate: Estate, event: str, actions: list[str]) -> None:
    await estate.listen(event)
    await estate.write(title="One")
    await estate.write(title="Two")
    await estate.write(title="Two")
    await estate.delete()
    assert [each["action"] for each in estate.heard] == actions
    for each in estate.heard:
        assert each["resourceType"] == "entity"
        assert each["context"]["blueprintIdentifier"] == "service"
        assert each["context"]["entityIdentifier"] == "svc"
        assert (each["diff"]["before"] is None) is (each["action"] == "CREATE")
        assert (each["diff"]["after"] is None) is (each["action"] == "DELETE")


async def test_documents_are_whole(estate: Estate) -> None:
    await estate.listen("ENTITY_UPDATED")
    await estate.write(title="One", properties={"score": 1})
    await estate.write(properties={"score": 2})
    [event] = estate.heard
    assert event["diff"]["before"]["properties"]["score"] == 1
    assert event["diff"]["after"]["properties"]["score"] == 2
    assert event["diff"]["after"]["title"] == "One"
    assert "tier" in event["diff"]["after"]["properties"]


@pytest.mark.parametrize(
    ("combinator", "expressions", "fires"),
    [
        ("and", ['.diff.after.title == "A"', "true"], True),
        ("and", ['.diff.after.title == "A"', "false"], False),
        ("or", ["false", '.diff.after.title == "A"'], True),
        ("or", ["false", "null"], False),
        ("and", ["1"], False),
        ("and", [".diff.after.'title' == 'A'"], True),
    ],
)
async def test_conditions(estate: Estate, combinator: str, expressions: list[str], fires: bool) -> None:
    await estate.listen("ENTITY_CREATED", *expressions, combinator=combinator)
    await estate.write(title="A")
    assert bool(estate.heard) is fires


@pytest.mark.parametrize("broken", ['error("no")', ".diff.after | keys | .[0] | keys", "[range(1e15)] | length == 0"])
async def test_a_condition_that_fails_is_told_and_fires_nothing(estate: Estate, broken: str) -> None:
    await estate.listen("ENTITY_CREATED", broken)
    await estate.write(title="A")
    assert estate.heard == []
    [line] = await estate.told()
    assert line["outcome"] == "problem"
    assert line["message"]


async def test_what_is_not_published_does_nothing(estate: Estate) -> None:
    await estate.listen("ENTITY_CREATED", publish=False)
    await estate.write(title="A")
    assert estate.heard == []


async def test_a_timer_expires_once_for_each_value(estate: Estate, clock: ManualClock) -> None:
    event = {"type": "TIMER_PROPERTY_EXPIRED", "blueprintIdentifier": "service", "propertyIdentifier": "expires"}
    await estate.listen("", what=event)

    def after(minutes: int) -> str:
        return datetime.fromtimestamp(clock.now().timestamp() + minutes * 60, UTC).isoformat().replace("+00:00", "Z")

    await estate.write(properties={"expires": after(10)})
    clock.advance(minutes=9)
    await estate.background.settle()
    assert estate.heard == []
    clock.advance(minutes=2)
    await estate.background.settle()
    [told] = estate.heard
    assert told["context"]["propertyIdentifier"] == "expires"
    assert told["diff"]["before"] is None
    clock.advance(minutes=60)
    await estate.background.settle()
    assert len(estate.heard) == 1
    await estate.write(properties={"expires": after(5)})
    await estate.write(properties={"expires": after(50)})
    clock.advance(minutes=10)
    await estate.background.settle()
    assert len(estate.heard) == 1
    clock.advance(minutes=45)
    await estate.background.settle()
    assert len(estate.heard) == 2


async def test_runs_are_heard(estate: Estate, client: httpx.AsyncClient) -> None:
    other = {**self_service("build"), "invocationMethod": {"type": "WEBHOOK", "url": "http://ci", "agent": True}}
    assert (await client.post("/v1/actions", json=other)).status_code == 201
    await estate.listen("", what={"type": "ANY_RUN_CHANGE", "actionIdentifier": "build"})
    run = (await client.post("/v1/actions/build/runs", json={"properties": {}})).json()["run"]
    await estate.background.settle()
    await client.post(f"/v1/actions/runs/{run['id']}/logs", json={"message": "a line is no change"})
    await client.patch(f"/v1/actions/runs/{run['id']}", json={"status": "SUCCESS"})
    await estate.background.settle()
    assert [each["action"] for each in estate.heard] == ["CREATE", "UPDATE"]
    last = estate.heard[-1]
    assert last["diff"]["after"]["status"] == "SUCCESS"
    assert last["context"]["action"]["identifier"] == "build"


async def test_a_circle_ends(estate: Estate, client: httpx.AsyncClient) -> None:
    more = "{{ (.event.diff.after.properties.score // 0) + 1 }}"
    mapping = {"identifier": "{{ .event.diff.after.identifier }}", "properties": {"score": more}}
    upsert = {"type": "UPSERT_ENTITY", "blueprintIdentifier": "service", "mapping": mapping}
    body = automation("react", None, type="ANY_ENTITY_CHANGE", blueprintIdentifier="service")
    assert (await client.post("/v1/actions", json={**body, "invocationMethod": upsert})).status_code == 201
    await estate.write(title="A")
    score = (await client.get(f"{PATH}/svc")).json()["entity"]["properties"]["score"]
    assert 1 <= score <= 20
    assert "looks like a circle" in (await estate.told())[0]["message"]


async def test_a_backlog_is_worked_off_in_order(estate: Estate, client: httpx.AsyncClient) -> None:
    await estate.listen("ENTITY_UPDATED")
    await estate.write(title="0")
    for number in range(1, 30):
        assert (await client.patch(f"{PATH}/svc", json={"title": str(number)})).is_success
    await estate.background.settle()
    runs = (await client.get("/v1/actions/runs", params={"action": "react", "limit": 100})).json()["runs"]
    assert len(runs) == 29
    titles = [each["diff"]["after"]["title"] for each in estate.heard]
    assert sorted(titles, key=int) == [str(number) for number in range(1, 30)]


async def test_an_event_told_twice_starts_one_run(estate: Estate, client: httpx.AsyncClient, portal: Portal) -> None:
    """The worker was killed after it had started the run and before it had noted how far it was."""
    await estate.listen("ENTITY_CREATED")
    await estate.write(title="A")
    again = update(consumer).where(consumer.c.name == "automations").values(txid=0, event_id=0)
    await portal.db.write(lambda tx: tx.run(again))
    await Background(portal).settle()
    assert len((await client.get("/v1/actions/runs", params={"action": "react"})).json()["runs"]) == 1
    assert len(estate.heard) == 1


async def test_an_automation_acts_under_its_name(estate: Estate, client: httpx.AsyncClient) -> None:
    mapping = {"identifier": "made", "title": "Made"}
    upsert = {"type": "UPSERT_ENTITY", "blueprintIdentifier": "service", "mapping": mapping}
    only = {"type": "JQ", "expressions": ['.diff.after.identifier == "svc"'], "combinator": "and"}
    body = automation("maker", only, type="ENTITY_CREATED", blueprintIdentifier="service")
    assert (await client.post("/v1/actions", json={**body, "invocationMethod": upsert})).status_code == 201
    await estate.write(title="A")
    [record] = (await client.get("/v1/audit-log", params={"entity": "made"})).json()["audits"]
    assert record["trigger"]["origin"] in ("AUTOMATION", "maker")
    [run] = (await client.get("/v1/actions/runs", params={"action": "maker"})).json()["runs"]
    assert (run["source"], run["status"]) == ("AUTOMATION", "SUCCESS")
    assert record["context"]["runId"] == run["id"]


async def test_automations_are_not_run_by_people(estate: Estate, client: httpx.AsyncClient) -> None:
    await estate.listen("ENTITY_CREATED")
    refused = await client.post("/v1/actions/react/runs", json={"properties": {}})
    assert refused.status_code == 422
    assert "events start it" in refused.json()["message"]


async def test_what_happened_before_it_was_made_is_not_heard(
    estate: Estate, client: httpx.AsyncClient, clock: ManualClock
) -> None:
    """However late the events are read: whoever imports a catalog and then adds an automation starts no flood."""
    assert (await client.post(PATH, json={"identifier": "imported"})).status_code == 201
    clock.advance(seconds=1)
    await estate.listen("ANY_ENTITY_CHANGE")
    assert estate.heard == []
    await estate.write("new")
    assert [each["context"]["entityIdentifier"] for each in estate.heard] == ["new"]
