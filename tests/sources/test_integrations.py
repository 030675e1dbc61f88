"""The registry of integrations (contract 8; conformance scenarios 19 and 20; settled points 15.3-15.5)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from fairway.kit.clock import ManualClock
from fairway.kit.errors import Forbidden
from fairway.portal.caller import Caller
from fairway.portal.services import Portal
from fairway.portal.storage.tables import event

PATH = "/v1/integration"
CONFIG = {"resources": [{"kind": "project", "selector": {"query": "true"}, "port": {"z": None, "a": [1, 1.5]}}]}
TERRAFORM = {"installationId": "my-gitlab", "title": None, "installationAppType": None, "version": None, "config": None}
OCEAN = {
    "installationId": "my-gitlab",
    "installationAppType": "gitlab",
    "version": "0.3.1",
    "changelogDestination": {},
    "config": CONFIG,
    "actionsProcessingEnabled": False,
    "incrementalSyncEnabled": False,
    "createPortResourcesOrigin": "Default",
}
MEMBER = Caller("u_1", "user", "org_test", email="m@example.com", roles=frozenset({"Member"}))


@pytest.fixture
def clock() -> ManualClock:
    """Time stands still unless a test moves it: stamps must grow all the same where the contract asks for it."""
    return ManualClock(datetime.now(UTC))


async def _register(client: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    response = await client.post(PATH, json=body)
    assert response.status_code == 201, response.text
    integration: dict[str, Any] = response.json()["integration"]
    return integration


async def _requested(client: httpx.AsyncClient) -> str:
    stamp: str = (await client.get(f"{PATH}/my-gitlab/resync-request")).json()["request"]["updatedAt"]
    return stamp


async def test_life_of_an_integration(client: httpx.AsyncClient) -> None:
    """Conformance scenario 19."""
    created = await _register(client, TERRAFORM)
    assert created.items() >= TERRAFORM.items()
    assert created["identifier"] == "my-gitlab"
    assert created["installationType"] == "OnPrem"
    assert created["changelogDestination"] == {}
    for key, path in (("log", "logs/integration"), ("metric", "metrics/integration"), ("ingest", "ingest")):
        attributes = created[f"{key}Attributes"]
        assert attributes["ingestUrl"] == f"http://portal/{path}/{attributes['ingestId']}"
    assert (await client.get(f"{PATH}/my-gitlab")).json()["integration"] == created

    running = {"status": "running", "lastResyncStart": "2026-01-28T10:00:00.000Z", "lastResyncEnd": None}
    reported = (await client.patch(f"{PATH}/my-gitlab/resync-state", json=running)).json()["integration"]
    assert reported["resyncState"].items() >= running.items()
    assert reported["updatedAt"] == reported["resyncState"]["updatedAt"]

    configured = (await client.patch(f"{PATH}/my-gitlab/config", json={"config": CONFIG})).json()["integration"]
    assert configured["config"] == CONFIG
    assert configured["updatedAt"] > reported["updatedAt"]
    asked = await _requested(client)
    assert asked > reported["resyncState"]["updatedAt"]

    again: dict[str, Any] = {"config": {"resources": []}}
    await client.patch(f"{PATH}/my-gitlab/config", json=again, headers={"x-skip-resync": "true"})
    assert await _requested(client) == asked

    assert (await client.delete(f"{PATH}/my-gitlab")).json() == {"ok": True}
    assert (await client.get(f"{PATH}/my-gitlab")).status_code == 404


async def test_what_is_missing_has_no_integration_key(client: httpx.AsyncClient) -> None:
    """Conformance scenario 20."""
    response = await client.get(f"{PATH}/nobody", params={"oceanCoreVersion": "0.56.2", "isPolling": "false"})
    assert response.status_code == 404
    assert "integration" not in response.json()
    assert response.json()["error"] == "not_found"
    for method, path in (
        ("PATCH", ""), ("DELETE", ""), ("PATCH", "/resync-state"), ("GET", "/resync-request"), ("GET", "/logs"),
        ("GET", "/kinds"), ("GET", "/syncMetrics"), ("GET", "/cursor?kind=a"),
    ):  # fmt: skip
        missing = await client.request(method, f"{PATH}/nobody{path}", json=None if method == "GET" else {})
        assert missing.status_code == 404, (method, path)


async def test_it_exists_already(client: httpx.AsyncClient) -> None:
    await _register(client, OCEAN)
    response = await client.post(PATH, json=OCEAN)
    assert (response.status_code, response.json()["error"]) == (409, "conflict")


async def test_everything_written_is_echoed(client: httpx.AsyncClient) -> None:
    created = await _register(client, OCEAN)
    assert created.items() >= OCEAN.items()
    change = {
        "changelogDestination": {"type": "WEBHOOK", "url": "http://app.example/resync"},
        "processingMode": "dsp",
        "spec": {"b": 1, "a": None},
        "oauthBrokerUrl": "https://broker.example",
        "somethingNew": [{}],
    }
    changed = (await client.patch(f"{PATH}/my-gitlab", json=change)).json()["integration"]
    assert changed.items() >= {**OCEAN, **change}.items()
    assert list(changed["spec"]) == ["b", "a"]
    mode = (await client.patch(f"{PATH}/my-gitlab", json={"processingMode": None})).json()["integration"]
    assert mode["processingMode"] is None


async def test_own_keys_of_the_portal_cannot_be_written(client: httpx.AsyncClient) -> None:
    created = await _register(client, OCEAN)
    sent = {**created, "title": "New", "resyncState": {"status": "hacked"}, "createdAt": "never", "_id": "x"}
    changed = (await client.patch(f"{PATH}/my-gitlab", json=sent)).json()["integration"]
    assert changed["title"] == "New"
    assert (changed["resyncState"], changed["createdAt"], changed["_id"]) == ({}, created["createdAt"], created["_id"])
    moved = await client.patch(f"{PATH}/my-gitlab", json={"installationId": "other"})
    assert moved.status_code == 422


@pytest.mark.parametrize(
    ("change", "requests", "stamps"),
    [
        ({"config": {"resources": []}}, True, True),
        ({"config": CONFIG}, False, False),
        ({}, True, False),
        ({"version": "0.4.0"}, False, False),
        ({"arePortResourcesInitialized": True, "version": "0.4.0"}, False, True),
        ({"title": "GitLab"}, False, True),
        ({"changelogDestination": {"type": "KAFKA"}}, False, True),
        ({"actionsProcessingEnabled": False}, False, False),
    ],
)
async def test_what_asks_for_a_resync_and_what_moves_the_stamp(
    client: httpx.AsyncClient, change: dict[str, Any], requests: bool, stamps: bool
) -> None:
    """15.4 and 15.5."""
    before = await _register(client, OCEAN)
    asked = await _requested(client)
    after = (await client.patch(f"{PATH}/my-gitlab", json=change)).json()["integration"]
    assert (after["updatedAt"] > before["updatedAt"]) is stamps
    assert (await _requested(client) > asked) is requests


async def test_an_empty_patch_needs_no_body(client: httpx.AsyncClient) -> None:
    await _register(client, OCEAN)
    asked = await _requested(client)
    assert (await client.patch(f"{PATH}/my-gitlab")).status_code == 200
    assert await _requested(client) > asked


async def test_a_request_is_newer_than_the_last_report_although_time_stands_still(client: httpx.AsyncClient) -> None:
    await _register(client, OCEAN)
    for _ in range(3):
        state = await client.patch(f"{PATH}/my-gitlab/resync-state", json={"status": "completed"})
        await client.patch(f"{PATH}/my-gitlab", json={})
        assert await _requested(client) > state.json()["integration"]["resyncState"]["updatedAt"]


async def test_reports_do_not_move_the_stamp(client: httpx.AsyncClient, clock: ManualClock) -> None:
    """The Kubernetes exporter syncs whenever ``updatedAt`` moves (contract 8.2)."""
    before = await _register(client, OCEAN)
    clock.advance(seconds=5)
    logs, metrics = (before[f"{key}Attributes"]["ingestUrl"] for key in ("log", "metric"))
    for url, body in (
        (f"{PATH}/my-gitlab/kinds/project/examples", {"examples": [{"a": 1}]}),
        (logs, {"logs": [{"message": "hello", "level": "INFO"}]}),
        (f"{metrics}/syncMetrics", {"syncKindsMetrics": [{"eventId": "e", "kindIdentifier": "project-0"}]}),
        (f"{metrics}/heartbeat", {"eventId": "e"}),
    ):
        assert (await client.post(url, json=body)).is_success
    after = (await client.get(f"{PATH}/my-gitlab")).json()["integration"]
    assert after["updatedAt"] == before["updatedAt"]
    assert (await client.get(f"{PATH}/my-gitlab/resync-request")).json()["request"]["updatedAt"] == before["updatedAt"]


async def test_lists_and_other_ways_to_find_one(client: httpx.AsyncClient) -> None:
    first = await _register(client, OCEAN)
    await _register(client, {**OCEAN, "installationId": "acts", "actionsProcessingEnabled": True})
    await _register(client, {"installationId": "with space"})

    async def names(**params: str) -> list[str]:
        found = (await client.get(PATH, params=params)).json()["integrations"]
        return [each["installationId"] for each in found]

    assert await names() == ["acts", "my-gitlab", "with space"]
    assert await names(actionsProcessingEnabled="true") == ["acts"]
    assert await names(actionsProcessingEnabled="false") == ["my-gitlab", "with space"]
    reduced = (await client.get(f"{PATH}/metadata")).json()["integrations"]
    assert len(reduced) == 3
    assert "config" not in reduced[0]

    ingest_id = first["logAttributes"]["ingestId"]
    found = (await client.get(f"{PATH}/{ingest_id}", params={"byField": "logIngestId"})).json()["integration"]
    assert found["installationId"] == "my-gitlab"
    assert (await client.get(f"{PATH}/{ingest_id}")).status_code == 404
    assert (await client.get(f"{PATH}/my-gitlab", params={"byField": "colour"})).status_code == 422
    assert (await client.get(f"{PATH}/with+space")).json()["integration"]["identifier"] == "with space"
    assert (await client.get(f"{PATH}/provision-enabled")).json() == {"ok": True, "integrations": []}


REFUSED = [
    {},
    {"installationId": ""},
    {"installationId": 5},
    {"installationId": "x" * 501},
    {"installationId": "a", "config": []},
    {"installationId": "a", "changelogDestination": {"type": "PIGEON"}},
    {"installationId": "a", "changelogDestination": {"type": "WEBHOOK"}},
    {"installationId": "a", "changelogDestination": {"type": "WEBHOOK", "url": "file:///etc/passwd"}},
    {"installationId": "a", "actionsProcessingEnabled": "yes"},
]


async def test_what_does_not_hold_is_refused(client: httpx.AsyncClient) -> None:
    for body in REFUSED:
        assert (await client.post(PATH, json=body)).status_code == 422


async def test_an_unknown_state_is_refused(client: httpx.AsyncClient) -> None:
    await _register(client, OCEAN)
    response = await client.patch(f"{PATH}/my-gitlab/resync-state", json={"status": "sleeping"})
    assert response.status_code == 422
    assert '"sleeping"' in response.json()["message"]
    assert (await client.patch(f"{PATH}/my-gitlab/config", json={})).status_code == 422


async def test_events_go_to_the_listener_only_when_a_resync_is_wanted(
    client: httpx.AsyncClient, portal: Portal
) -> None:
    """7.10: listeners sync on every message that reaches them."""
    destination = {"type": "KAFKA"}
    await _register(client, {**OCEAN, "changelogDestination": destination})
    await client.patch(f"{PATH}/my-gitlab", json={"title": "GitLab"})
    await client.patch(f"{PATH}/my-gitlab", json={"config": {"resources": []}})
    await client.patch(f"{PATH}/my-gitlab", json={})
    await client.patch(f"{PATH}/my-gitlab/resync-state", json={"status": "running"})
    await client.delete(f"{PATH}/my-gitlab")
    rows = await portal.db.read(
        lambda tx: tx.rows(select(event).where(event.c.resource_type == "integration").order_by(event.c.id))
    )
    assert [(row.action, row.destination) for row in rows] == [
        ("CREATE", destination), ("UPDATE", None), ("UPDATE", destination), ("RESYNC", destination), ("DELETE", None),
    ]  # fmt: skip
    updated = rows[2].diff["after"]
    assert (updated["identifier"], updated["installationId"]) == ("my-gitlab", "my-gitlab")
    assert updated["updatedAt"] != updated["resyncState"].get("updatedAt")
    assert rows[3].context["integrationId"] == "my-gitlab"


async def test_members_read_but_do_not_write(portal: Portal) -> None:
    registry = portal.sources.integrations
    assert await registry.all() == []
    for attempt in (
        registry.create(MEMBER, OCEAN),
        registry.patch(MEMBER, "a", {}),
        registry.report_state(MEMBER, "a", {}),
        registry.delete(MEMBER, "a"),
        portal.sources.telemetry.add_logs(MEMBER, "a", {"logs": []}),
    ):
        with pytest.raises(Forbidden):
            await attempt


async def test_a_probe_is_taken(client: httpx.AsyncClient, portal: Portal) -> None:
    report = {"status": "success", "probeMode": "x", "startedAt": "2026-01-01T00:00:00Z", "checks": []}
    path = "/integration/probe/p1"
    assert (await client.patch(f"/v1/org/{portal.org.id}{path}", json=report)).json() == {"ok": True}
    assert (await client.patch(f"/v1/org/org_other{path}", json=report)).status_code == 404
