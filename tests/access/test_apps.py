"""Organisation credentials (contract 10.3, 15.11)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
from fastapi import FastAPI
from sqlalchemy import select

from fairway.portal.services import Portal
from fairway.portal.storage.tables import event
from support.http import access_token, connect

WHO = "/v1/fairway/auth/session"


async def test_life_of_credentials(client: httpx.AsyncClient, anonymous: httpx.AsyncClient, portal: Portal) -> None:
    created = await client.post("/v1/apps", json={"name": "ci"})
    app = created.json()["app"]
    assert created.status_code == 200
    assert (app["name"], app["enabled"], len(app["secret"])) == ("ci", True, 64)
    listed = (await client.get("/v1/apps")).json()["apps"]
    assert [each["id"] for each in listed] == ["testclient", app["id"]]
    assert all("secret" not in each for each in listed)

    token = await access_token(anonymous, app["id"], app["secret"])
    headers = {"authorization": token}
    assert (await anonymous.get(WHO, headers=headers)).json()["user"]["id"] == app["id"]

    renamed = (await client.put(f"/v1/apps/{app['id']}", json={"name": "ci 2"})).json()["app"]
    assert renamed["name"] == "ci 2"
    rotated = (await client.post(f"/v1/apps/{app['id']}/rotate-secret")).json()["app"]
    assert rotated["secret"] != app["secret"]
    assert (await anonymous.get(WHO, headers=headers)).status_code == 401
    old = {"clientId": app["id"], "clientSecret": app["secret"]}
    assert (await anonymous.post("/v1/auth/access_token", json=old)).status_code == 401

    token = await access_token(anonymous, app["id"], rotated["secret"])
    headers = {"authorization": token}
    assert (await anonymous.get(WHO, headers=headers)).status_code == 200
    await client.put(f"/v1/apps/{app['id']}", json={"name": "ci", "enabled": False})
    assert (await anonymous.get(WHO, headers=headers)).status_code == 401
    fresh = {"clientId": app["id"], "clientSecret": rotated["secret"]}
    assert (await anonymous.post("/v1/auth/access_token", json=fresh)).json()["error"] == "invalid_credentials"

    assert (await client.delete(f"/v1/apps/{app['id']}")).json() == {"ok": True}
    assert (await client.delete(f"/v1/apps/{app['id']}")).status_code == 404
    events = await portal.db.read(lambda tx: tx.rows(select(event).where(event.c.resource_type == "app")))
    assert [row.action for row in events] == ["CREATE", "UPDATE", "UPDATE", "UPDATE", "DELETE"]
    assert all(app["secret"] not in str(row) and rotated["secret"] not in str(row) for row in events)


async def test_the_last_enabled_pair_stays(client: httpx.AsyncClient) -> None:
    assert (await client.delete("/v1/apps/testclient")).status_code == 409
    refused = await client.put("/v1/apps/testclient", json={"name": "x", "enabled": False})
    assert (refused.status_code, refused.json()["error"]) == (409, "conflict")


async def test_signing_secret_is_that_of_the_first_active_pair(client: httpx.AsyncClient, portal: Portal) -> None:
    apps = portal.access.apps
    assert await apps.signing_secret() == "s" * 64
    other = (await client.post("/v1/apps", json={"name": "b"})).json()["app"]
    assert await apps.signing_secret() == "s" * 64
    await client.put("/v1/apps/testclient", json={"name": "a", "enabled": False})
    assert await apps.signing_secret() == other["secret"]


async def test_fields_and_bad_input(client: httpx.AsyncClient, anonymous: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/apps?fields=id&fields=name")).json()["apps"] == [
        {"id": "testclient", "name": "Organization credentials"}
    ]
    assert (await client.post("/v1/apps", json={"name": 1})).status_code == 422
    assert (await client.post("/v1/apps", content=b"{")).status_code == 400
    assert (await client.post("/v1/apps/nobody/rotate-secret")).status_code == 404
    assert (await anonymous.get("/v1/apps")).status_code == 401


async def test_permissions_of_the_caller(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/auth/permissions?action_version=v2")).json() == {"ok": True, "permissions": []}


async def test_people_who_are_no_admins_are_refused(app: FastAPI, add_person: Callable[..., Awaitable[str]]) -> None:
    async with connect(app, await add_person("jo@example.com")) as member:
        refused = await member.get("/v1/apps")
        assert (refused.status_code, refused.json()["error"]) == (403, "forbidden")
        assert refused.json()["details"]["rule"] == "none"
