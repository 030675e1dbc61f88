"""Teams over their entities (contract 10.2)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

TEAMS = "/v1/blueprints/_team/entities"


async def _people(client: httpx.AsyncClient, *emails: str) -> None:
    for email in emails:
        await client.post("/v1/users/invite", json={"invitee": {"email": email}})


async def _members(client: httpx.AsyncClient, name: str) -> list[str]:
    team = (await client.get(f"/v1/teams/{name}")).json()["team"]
    return [user["email"] for user in team["users"]]


async def test_life_of_a_team(client: httpx.AsyncClient) -> None:
    await _people(client, "a@example.com", "b@example.com", "c@example.com")
    body = {"name": "Payments", "description": "Money", "users": ["a@example.com", "B@example.com"]}
    created = await client.post("/v1/teams", json=body)
    assert created.status_code == 200
    team = created.json()["team"]
    assert (team["id"], team["name"], team["provider"], team["description"]) == (
        "Payments",
        "Payments",
        "port",
        "Money",
    )
    assert team["users"] == ["a@example.com", "b@example.com"]
    assert (await client.get("/v1/users/a@example.com")).json()["user"]["teams"] == ["Payments"]
    assert (await client.post("/v1/teams", json=body)).status_code == 409

    body = {"name": "Payments & Co", "users": ["b@example.com", "c@example.com"]}
    replaced = (await client.put("/v1/teams/Payments", json=body)).json()["team"]
    assert (replaced["id"], replaced["name"], replaced["users"]) == ("Payments", "Payments & Co", body["users"])
    assert "description" not in replaced
    assert await _members(client, "Payments%20%26%20Co") == ["b@example.com", "c@example.com"]
    assert await _members(client, "Payments") == ["b@example.com", "c@example.com"]
    assert (await client.get("/v1/users/c@example.com")).json()["user"]["teams"] == ["Payments & Co"]

    patched = (await client.patch("/v1/teams/Payments", json={"description": "x"})).json()["team"]
    assert (patched["description"], patched["users"]) == ("x", ["b@example.com", "c@example.com"])
    cleared = (await client.patch("/v1/teams/Payments", json={"description": None, "users": []})).json()["team"]
    assert "description" not in cleared
    assert cleared["users"] == []

    assert (await client.delete("/v1/teams/Payments")).json() == {"ok": True}
    assert (await client.get("/v1/teams/Payments")).status_code == 404
    assert (await client.delete("/v1/teams/Payments")).status_code == 404


async def test_reads_give_objects_and_only_the_fields_asked_for(client: httpx.AsyncClient) -> None:
    await _people(client, "a@example.com")
    await client.post("/v1/teams", json={"name": "core", "users": ["a@example.com"]})
    url = "/v1/teams?fields=name&fields=users.email&fields=users.status"
    assert (await client.get(url)).json()["teams"] == [
        {"name": "core", "users": [{"email": "a@example.com", "status": "Invited"}]}
    ]
    team = (await client.get("/v1/teams/core?fields=name&fields=provider")).json()["team"]
    assert team == {"name": "core", "provider": "port"}


async def test_entity_and_team_are_one(client: httpx.AsyncClient) -> None:
    await _people(client, "a@example.com")
    await client.post(TEAMS, json={"identifier": "t1", "title": "First", "properties": {"description": "d"}})
    await client.patch("/v1/blueprints/_user/entities/a@example.com", json={"relations": {"team": ["t1"]}})
    assert await _members(client, "First") == ["a@example.com"]
    await client.patch(f"{TEAMS}/t1", json={"title": "Second", "identifier": "t2"})
    user = (await client.get("/v1/users/a@example.com")).json()["user"]
    assert (user["teams"], user["teamsIdentifiers"]) == (["Second"], ["t2"])
    await client.delete(f"{TEAMS}/t2")
    assert (await client.get("/v1/users/a@example.com")).json()["user"]["teams"] == []
    assert (await client.get("/v1/teams")).json()["teams"] == []


async def test_names_that_no_identifier_can_hold(client: httpx.AsyncClient) -> None:
    first = (await client.post("/v1/teams", json={"name": "Größe & Co"})).json()["team"]
    assert first["id"] == "Größe_Co"
    second = (await client.post("/v1/teams", json={"name": "Größe_Co x"})).json()["team"]
    assert second["id"] == "Größe_Co_x"
    third = (await client.post("/v1/teams", json={"name": "Größe & Co x"})).json()["team"]
    assert third["id"].startswith("Größe_Co_x_")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"name": "a"}, 422),
        ({"name": " ab"}, 422),
        ({"name": "a/b"}, 422),
        ({"name": 1}, 422),
        ({"name": "ok", "users": "a@example.com"}, 422),
        ({"name": "ok", "users": ["nobody@example.com"]}, 404),
        ({"name": "ok", "description": 1}, 422),
    ],
)
async def test_bodies_that_do_not_fit_leave_nothing(
    client: httpx.AsyncClient, body: dict[str, Any], status: int
) -> None:
    assert (await client.post("/v1/teams", json=body)).status_code == status
    assert (await client.get("/v1/teams")).json()["teams"] == []


async def test_a_taken_name_stays_taken(client: httpx.AsyncClient) -> None:
    await client.post("/v1/teams", json={"name": "one"})
    await client.post("/v1/teams", json={"name": "two"})
    assert (await client.put("/v1/teams/two", json={"name": "one"})).status_code == 409
    assert (await client.put("/v1/teams/two", json={"name": "two"})).status_code == 200
