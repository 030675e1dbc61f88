"""The audit log over HTTP: contract 10.7."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from fairway.kit.clock import Clock, ManualClock, to_millis
from fairway.portal.audit.repository import AuditFilter
from fairway.portal.caller import Caller
from fairway.portal.services import Portal
from fairway.portal.storage.outbox import Change, append

ADMIN = Caller("app_1", "app", "org_1", roles=frozenset({"Admin"}), origin="API")
MEMBER = Caller("u_1", "user", "org_1", email="a@x.io", roles=frozenset({"Member"}), teams=frozenset({"core"}))
START = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return ManualClock(START)


async def _append(portal: Portal, changes: Sequence[Change], caller: Caller = ADMIN, at: int | None = None) -> None:
    instant = to_millis(START) if at is None else at
    await portal.db.write(lambda tx: append(tx, caller, instant, changes))


def _entity(name: str, action: Any = "CREATE", **more: Any) -> Change:
    document = {"identifier": name, "team": more.pop("team", [])}
    return Change(action, "entity", name, after=document, blueprint=more.pop("blueprint", "svc"), entity=name, **more)


async def _names(client: httpx.AsyncClient, query: str) -> list[str]:
    response = await client.get(f"/v1/audit-log?{query}")
    assert response.status_code == 200, response.text
    return [audit["context"]["entity"] for audit in response.json()["audits"]]


async def test_a_record_is_complete(client: httpx.AsyncClient, portal: Portal) -> None:
    await _append(portal, [_entity("a", run_id="r_1", message="why", additional={"k": 1})])
    (audit,) = (await client.get("/v1/audit-log?blueprint=svc&entity=a")).json()["audits"]
    assert audit["identifier"].startswith("event_")
    assert audit == {
        "identifier": audit["identifier"],
        "action": "CREATE",
        "resourceType": "entity",
        "status": "SUCCESS",
        "trigger": {"by": {"orgId": "org_1", "userId": "app_1"}, "origin": "API", "at": "2030-01-01T00:00:00.000Z"},
        "context": {"blueprint": "svc", "entity": "a", "runId": "r_1"},
        "diff": {"before": None, "after": {"identifier": "a", "team": []}},
        "message": "why",
        "additionalData": {"k": 1},
    }
    (part,) = (await client.get("/v1/audit-log?entity=a&includes=action&includes[]=status,context")).json()["audits"]
    assert set(part) == {"action", "status", "context"}
    assert await _names(client, f"identifier={audit['identifier']}") == ["a"]
    assert await _names(client, "identifier=event_nonsense") == []


async def test_filters_are_anded(client: httpx.AsyncClient, portal: Portal) -> None:
    at = to_millis(START)
    await _append(portal, [_entity("a"), _entity("b", "UPDATE", run_id="r_1")], at=at + 1000)
    failed = _entity("c", "DELETE", status="FAILURE", context={"webhookId": "w1", "webhookEventId": "we1"})
    await _append(portal, [failed], replace(ADMIN, origin="hook"), at=at + 2000)
    await _append(portal, [_entity("d", context={"installationId": "my-git"})], replace(ADMIN, origin="git"), at + 3000)
    await _append(portal, [Change("CREATE", "webhook", "w1", context={"webhook": "w1"})], at=at + 4000)
    assert await _names(client, "blueprint=svc") == ["d", "c", "b", "a"], "newest first"
    assert await _names(client, "blueprint=svc&limit=2") == ["d", "c"]
    assert await _names(client, "run_id=r_1") == ["b"]
    assert await _names(client, "action=CREATE&blueprint=svc") == ["d", "a"]
    assert await _names(client, "status=FAILURE") == ["c"]
    assert await _names(client, "origin=hook&origin=git") == ["d", "c"]
    assert await _names(client, "origin[]=hook&status=SUCCESS") == []
    assert await _names(client, "webhookId=w1") == [None, "c"]
    assert await _names(client, "webhookEventId=we1") == ["c"]
    assert await _names(client, "InstallationId=my-git") == ["d"]
    assert await _names(client, "resources=webhook") == [None]
    assert await _names(client, "blueprint=svc&from=2030-01-01T00:00:02.000Z&to=2030-01-01T00:00:02%2B00:00") == ["c"]
    assert await _names(client, "blueprint=svc&from=2030-01-01T00:00:03+00:00") == ["d"]
    assert await _names(client, "actionType=automation") == []


@pytest.mark.parametrize(
    "query",
    [
        "from=yesterday", "to=x", "status=maybe", "actionType=other", "limit=ten", "entity=%00",
        "include_deleted_entities=true",
        "include_deleted_entities=true&entity=a&blueprint=b&status=SUCCESS&from=2030-01-01&to=2030-01-03",
    ],
)  # fmt: skip
async def test_wrong_parameters(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.get(f"/v1/audit-log?{query}")).status_code == 422


async def test_tolerated_parameters(client: httpx.AsyncClient, portal: Portal) -> None:
    await _append(portal, [_entity("a")])
    window = "include_deleted_entities=true&entity=a&blueprint=svc&status=SUCCESS&from=2030-01-01&to=2030-01-02"
    assert await _names(client, window) == ["a"]
    assert await _names(client, "blueprint=svc&limit=99999&page=3") == ["a"]


async def test_members_see_what_they_may_read(client: httpx.AsyncClient, portal: Portal) -> None:
    for name in ("open", "owned", "closed"):
        body = {"identifier": name, "title": name, "schema": {"properties": {}}}
        assert (await client.post("/v1/blueprints?create_catalog_page=false", json=body)).status_code == 201
    owned = {"entities": {"read": {"roles": ["Admin"], "ownedByTeam": True}}}
    await client.patch("/v1/blueprints/owned/permissions", json=owned)
    await client.patch("/v1/blueprints/closed/permissions", json={"entities": {"read": {"roles": ["Admin"]}}})
    changes = [
        _entity("a", blueprint="open"),
        _entity("b", blueprint="owned", team=["core"]),
        _entity("c", blueprint="owned", team=["other"]),
        _entity("d", blueprint="closed"),
        Change("CREATE", "integration", "secretive", after={"config": 1}),
    ]
    await _append(portal, changes)
    await _append(portal, [_entity("e", blueprint="closed")], MEMBER)
    found = await portal.audit.log.search(MEMBER, AuditFilter(since=to_millis(START)), 1000)
    entities = [each["context"]["entity"] for each in found if each["resourceType"] == "entity"]
    assert entities == ["e", "b", "a"]
    assert {each["resourceType"] for each in found} == {"entity", "blueprint"}
