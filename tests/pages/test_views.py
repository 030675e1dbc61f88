"""Saved views: personal, of a team, shared."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from fairway.kit.errors import Forbidden, InvalidRequest, NotFound
from fairway.portal.caller import Caller
from fairway.portal.services import Portal

ANA = Caller("u_ana", "user", "org_1", email="ana@x.io", roles=frozenset({"Member"}), teams=frozenset({"core"}))
BEN = replace(ANA, principal_id="u_ben", email="ben@x.io")
EVE = replace(ANA, principal_id="u_eve", email="eve@x.io", teams=frozenset())


async def test_views_over_http(client: httpx.AsyncClient) -> None:
    await client.post("/v1/pages", json={"identifier": "p", "type": "dashboard"})
    config = {"columns": ["b", "a"], "filter": {"combinator": "and", "rules": []}, "sort": None}
    created = await client.post("/v1/fairway/views", json={"page": "p", "title": "Mine", "config": config})
    assert created.status_code == 201
    view = created.json()["view"]
    assert (view["scope"], view["config"], view["mayEdit"]) == ("personal", config, True)
    path = f"/v1/fairway/views/{view['id']}"
    assert (await client.get(path)).json()["view"] == view
    changed = (await client.put(path, json={"title": "Ours", "scope": "shared"})).json()["view"]
    assert (changed["title"], changed["scope"], changed["config"]) == ("Ours", "shared", {})
    assert [each["id"] for each in (await client.get("/v1/fairway/views?page=p")).json()["views"]] == [view["id"]]
    assert (await client.get("/v1/fairway/views?page=other")).json()["views"] == []
    assert (await client.get("/v1/fairway/views?scope=wrong")).status_code == 422
    assert (await client.delete(path)).json() == {"ok": True}
    assert (await client.get(path)).status_code == 404
    assert (await client.post("/v1/fairway/views", json={"page": "none", "title": "x"})).status_code == 404


async def test_who_sees_and_changes_what(client: httpx.AsyncClient, portal: Portal) -> None:
    await client.post("/v1/pages", json={"identifier": "p", "type": "dashboard"})
    views = portal.pages.views

    async def save(caller: Caller, **more: Any) -> str:
        view = await views.create(caller, {"page": "p", "title": "V", **more})
        return str(view["id"])

    async def seen(caller: Caller) -> set[str]:
        return {view["id"] for view in await views.all(caller, "p")}

    mine, ours, everyones = await save(ANA), await save(ANA, scope="team", team="core"), await save(ANA, scope="shared")
    assert await seen(ANA) == {mine, ours, everyones}
    assert await seen(BEN) == {ours, everyones}
    assert await seen(EVE) == {everyones}
    with pytest.raises(NotFound):
        await views.get(BEN, mine)
    assert (await views.replace(BEN, ours, {"title": "W", "scope": "team", "team": "core"}))["owner"] == "u_ana"
    with pytest.raises(Forbidden):
        await views.replace(BEN, ours, {"title": "W", "scope": "personal"})
    with pytest.raises(Forbidden):
        await views.delete(BEN, everyones)
    with pytest.raises(Forbidden):
        await save(EVE, scope="team", team="core")
    with pytest.raises(InvalidRequest):
        await save(ANA, scope="team")
    await client.patch("/v1/pages/p/permissions", json={"read": {"roles": ["Admin"]}})
    assert await seen(ANA) == set(), "a view is never more open than its page"
    await client.delete("/v1/pages/p")
    assert await seen(ANA) == set()
