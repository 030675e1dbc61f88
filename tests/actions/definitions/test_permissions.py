"""Permissions of actions: defaults, merging, refusals (contract 6.8)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from support.actions import automation, self_service
from support.people import Login

pytestmark = pytest.mark.usefixtures("model")

PATH = "/v1/actions/do_it/permissions"
POLICY = {
    "queries": {
        "mine": {"combinator": "and", "rules": [{"property": "$blueprint", "operator": "=", "value": "service"}]},
        "same": {"combinator": "and", "rules": [{"property": "tier", "operator": "=", "value": "{{ .inputs.tier }}"}]},
        "soon": {
            "combinator": "or",
            "rules": [{"property": "x", "operator": "between", "value": {"from": "{{ .a }}"}}],
        },
    },
    "conditions": [".results.mine.entities | length < 5"],
}


@pytest.fixture(autouse=True)
async def action(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/actions", json=self_service())).status_code == 201


async def _patch(client: httpx.AsyncClient, body: Any) -> dict[str, Any]:
    response = await client.patch(PATH, json=body)
    assert response.status_code == 200, response.text
    permissions: dict[str, Any] = response.json()["permissions"]
    assert (await client.get(PATH)).json()["permissions"] == permissions
    return permissions


async def test_defaults(client: httpx.AsyncClient) -> None:
    assert (await client.get(PATH)).json() == {
        "ok": True,
        "permissions": {
            "execute": {"users": [], "roles": ["Admin", "Member"], "teams": [], "ownedByTeam": False, "policy": None},
            "approve": {"users": [], "roles": ["Admin"], "teams": [], "policy": None},
        },
    }


async def test_nulls_are_empty(client: httpx.AsyncClient) -> None:
    nothing = {"users": None, "roles": None, "teams": None, "policy": None}
    permissions = await _patch(client, {"execute": {**nothing, "ownedByTeam": None}, "approve": nothing})
    empty = {"users": [], "roles": [], "teams": [], "policy": None}
    assert permissions == {"execute": {**empty, "ownedByTeam": False}, "approve": empty}


async def test_what_is_not_sent_stays(client: httpx.AsyncClient) -> None:
    await _patch(client, {"execute": {"users": ["a@b.c"], "policy": POLICY}})
    permissions = await _patch(client, {"execute": {"teams": ["core"]}, "approve": None})
    assert permissions["execute"] == {
        "users": ["a@b.c"], "roles": ["Admin", "Member"], "teams": ["core"], "ownedByTeam": False, "policy": POLICY,
    }  # fmt: skip
    assert permissions["approve"]["roles"] == ["Admin"]
    assert (await _patch(client, {"execute": {"policy": None}}))["execute"]["policy"] is None
    assert (await _patch(client, {}))["execute"]["teams"] == ["core"]


async def test_they_stay_when_the_action_changes(client: httpx.AsyncClient) -> None:
    before = await _patch(client, {"approve": {"users": ["a@b.c"]}})
    await client.put("/v1/actions/do_it", json={**self_service(), "title": "Other"})
    assert (await client.get(PATH)).json()["permissions"] == before


async def test_a_new_action_of_the_same_name_starts_afresh(client: httpx.AsyncClient) -> None:
    await _patch(client, {"approve": {"users": ["a@b.c"]}})
    await client.delete("/v1/actions/do_it")
    await client.post("/v1/actions", json=automation("do_it"))
    assert (await client.get(PATH)).json()["permissions"]["approve"]["users"] == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"read": {}}, "read is not known"),
        ({"execute": []}, "execute must be an object"),
        ({"execute": {"groups": []}}, "execute.groups is not known"),
        ({"approve": {"ownedByTeam": True}}, "approve.ownedByTeam is not known"),
        ({"execute": {"users": "a@b.c"}}, "execute.users must be an array"),
        ({"execute": {"roles": [7]}}, "execute.roles[0]"),
        ({"execute": {"ownedByTeam": "yes"}}, "execute.ownedByTeam"),
        ({"execute": {"policy": []}}, "execute.policy must be an object"),
        ({"execute": {"policy": {"conditions": ["."]}}}, "execute.policy.queries is required"),
        ({"execute": {"policy": {"queries": {}, "conditions": []}}}, "execute.policy.conditions"),
        ({"execute": {"policy": {**POLICY, "limit": 1}}}, "execute.policy.limit"),
        ({"execute": {"policy": {**POLICY, "conditions": [".x |"]}}}, "execute.policy.conditions[0]"),
        ({"approve": {"policy": {**POLICY, "queries": {"q": {"rules": []}}}}}, "approve.policy.queries.q"),
        (
            {"approve": {"policy": {**POLICY, "queries": {"q": {"combinator": "and", "rules": [{"operator": "?"}]}}}}},
            "approve.policy.queries.q.rules[0]",
        ),
        (
            {
                "approve": {
                    "policy": {
                        **POLICY,
                        "queries": {
                            "q": {
                                "combinator": "and",
                                "rules": [{"property": "x", "operator": "=", "value": "{{ [ }}"}],
                            }
                        },
                    }
                }
            },
            "approve.policy.queries.q.rules[0].value",
        ),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_refusals_name_the_place(client: httpx.AsyncClient, body: dict[str, Any], told: str) -> None:
    before = (await client.get(PATH)).json()
    response = await client.patch(PATH, json=body)
    assert (response.status_code, told in response.json()["message"]) == (422, True), response.text
    assert (await client.get(PATH)).json() == before


async def test_everybody_reads_them_and_few_write_them(client: httpx.AsyncClient, login: Login) -> None:
    member = await login("member@x.io")
    assert (await member.get(PATH)).status_code == 200
    assert (await member.patch(PATH, json={"execute": {"users": ["member@x.io"]}})).status_code == 403
    assert (await client.get("/v1/actions/none/permissions")).status_code == 404
