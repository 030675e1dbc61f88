"""Events reach automations once, in order, whoever dies, and whatever one of the listeners does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx

from fairway.kit.clock import ManualClock
from fairway.portal.automations.model import Listener, Occurrence
from fairway.portal.services import Portal
from fairway.portal.storage import Tx
from fairway.portal.storage.consumers import Consumer, ConsumerLoop
from fairway.portal.storage.outbox import Event
from fairway.portal.worker import Background
from support.actions import automation
from support.estate import PATH, Estate
from support.people import Login


async def _write(client: httpx.AsyncClient, *identifiers: str) -> None:
    for identifier in identifiers:
        assert (await client.post(PATH, json={"identifier": identifier})).status_code == 201


async def test_without_listeners_no_event_is_read(estate: Estate, portal: Portal, client: httpx.AsyncClient) -> None:
    read: list[Event] = []

    async def handle(events: Sequence[Event]) -> None:
        read.extend(events)

    probe = Consumer("probe", handle, portal.automations.listening.consumer.wanted)
    loop = ConsumerLoop(portal.db, portal.clock, probe)
    await _write(client, "a", "b")
    while await loop.step():
        pass
    assert read == []
    await estate.listen("ENTITY_CREATED")
    await _write(client, "c")
    while await loop.step():
        pass
    assert [each.entity for each in read] == ["c"]


async def test_events_of_an_entity_start_runs_in_their_order(estate: Estate, client: httpx.AsyncClient) -> None:
    await estate.listen("ANY_ENTITY_CHANGE")
    await estate.listen("ENTITY_UPDATED", identifier="second")
    await _write(client, "svc")
    for number in range(20):
        assert (await client.patch(f"{PATH}/svc", json={"title": str(number)})).is_success
    await estate.background.settle()
    for name in ("react", "second"):
        runs = [each["id"] for each in (await estate.runs(name))[::-1]]
        by_run = {seen.headers["idempotency-key"]: seen.json["event"] for seen in estate.target.requests}
        titles = [by_run[run]["diff"]["after"]["title"] for run in runs if by_run[run]["action"] == "UPDATE"]
        assert titles == [str(number) for number in range(20)]


async def test_processes_side_by_side_start_one_run_each(
    estate: Estate, portal: Portal, client: httpx.AsyncClient
) -> None:
    await estate.listen("ENTITY_CREATED")
    names = [f"svc-{number}" for number in range(15)]
    await _write(client, *names)
    await asyncio.gather(*(Background(portal).settle() for _ in range(3)))
    await Background(portal).settle()
    assert sorted(each["entity"]["identifier"] for each in await estate.runs()) == sorted(names)
    assert len(estate.heard) == len(names)


class Broken:
    """A listener whose answer breaks, as a fault of ours would."""

    def __init__(self) -> None:
        self.asked = 0

    async def listeners(self, tx: Tx) -> Sequence[Listener]:
        """One that hears what is created."""
        return [Listener("broken:1", "broken", {"type": "ENTITY_CREATED", "blueprintIdentifier": "service"}, None)]

    async def start(self, listener: Listener, heard: Occurrence, depth: int) -> str | None:
        """Breaks."""
        self.asked += 1
        raise RuntimeError("a fault of ours")

    async def depth_of(self, tx: Tx, run_id: str | None, origin: str) -> int | None:
        """It has no runs."""
        return None

    async def note_in(self, tx: Tx, run_id: str, message: str) -> bool:
        """It has no runs."""
        return False


async def test_a_listener_that_breaks_keeps_no_other_from_its_events(
    estate: Estate, portal: Portal, client: httpx.AsyncClient
) -> None:
    broken = Broken()
    await estate.listen("ENTITY_CREATED")
    portal.automations.listening.add(broken)
    await _write(client, "a", "b")
    loop = ConsumerLoop(portal.db, portal.clock, portal.automations.listening.consumer)
    failures = 0
    for _ in range(30):
        try:
            if not await loop.step():
                break
        except RuntimeError:
            failures += 1
    assert failures >= 4, "what breaks is tried again"
    await estate.background.settle()
    assert sorted(each["context"]["entityIdentifier"] for each in estate.heard) == ["a", "b"]
    assert broken.asked <= 2 * 5


async def test_an_automation_that_is_gone_starts_nothing(estate: Estate, client: httpx.AsyncClient) -> None:
    await estate.listen("ENTITY_CREATED")
    await _write(client, "a")
    assert (await client.delete("/v1/actions/react")).is_success
    await estate.background.settle()
    assert await estate.runs() == []


async def test_a_renamed_automation_keeps_its_log(estate: Estate, client: httpx.AsyncClient) -> None:
    await estate.listen("ENTITY_CREATED")
    await estate.write("a")
    action = (await client.get("/v1/actions/react")).json()["action"]
    stamps = ("id", "createdAt", "createdBy", "updatedAt", "updatedBy")
    body = {key: value for key, value in action.items() if key not in stamps}
    assert (await client.put("/v1/actions/react", json={**body, "identifier": "renamed"})).is_success
    await estate.write("b")
    assert [each["outcome"] for each in await estate.told("renamed")] == ["fired", "fired"]
    assert (await client.get("/v1/fairway/automations/react/log")).status_code == 404


async def test_two_automations_do_not_go_round_for_ever(estate: Estate, client: httpx.AsyncClient) -> None:
    """One writes what the other hears; the last run's log says why nothing follows."""
    for name, other in (("ping", "pong"), ("pong", "ping")):
        mapping = {"identifier": f"{other}-{{{{ .event.id }}}}"}
        only = {"type": "JQ", "expressions": [f'.diff.after.identifier | startswith("{name}")'], "combinator": "and"}
        body = automation(name, only, type="ENTITY_CREATED", blueprintIdentifier="service")
        upsert = {"type": "UPSERT_ENTITY", "blueprintIdentifier": "service", "mapping": mapping}
        assert (await client.post("/v1/actions", json={**body, "invocationMethod": upsert})).status_code == 201
    await estate.write("ping-0")
    runs = [*await estate.runs("ping"), *await estate.runs("pong")]
    assert 2 <= len(runs) <= 12
    lines = []
    for run in runs:
        found = (await client.get(f"/v1/actions/runs/{run['id']}/logs")).json()["runLogs"]
        lines += [each["message"] for each in found]
    assert sum("looks like a circle" in line for line in lines) == 1
    assert [each["outcome"] for name in ("ping", "pong") for each in await estate.told(name)].count("stopped") == 1
    audits = (await client.get("/v1/audit-log", params={"status": "FAILURE", "resources": "action"})).json()["audits"]
    assert len(audits) == 1


