"""Pages over HTTP: contract 10.5."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from fairway.kit.clock import SystemClock
from fairway.kit.errors import Forbidden, NotFound
from fairway.portal.caller import Caller
from fairway.portal.pages.service import PagesService
from fairway.portal.services import Portal
from support.http import connect

TABLE = {"type": "table-entities-explorer", "blueprint": "service", "dataset": {"combinator": "and", "rules": []}}
DASHBOARD = {
    "id": "dash", "type": "dashboard-widget", "layout": [{"height": 300, "columns": [{"id": "md", "size": 6}]}],
    "widgets": [{"id": "md", "type": "markdown", "markdown": "# hi", "zero": None}],
}  # fmt: skip
MEMBER = Caller("u_1", "user", "org_1", email="ana@example.com", roles=frozenset({"Member"}), teams=frozenset({"core"}))


async def _create(client: httpx.AsyncClient, identifier: str, **more: Any) -> dict[str, Any]:
    body = {"identifier": identifier, "type": "dashboard", "title": identifier.title(), **more}
    response = await client.post("/v1/pages", json=body)
    assert response.status_code == 201, response.text
    assert response.json()["identifier"] == identifier
    page: dict[str, Any] = response.json()["page"]
    return page


async def test_a_page_is_echoed_verbatim(client: httpx.AsyncClient) -> None:
    filters = [{"identifier": "f", "title": "F", "query": {"combinator": "and", "rules": [{"b": 1, "a": None}]}}]
    await _create(client, "services.v1", widgets=[TABLE, DASHBOARD], pageFilters=filters, locked=True, icon="Book")
    page = (await client.get("/v1/pages/services.v1")).json()["page"]
    assert page["widgets"] == [TABLE, DASHBOARD], "no ids are added, no nulls dropped"
    assert page["pageFilters"] == filters
    assert (page["locked"], page["sidebar"], page["parent"], page["description"]) == (True, None, None, None)
    assert page["protected"] is False
    assert {"id", "createdAt", "createdBy", "updatedAt", "updatedBy"} <= set(page)
    listed = (await client.get("/v1/pages?compact=true")).json()["pages"]
    assert "widgets" not in next(each for each in listed if each["identifier"] == "services.v1")


async def test_identifiers(client: httpx.AsyncClient) -> None:
    await _create(client, "a/b@c:d=e")
    assert (await client.get("/v1/pages/a%2Fb%40c:d=e")).status_code == 200
    assert (await client.post("/v1/pages", json={"identifier": "a/b@c:d=e"})).status_code == 409
    for wrong in (".", "..", "", "with space", "$other", "é"):
        response = await client.post("/v1/pages", json={"identifier": wrong})
        assert response.status_code == 422, wrong
    assert (await client.get("/v1/pages/none")).json()["message"] == 'Page with identifier "none" was not found'


async def test_put_replaces_and_may_rename(client: httpx.AsyncClient) -> None:
    await _create(client, "one", widgets=[TABLE], description="d", sidebar="catalog")
    await _create(client, "two", after="one")
    response = await client.put("/v1/pages/one", json={"identifier": "uno", "type": "dashboard", "title": "Uno"})
    page = response.json()["page"]
    assert (page["identifier"], page["description"], page["sidebar"]) == ("uno", None, "catalog")
    assert "widgets" not in page
    assert (await client.get("/v1/pages/one")).status_code == 404
    assert (await client.get("/v1/pages/two")).json()["page"]["after"] == "uno"
    assert (await client.put("/v1/pages/none", json={"identifier": "none", "type": "dashboard"})).status_code == 404
    assert (await client.put("/v1/pages/two", json={"identifier": "uno", "type": "dashboard"})).status_code == 409


@pytest.mark.parametrize("key", ["type", "sidebar", "requiredQueryParams", "fancy"])
async def test_patch_refuses_with_the_words_clients_take_apart(client: httpx.AsyncClient, key: str) -> None:
    await _create(client, "p")
    response = await client.patch("/v1/pages/p", json={"title": "x", key: "y"})
    assert response.status_code == 422
    assert "must NOT have additional properties" in response.json()["message"]
    assert f'additional property: "{key}"' in response.json()["message"]


async def test_patch_changes_what_is_sent(client: httpx.AsyncClient) -> None:
    await client.post("/v1/sidebars/catalog/folders", json={"identifier": "f", "title": "F"})
    await _create(client, "p", widgets=[TABLE], description="kept", parent="f")
    page = (await client.patch("/v1/pages/p", json={"title": "New", "parent": None})).json()["page"]
    assert (page["title"], page["description"], page["widgets"]) == ("New", "kept", [TABLE])
    assert (page["parent"], page["sidebar"]) == (None, "catalog")


@pytest.mark.parametrize(
    "body",
    [
        {"identifier": "x", "title": 5},
        {"identifier": "x", "widgets": {}},
        {"identifier": "x", "widgets": [{"id": "no-type"}]},
        {"identifier": "x", "widgets": ["w"]},
        {"identifier": "x", "locked": "yes"},
        {"identifier": "x", "sidebar": "other"},
        {"identifier": "x", "fancy": 1},
        {"identifier": 3},
        {"title": "x"},
    ],
)
async def test_wrong_bodies(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await client.post("/v1/pages", json=body)).status_code == 422


async def test_protected_pages(client: httpx.AsyncClient) -> None:
    response = await client.delete("/v1/pages/$home")
    assert (response.status_code, response.json()["error"]) == (422, "protected_resource")
    adopted = await client.put("/v1/pages/$home", json={"identifier": "$home", "type": "home", "widgets": [TABLE]})
    assert adopted.json()["page"]["widgets"] == [TABLE]
    retyped = await client.put("/v1/pages/$home", json={"identifier": "$home", "type": "dashboard"})
    assert (retyped.status_code, retyped.json()["error"]) == (422, "protected_resource")
    assert (await client.get("/v1/pages/$home")).json()["page"]["protected"] is True


async def test_widgets(client: httpx.AsyncClient) -> None:
    grouper = {"id": "group", "type": "grouper", "displayMode": "tabs", "groups": [{"title": "T", "widgets": []}]}
    await _create(client, "p", widgets=[DASHBOARD, grouper])

    async def widgets() -> list[Any]:
        found: list[Any] = (await client.get("/v1/pages/p")).json()["page"]["widgets"]
        return found

    new = {"widget": {"id": "pie", "type": "entities-pie-chart"}, "parentWidgetId": "dash"}
    response = await client.post("/v1/pages/p/widgets", json=new)
    assert (response.status_code, response.json()["identifier"]) == (201, "pie")
    assert (await client.post("/v1/pages/p/widgets", json=new)).status_code == 422, "the id is taken"
    generated = await client.post(
        "/v1/pages/p/widgets", json={"widget": {"type": "markdown"}, "parentWidgetId": "group"}
    )
    name = generated.json()["identifier"]
    dashboard, group = await widgets()
    assert [each["id"] for each in dashboard["widgets"]] == ["md", "pie"]
    assert dashboard["layout"][-1]["columns"] == [{"id": "pie", "size": 12}]
    assert group["groups"][0]["widgets"] == [{"id": name, "type": "markdown"}]

    assert (await client.patch("/v1/pages/p/widgets/md", json={"title": "T", "zero": 0})).json()["identifier"] == "md"
    assert (await widgets())[0]["widgets"][0] == {
        "id": "md", "type": "markdown", "markdown": "# hi", "zero": 0, "title": "T",
    }  # fmt: skip
    assert (await client.delete("/v1/pages/p/widgets/pie")).json() == {"ok": True}
    assert (await widgets())[0] == {**DASHBOARD, "widgets": (await widgets())[0]["widgets"]}
    for response in (
        await client.delete("/v1/pages/p/widgets/pie"),
        await client.patch("/v1/pages/p/widgets/pie", json={}),
        await client.post("/v1/pages/p/widgets", json={"widget": {"type": "x"}, "parentWidgetId": "none"}),
    ):
        assert response.status_code == 404
    inside_leaf = {"widget": {"type": "x"}, "parentWidgetId": "md"}
    assert (await client.post("/v1/pages/p/widgets", json=inside_leaf)).status_code == 422


async def test_permissions_tolerate_nulls(client: httpx.AsyncClient) -> None:
    await _create(client, "p")
    first = (await client.get("/v1/pages/p/permissions")).json()["permissions"]
    assert first["read"] == {"users": [], "roles": ["Admin", "Member"], "teams": []}
    patch = {"read": {"users": None, "roles": [], "teams": ["core"]}, "update": None}
    changed = (await client.patch("/v1/pages/p/permissions", json=patch)).json()["permissions"]
    assert changed == {"read": {"users": [], "roles": [], "teams": ["core"]}, "update": first["update"]}
    for wrong in ({"write": {}}, {"read": {"policy": {}}}, {"read": {"users": [1]}}, {"read": []}):
        assert (await client.patch("/v1/pages/p/permissions", json=wrong)).status_code == 422


async def test_what_members_may_do(client: httpx.AsyncClient, portal: Portal) -> None:
    await _create(client, "hidden", sidebar="catalog")
    await _create(client, "team", sidebar="catalog")
    nobody = {"read": {"roles": ["Admin"]}, "update": {"users": []}}
    await client.patch("/v1/pages/hidden/permissions", json=nobody)
    await client.patch("/v1/pages/team/permissions", json={"read": {"roles": [], "teams": ["core"]}})
    service = portal.pages.pages
    assert {"team"} == {page["identifier"] for page in await service.all(MEMBER)} & {"team", "hidden"}
    stranger = replace(MEMBER, teams=frozenset())
    assert "team" not in {page["identifier"] for page in await service.all(stranger)}
    with pytest.raises(NotFound):
        await service.patch(MEMBER, "hidden", {"title": "x"})
    with pytest.raises(Forbidden):
        await service.patch(MEMBER, "team", {"title": "x"})
    with pytest.raises(Forbidden):
        await service.delete(MEMBER, "team")
    await client.patch("/v1/pages/team/permissions", json={"update": {"users": ["ana@example.com"]}})
    assert (await service.patch(MEMBER, "team", {"title": "x"}))["updatedBy"] == "u_1"
    shown = [item["identifier"] for item in (await portal.pages.folders.sidebar(MEMBER))["items"]]
    assert "hidden" not in shown


async def test_pages_follow_their_blueprint(client: httpx.AsyncClient, portal: Portal, app: FastAPI) -> None:
    admin = Caller("app", "app", "org_1", roles=frozenset({"Admin"}))
    observer = portal.pages.of_blueprints
    document = {"identifier": "service", "title": "Service", "icon": "Microservice"}
    await portal.db.write(lambda tx: observer.blueprint_created(tx, admin, document, catalog_page=True))
    rule = {"property": "$blueprint", "operator": "=", "value": "service"}
    await _create(client, "dash", widgets=[{"type": "entities-number-chart", "blueprint": "service", "rules": [rule]}])

    page = (await client.get("/v1/pages/services")).json()["page"]
    assert (page["type"], page["sidebar"], page["title"]) == ("blueprint-entities", "catalog", "Services")
    assert (await client.get("/v1/pages/serviceEntity")).json()["page"]["type"] == "entity"
    adopted = {"identifier": "services", "type": "blueprint-entities", "title": "All", "blueprint": "service"}
    assert (await client.put("/v1/pages/services", json=adopted)).json()["page"]["sidebar"] == "catalog"

    await portal.db.write(lambda tx: observer.blueprint_renamed(tx, admin, "service", "svc"))
    assert (await client.get("/v1/pages/services")).json()["page"]["blueprint"] == "svc"
    widget = (await client.get("/v1/pages/dash")).json()["page"]["widgets"][0]
    assert (widget["blueprint"], widget["rules"][0]["value"]) == ("svc", "svc")

    await portal.db.write(lambda tx: observer.blueprint_deleted(tx, admin, "svc"))
    assert (await client.get("/v1/pages/services")).status_code == 404
    assert (await client.get("/v1/pages/serviceEntity")).status_code == 404
    assert (await client.get("/v1/pages/dash")).status_code == 200


async def test_anonymous_is_401(app: FastAPI) -> None:
    async with connect(app) as anonymous:
        assert (await anonymous.get("/v1/pages")).status_code == 401


async def test_a_second_start_makes_no_second_home(portal: Portal) -> None:
    again = PagesService(portal.db, SystemClock())
    admin = Caller("app", "app", "org_1", roles=frozenset({"Admin"}))
    await portal.db.write(lambda tx: portal.pages.of_blueprints.ensure_built_in(tx, admin))
    names = [page["identifier"] for page in await again.all(admin)]
    assert names.count("$home") == 1
