"""Users over their entities (contract 10.1, 2.9, 15.17)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from support.http import access_token, connect

USERS = "/v1/blueprints/_user/entities"
WHO = "/v1/fairway/auth/session"


async def _invite(client: httpx.AsyncClient, email: str = "jo@example.com", **invitee: Any) -> None:
    answer = await client.post("/v1/users/invite?notify=false", json={"invitee": {"email": email, **invitee}})
    assert (answer.status_code, answer.json()) == (200, {"ok": True}), answer.text


async def _credentials(client: httpx.AsyncClient, email: str) -> dict[str, Any]:
    user: dict[str, Any] = (await client.post(f"/v1/rotate-credentials/{email}")).json()["user"]
    return user


async def _token(client: httpx.AsyncClient, anonymous: httpx.AsyncClient, email: str) -> str:
    issued = await _credentials(client, email)
    return await access_token(anonymous, issued["clientId"], issued["clientSecret"])


async def test_the_first_administrator_is_a_user_with_an_entity(client: httpx.AsyncClient) -> None:
    (admin,) = (await client.get("/v1/users")).json()["users"]
    assert (admin["email"], admin["status"], admin["type"]) == ("admin@example.com", "Active", "Standard")
    assert admin["roles"] == [{"name": "Admin"}]
    assert admin["providers"] == ["port"]
    patched = await client.patch(f"{USERS}/admin@example.com", json={"title": "Ada Admin"})
    assert patched.status_code == 200, patched.text
    user = (await client.get("/v1/users/ADMIN@example.com")).json()["user"]
    assert (user["firstName"], user["lastName"]) == ("Ada", "Admin")


async def test_invited_user_with_roles_and_teams(client: httpx.AsyncClient) -> None:
    await client.post(
        "/v1/blueprints", json={"identifier": "service", "title": "Service", "schema": {"properties": {}}}
    )
    await client.post("/v1/teams", json={"name": "Payments Team"})
    await _invite(client, roles=["Member", "service-moderator"], teams=["Payments Team"])
    user = (await client.get("/v1/users/jo%40example.com")).json()["user"]
    assert user["status"] == "Invited"
    assert user["roles"] == [{"name": "Member"}, {"name": "service-moderator"}]
    assert (user["teams"], user["teamsIdentifiers"]) == (["Payments Team"], ["Payments_Team"])
    again = await client.post("/v1/users/invite", json={"invitee": {"email": "JO@example.com"}})
    assert (again.status_code, again.json()["error"]) == (409, "conflict")


async def test_patch_sets_roles_and_teams(client: httpx.AsyncClient) -> None:
    await client.post("/v1/teams", json={"name": "core"})
    await _invite(client)
    answer = (await client.patch("/v1/users/jo@example.com", json={"roles": ["Admin"], "teams": ["core"]})).json()
    assert answer["roles"] == answer["user"]["roles"] == [{"name": "Admin"}]
    assert answer["teams"] == ["core"]
    kept = (await client.patch("/v1/users/jo@example.com", json={"teams": []})).json()
    assert (kept["roles"], kept["teams"]) == ([{"name": "Admin"}], [])


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        ("/v1/users/jo@example.com", {"roles": []}, 422, "at least one role"),
        ("/v1/users/jo@example.com", {"roles": ["Owner"]}, 422, '"Owner"'),
        ("/v1/users/jo@example.com", {"roles": ["nothing-moderator"]}, 422, '"nothing-moderator"'),
        ("/v1/users/jo@example.com", {"teams": ["nobody"]}, 404, '"nobody"'),
        ("/v1/users/jo@example.com", {"teams": "core"}, 422, '"teams"'),
        ("/v1/users/nobody@example.com", {"roles": ["Member"]}, 404, '"nobody@example.com"'),
    ],
)
async def test_patches_that_do_not_fit(client: httpx.AsyncClient, path: str, body: Any, status: int, told: str) -> None:
    await _invite(client)
    answer = await client.patch(path, json=body)
    assert answer.status_code == status
    assert told in answer.json()["message"]


@pytest.mark.parametrize("invitee", [None, {}, {"email": 1}, {"email": "no address"}, {"email": "a@b.c", "roles": "x"}])
async def test_invitations_that_do_not_fit(client: httpx.AsyncClient, invitee: Any) -> None:
    assert (await client.post("/v1/users/invite", json={"invitee": invitee})).status_code == 422


async def test_fields(client: httpx.AsyncClient) -> None:
    url = "/v1/users?fields=email&fields=roles.name&fields=teams.name"
    assert (await client.get(url)).json()["users"] == [
        {"email": "admin@example.com", "teams": [], "roles": [{"name": "Admin"}]}
    ]


async def test_delete_removes_principal_and_entity(client: httpx.AsyncClient, anonymous: httpx.AsyncClient) -> None:
    await _invite(client)
    token = await _token(client, anonymous, "jo@example.com")
    assert (await anonymous.get(WHO, headers={"authorization": token})).status_code == 200
    assert (await client.delete("/v1/users/jo@example.com")).json() == {"ok": True}
    assert (await anonymous.get(WHO, headers={"authorization": token})).status_code == 401
    assert (await client.patch(f"{USERS}/jo@example.com", json={"title": "x"})).status_code == 404
    assert (await client.delete("/v1/users/jo@example.com")).status_code == 404


async def test_entity_and_user_are_one(client: httpx.AsyncClient, anonymous: httpx.AsyncClient) -> None:
    body = {"identifier": "Mo@example.com", "title": "Mo Moss", "properties": {"status": "ACTIVE"}}
    assert (await client.post(USERS, json=body)).status_code == 201
    user = (await client.get("/v1/users/mo@example.com")).json()["user"]
    assert (user["email"], user["firstName"], user["roles"]) == ("Mo@example.com", "Mo", [{"name": "Member"}])
    token = await _token(client, anonymous, "mo@example.com")
    headers = {"authorization": token}

    await client.patch(f"{USERS}/Mo@example.com", json={"properties": {"port_role": "Admin"}})
    assert (await anonymous.get(WHO, headers=headers)).json()["user"]["isAdmin"] is True
    await client.patch(f"{USERS}/Mo@example.com", json={"identifier": "mo@new.example.com"})
    assert (await anonymous.get(WHO, headers=headers)).json()["user"]["email"] == "mo@new.example.com"
    await client.patch(f"{USERS}/mo@new.example.com", json={"properties": {"status": "DISABLED"}})
    assert (await anonymous.get(WHO, headers=headers)).status_code == 401
    await client.patch(f"{USERS}/mo@new.example.com", json={"properties": {"status": "Active"}})
    assert (await anonymous.get(WHO, headers=headers)).status_code == 200
    assert (await client.delete(f"{USERS}/mo@new.example.com")).status_code == 200
    assert (await client.get("/v1/users/mo@new.example.com")).status_code == 404
    assert (await anonymous.get(WHO, headers=headers)).status_code == 401


async def test_one_address_one_user(client: httpx.AsyncClient) -> None:
    await _invite(client)
    refused = await client.post(USERS, json={"identifier": "JO@example.com"})
    assert (refused.status_code, refused.json()["error"]) == (409, "conflict")


async def test_service_account_gets_credentials_once(client: httpx.AsyncClient, anonymous: httpx.AsyncClient) -> None:
    properties = {"port_type": "Service Account", "status": "Active", "port_role": "Admin"}
    body = {"identifier": "ci@serviceaccounts.getport.io", "title": "CI", "properties": properties}
    created = await client.post(USERS, json=body)
    assert created.status_code == 201, created.text
    issued = created.json()["additionalData"]["credentials"]
    token = await access_token(anonymous, issued["clientId"], issued["clientSecret"])
    who = (await anonymous.get(WHO, headers={"authorization": token})).json()["user"]
    assert (who["kind"], who["isAdmin"]) == ("service_account", True)
    again = await client.post(f"{USERS}?upsert=true", json=body)
    assert "additionalData" not in again.json()

    rotated = await _credentials(client, body["identifier"])  # type: ignore[arg-type]
    assert rotated["clientId"] == issued["clientId"]
    assert (await anonymous.get(WHO, headers={"authorization": token})).status_code == 401
    await client.patch(f"{USERS}/{body['identifier']}", json={"properties": {"status": "Disabled"}})
    fresh = {"clientId": rotated["clientId"], "clientSecret": rotated["clientSecret"]}
    refused = await anonymous.post("/v1/auth/access_token", json=fresh)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_credentials")


async def test_bulk_import_of_service_accounts_and_staged_people(client: httpx.AsyncClient) -> None:
    machine = {"port_type": "Service Account", "status": "Active"}
    items = [
        {"identifier": "a@serviceaccounts.getport.io", "properties": machine},
        {"identifier": "s@example.com", "title": "Sue Staged", "properties": {"status": "STAGED"}},
    ]
    answer = (await client.post(f"{USERS}/bulk", json={"entities": items})).json()
    by_identifier = {item["identifier"]: item for item in answer["entities"]}
    assert "clientSecret" in by_identifier["a@serviceaccounts.getport.io"]["additionalData"]["credentials"]
    assert "additionalData" not in by_identifier["s@example.com"]
    await _invite(client, "s@example.com")
    assert (await client.get("/v1/users/s@example.com")).json()["user"]["status"] == "Invited"


async def test_invited_people_sign_in_with_a_password_that_an_admin_sets(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    await _invite(client)
    path = "/v1/fairway/users/jo@example.com/password"
    assert (await client.put(path, json={"password": "short"})).status_code == 422
    assert (
        await client.put("/v1/fairway/users/x@example.com/password", json={"password": "long enough"})
    ).status_code == 404
    assert (await client.put(path, json={"password": "long enough"})).status_code == 200
    async with connect(app) as browser:
        body = {"email": "jo@example.com", "password": "long enough"}
        signed_in = await browser.post("/v1/fairway/auth/login", json=body)
        assert signed_in.status_code == 200
        headers = {"x-csrf-token": signed_in.json()["csrfToken"]}
        assert (await browser.put(path, json={"password": "other pass"}, headers=headers)).status_code == 403
    assert (await client.get("/v1/users/jo@example.com")).json()["user"]["status"] == "Active"


async def test_members_see_and_rotate_their_own_but_change_nothing(
    app: FastAPI, client: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    await _invite(client)
    async with connect(app, await _token(client, anonymous, "jo@example.com")) as member:
        assert len((await member.get("/v1/users")).json()["users"]) == 2
        for refused in (
            await member.patch("/v1/users/jo@example.com", json={"roles": ["Admin"]}),
            await member.post("/v1/users/invite", json={"invitee": {"email": "x@example.com"}}),
            await member.delete("/v1/users/admin@example.com"),
            await member.post("/v1/rotate-credentials/admin@example.com"),
            await member.post("/v1/teams", json={"name": "mine"}),
        ):
            assert (refused.status_code, refused.json()["error"]) == (403, "forbidden")
        assert (await member.post("/v1/rotate-credentials/JO@example.com")).status_code == 200


async def test_write_permission_on_users_is_no_way_to_become_admin(
    app: FastAPI, client: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    grant = {"roles": ["Admin", "Member"]}
    patch = {"entities": dict.fromkeys(("register", "update", "unregister"), grant)}
    assert (await client.patch("/v1/blueprints/_user/permissions", json=patch)).status_code == 200
    await _invite(client)
    async with connect(app, await _token(client, anonymous, "jo@example.com")) as member:
        me = f"{USERS}/jo@example.com"
        assert (await member.patch(me, json={"title": "Jo"})).status_code == 200
        assert (await member.patch(me, json={"properties": {"port_role": "Admin"}})).status_code == 403
        assert (await member.delete(f"{USERS}/admin@example.com")).status_code == 403
        moved = await member.patch(f"{USERS}/admin@example.com", json={"identifier": "x@example.com"})
        assert moved.status_code == 403
        machine = {"identifier": "m@serviceaccounts.getport.io", "properties": {"port_role": "Admin"}}
        assert (await member.post(USERS, json=machine)).status_code == 403
        assert (await member.post(USERS, json={"identifier": "y@example.com"})).status_code == 201


async def test_restricted_read_hides_others(
    app: FastAPI, client: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    await client.patch("/v1/blueprints/_user/permissions", json={"entities": {"read": {"roles": ["Admin"]}}})
    await _invite(client)
    async with connect(app, await _token(client, anonymous, "jo@example.com")) as member:
        assert [user["email"] for user in (await member.get("/v1/users")).json()["users"]] == ["jo@example.com"]
        assert (await member.get("/v1/users/admin@example.com")).status_code == 404


async def test_moderators_follow_their_blueprint(client: httpx.AsyncClient) -> None:
    await client.post("/v1/blueprints", json={"identifier": "service", "title": "S", "schema": {"properties": {}}})
    await _invite(client, roles=["service-moderator"])
    renamed = await client.patch("/v1/blueprints/service", json={"identifier": "svc"})
    assert renamed.status_code == 200, renamed.text
    roles = (await client.get("/v1/users/jo@example.com")).json()["user"]["roles"]
    assert roles == [{"name": "Member"}, {"name": "svc-moderator"}]
    assert (await client.delete("/v1/blueprints/svc")).status_code == 200
    assert (await client.get("/v1/users/jo@example.com")).json()["user"]["roles"] == [{"name": "Member"}]