async def test_an_automation_on_its_own_runs_ends(estate: Estate, client: httpx.AsyncClient) -> None:
    await estate.listen("ENTITY_CREATED")
    action = (await client.get("/v1/actions/react")).json()["action"]
    trigger = {"type": "automation", "event": {"type": "ANY_RUN_CHANGE", "actionIdentifier": "react"}}
    body = {"identifier": "react", "trigger": trigger, "invocationMethod": action["invocationMethod"]}
    await estate.write("a")
    assert (await client.put("/v1/actions/react", json=body)).is_success
    [first] = await estate.runs()
    assert (await client.patch(f"/v1/actions/runs/{first['id']}", json={"statusLabel": "x"})).is_success
    await estate.background.settle()
    assert 2 <= len(await estate.runs()) <= 40


async def test_a_timer_outlives_a_restart_and_a_rename(
    estate: Estate, portal: Portal, clock: ManualClock, client: httpx.AsyncClient
) -> None:
    event = {"type": "TIMER_PROPERTY_EXPIRED", "blueprintIdentifier": "service", "propertyIdentifier": "expires"}
    await estate.listen("", what=event)
    due = f"{clock.now().replace(microsecond=0).isoformat()[:-6]}Z"
    clock.advance(seconds=-600)
    for identifier in ("kept", "gone", "cleared"):
        await estate.write(identifier, properties={"expires": due})
    await estate.delete("gone")
    await estate.write("cleared", properties={"expires": None})
    path = "/v1/blueprints/service/properties/expires/rename"
    assert (await client.patch(path, json={"newPropertyName": "ends"})).is_success
    clock.advance(seconds=660)
    await Background(portal).settle()
    assert [each["context"]["entityIdentifier"] for each in estate.heard] == ["kept"]
    assert estate.heard[0]["context"]["propertyIdentifier"] == "ends"


async def test_the_log_is_for_admins(estate: Estate, client: httpx.AsyncClient, login: Login) -> None:
    await estate.listen("ENTITY_CREATED", "false")
    for number in range(3):
        await estate.write(f"svc-{number}")
    path = "/v1/fairway/automations/react/log"
    assert len((await client.get(path, params={"limit": 2})).json()["evaluations"]) == 2
    assert (await (await login("eve@example.com")).get(path)).status_code == 403
