"""Actions over HTTP: create, read, replace, rename, delete, list (contract 6.1, 6.2, 6.9)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from fairway.portal.services import Portal
from fairway.portal.storage import Tx
from support.actions import ENRICH, automation, self_service
from support.people import Login

pytestmark = pytest.mark.usefixtures("model")

STAMPS = {"id", "createdAt", "createdBy", "updatedAt", "updatedBy"}


async def put(client: httpx.AsyncClient, *documents: dict[str, Any]) -> None:
    """Creates actions."""
    for document in documents:
        response = await client.post("/v1/actions", json=document)
        assert response.status_code == 201, response.text


async def test_the_action_of_the_contract_is_echoed(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/actions", json=ENRICH)
    assert response.status_code == 201, response.text
    action = response.json()["action"]
    assert {key: value for key, value in action.items() if key not in STAMPS} == ENRICH
    assert action.keys() - ENRICH.keys() == STAMPS
    assert (await client.get("/v1/actions/service_enrich_service")).json()["action"] == action
    assert (await client.get("/v1/actions")).json()["actions"] == [action]
    again = await client.post("/v1/actions", json=ENRICH)
    assert (again.status_code, again.json()["error"]) == (409, "conflict")
    assert '"service_enrich_service"' in again.json()["message"]


async def test_answers_complete_what_clients_rely_on(client: httpx.AsyncClient) -> None:
    bare = {**self_service("bare"), "trigger": {"type": "self-service", "operation": "CREATE", "userInputs": {}}}
    action = (await client.post("/v1/actions", json={**bare, "publish": None})).json()["action"]
    assert action["publish"] is True
    assert action["trigger"]["userInputs"] == {"properties": {}}
    assert "condition" not in action["trigger"]
    assert "requiredApproval" not in action
    listening = automation("listening")
    listening["trigger"]["condition"] = None
    action = (await client.post("/v1/actions", json={**listening, "publish": False})).json()["action"]
    assert (action["publish"], action["trigger"]) == (False, automation()["trigger"])


async def test_a_document_may_be_sent_back_as_it_was_read(client: httpx.AsyncClient) -> None:
    await put(client, ENRICH)
    action = (await client.get("/v1/actions/service_enrich_service")).json()["action"]
    assert (await client.put("/v1/actions/service_enrich_service", json=action)).json()["action"] == action


async def test_put_replaces_everything(client: httpx.AsyncClient) -> None:
    await put(client, ENRICH)
    first = (await client.get("/v1/actions/service_enrich_service")).json()["action"]
    body = self_service("service_enrich_service", inputs={"size": {"type": "number"}})
    response = await client.put("/v1/actions/service_enrich_service", json=body)
    assert response.status_code == 200, response.text
    changed = response.json()["action"]
    assert {key: value for key, value in changed.items() if key not in STAMPS} == {**body, "publish": True}
    assert (changed["id"], changed["createdAt"]) == (first["id"], first["createdAt"])
    assert (await client.put("/v1/actions/missing", json=body)).status_code == 404
    nameless = {key: value for key, value in body.items() if key != "identifier"}
    response = await client.put("/v1/actions/service_enrich_service", json=nameless)
    assert response.json()["action"]["identifier"] == "service_enrich_service"


async def test_renaming_keeps_permissions_and_automations_follow(client: httpx.AsyncClient) -> None:
    await put(client, self_service("old"), self_service("taken"))
    await put(client, automation("follower", type="RUN_CREATED", actionIdentifier="old"))
    await client.patch("/v1/actions/old/permissions", json={"execute": {"users": ["a@b.c"]}})
    refused = await client.put("/v1/actions/old", json=self_service("taken"))
    assert (refused.status_code, '"taken"' in refused.json()["message"]) == (409, True)
    assert (await client.put("/v1/actions/old", json=self_service("new"))).status_code == 200
    assert (await client.get("/v1/actions/old")).status_code == 404
    permissions = (await client.get("/v1/actions/new/permissions")).json()["permissions"]
    assert permissions["execute"]["users"] == ["a@b.c"]
    follower = (await client.get("/v1/actions/follower")).json()["action"]
    assert follower["trigger"]["event"]["actionIdentifier"] == "new"
    found = await client.get("/v1/actions?trigger_event_action_identifier=new")
    assert [each["identifier"] for each in found.json()["actions"]] == ["follower"]


async def test_an_automation_on_its_own_runs_can_be_renamed(client: httpx.AsyncClient) -> None:
    await put(client, automation("first"))
    own = automation("first", type="ANY_RUN_CHANGE", actionIdentifier="first")
    assert (await client.put("/v1/actions/first", json=own)).status_code == 200
    renamed = await client.put("/v1/actions/first", json={**own, "identifier": "second"})
    assert renamed.json()["action"]["trigger"]["event"]["actionIdentifier"] == "second"


async def test_delete(client: httpx.AsyncClient) -> None:
    await put(client, self_service())
    assert (await client.delete("/v1/actions/do_it")).json() == {"ok": True}
    for method, path in (("DELETE", ""), ("GET", ""), ("GET", "/permissions"), ("PATCH", "/permissions")):
        response = await client.request(method, f"/v1/actions/do_it{path}", json={})
        assert (response.status_code, response.json()["error"]) == (404, "not_found")
        assert '"do_it"' in response.json()["message"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "enrich make remove hidden updated expired followed"),
        ("action_identifier[]=make&action_identifier[]=updated", "make updated"),
        ("action_identifier=make&action_identifier=updated", "make updated"),
        ("action_identifier=make,updated,none", "make updated"),
        ("blueprint_identifier[]=service", "enrich remove updated expired"),
        ("blueprint_identifier=domain", "hidden"),
        ("operation[]=DAY-2&operation[]=DELETE", "enrich remove hidden"),
        ("operation=CREATE", "make"),
        ("published=true", "enrich make remove updated expired followed"),
        ("published=false", "hidden"),
        ("published=garbage", "enrich make remove hidden updated expired followed"),
        ("trigger_type=self-service", "enrich make remove hidden"),
        ("trigger_type=automation", "updated expired followed"),
        ("trigger_event[]=ENTITY_UPDATED&trigger_event[]=RUN_UPDATED", "updated followed"),
        ("trigger_event=TIMER_PROPERTY_EXPIRED", "expired"),
        ("trigger_event_action_identifier[]=make", "followed"),
        ("trigger_event_action_identifier=enrich", ""),
        ("version=v2&operation=CREATE", "make"),
        ("version=v1", ""),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_filters(client: httpx.AsyncClient, query: str, expected: str) -> None:
    await put(
        client,
        {**ENRICH, "identifier": "enrich"},
        self_service("make"),
        self_service("remove", operation="DELETE", blueprintIdentifier="service"),
        {**self_service("hidden", operation="DAY-2", blueprintIdentifier="domain"), "publish": False},
        automation("updated"),
        automation(
            "expired", type="TIMER_PROPERTY_EXPIRED", blueprintIdentifier="service", propertyIdentifier="expires"
        ),
        automation("followed", type="RUN_UPDATED", actionIdentifier="make"),
    )
    response = await client.get(f"/v1/actions?{query}")
    assert {each["identifier"] for each in response.json()["actions"]} == set(expected.split())


@pytest.mark.parametrize("query", ["operation=MAKE", "trigger_type=x", "trigger_event=x", "version=v3"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_filters_with_unknown_words_are_refused(client: httpx.AsyncClient, query: str) -> None:
    response = await client.get(f"/v1/actions?{query}")
    assert (response.status_code, query.split("=", maxsplit=1)[0] in response.json()["message"]) == (422, True)


async def test_only_admins_see_an_action_that_is_not_published(client: httpx.AsyncClient, login: Login) -> None:
    await put(client, {**ENRICH, "publish": False}, self_service())
    member, admin = await login("member@x.io", "Member", "service-moderator"), await login("admin@x.io", "Admin")
    assert _names(await member.get("/v1/actions")) == ["do_it"]
    assert _names(await admin.get("/v1/actions")) == ["service_enrich_service", "do_it"]
    path = "/v1/actions/service_enrich_service"
    question = {"action": "service_enrich_service", "verb": "execute"}
    for hidden in (
        await member.get(path),
        await member.get(f"{path}/permissions"),
        await member.post("/v1/fairway/actions/service_enrich_service/form"),
        await member.post(f"{path}/runs", json={"properties": {}}),
        await member.post("/v1/fairway/access/explain", json=question),
    ):
        assert (hidden.status_code, hidden.json()["error"]) == (404, "not_found"), hidden.request.url
    assert (await member.delete(path)).status_code == 404
    assert (await admin.get(path)).status_code == 200


async def test_only_admins_write(client: httpx.AsyncClient, login: Login) -> None:
    """Not even moderators of the blueprint: an invocation has the organisation's secrets and credentials at hand."""
    await put(client, ENRICH, self_service())
    of_service = self_service("more", blueprintIdentifier="service")
    for person in (await login("member@x.io"), await login("mod@x.io", "Member", "service-moderator")):
        for refused in (
            await person.post("/v1/actions", json=of_service),
            await person.post("/v1/actions", json={"identifier": "nonsense"}),
            await person.post("/v1/actions", json=automation("listens")),
            await person.put("/v1/actions/service_enrich_service", json=ENRICH),
            await person.patch("/v1/actions/do_it/permissions", json={"execute": {"policy": "] no jq"}}),
            await person.delete("/v1/actions/do_it"),
        ):
            assert (refused.status_code, refused.json()["details"]["rule"]) == (403, "none"), refused.request.url
    admin = await login("admin@x.io", "Admin")
    assert (await admin.post("/v1/actions", json=of_service)).status_code == 201


async def test_every_change_is_in_the_audit_log(client: httpx.AsyncClient) -> None:
    await put(client, ENRICH)
    changed = {**ENRICH, "title": "Other"}
    for body in (changed, changed):
        await client.put("/v1/actions/service_enrich_service", json=body)
    await client.patch("/v1/actions/service_enrich_service/permissions", json={"execute": {"ownedByTeam": True}})
    await client.delete("/v1/actions/service_enrich_service")
    audits = (await client.get("/v1/audit-log?resources=action&limit=50")).json()["audits"]
    events = [each for each in audits if each["resourceType"] == "action"]
    assert sorted(each["action"] for each in events) == ["CREATE", "DELETE", "UPDATE", "UPDATE"]
    for each in events:
        assert each["context"]["action"] == "service_enrich_service"
        assert each["context"]["blueprint"] == "service"
    titles = [each["diff"]["after"].get("title") for each in events if each["action"] == "UPDATE"]
    assert titles.count("Other") == 1, "a body that changes nothing is no change"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_legacy_routes_are_gone(client: httpx.AsyncClient, anonymous: httpx.AsyncClient) -> None:
    one = "/v1/blueprints/service/actions/make"
    for method, path in (
        ("GET", "/v1/blueprints/service/actions"),
        ("POST", "/v1/blueprints/service/actions"),
        ("PUT", "/v1/blueprints/service/actions"),
        ("GET", one),
        ("PUT", one),
        ("DELETE", one),
        ("POST", f"{one}/runs"),
        ("POST", "/v1/blueprints/service/entities/svc%2Fa/actions/make/runs"),
    ):
        response = await client.request(method, path, json={} if method != "GET" else None)
        assert (response.status_code, "deprecated" in response.json()["message"]) == (410, True), path
        assert (await anonymous.request(method, path)).status_code == 401


async def test_other_rooms_find_actions(client: httpx.AsyncClient, portal: Portal) -> None:
    definitions = portal.actions.definitions

    async def seen(tx: Tx) -> tuple[list[str], list[str], str | None]:
        listening = [each.identifier for each in await definitions.automations(tx)]
        every = [each.identifier for each in await definitions.every(tx)]
        found = await definitions.find(tx, "make")
        return listening, every, None if found is None else found.title

    assert await portal.db.read(seen) == ([], [], None)
    await put(
        client, {**self_service("make"), "title": "Make"}, automation("on"), {**automation("off"), "publish": False}
    )
    assert await portal.db.read(seen) == (["on"], ["make", "on", "off"], "Make")
    await client.put("/v1/actions/make", json={**self_service("make"), "title": "Made"})
    await client.delete("/v1/actions/on")
    assert await portal.db.read(seen) == ([], ["make", "off"], "Made")


def _names(response: httpx.Response) -> list[str]:
    return [each["identifier"] for each in response.json()["actions"]]
