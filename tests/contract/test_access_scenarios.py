"""Conformance scenarios 1, 2, 25, 27 and 28: tokens, the authorization header, permissions, envelopes and limits."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import jwt

from fairway.kit.settings import Settings
from support.catalog import DOMAIN, SERVICE, TO_DOMAIN, Put


def _credentials(settings: Settings) -> dict[str, str]:
    assert settings.client_secret is not None
    return {"clientId": settings.client_id, "clientSecret": settings.client_secret.get_secret_value()}


async def test_scenario_1_a_token_asked_for_twice_is_the_same(anonymous: httpx.AsyncClient, settings: Settings) -> None:
    first = (await anonymous.post("/v1/auth/access_token", json=_credentials(settings))).json()
    await asyncio.sleep(1.1)
    headers = {"authorization": "Bearer "}
    second = (await anonymous.post("/v1/auth/access_token/", json=_credentials(settings), headers=headers)).json()
    assert first["accessToken"] == second["accessToken"]
    assert type(first["expiresIn"]) is int
    assert type(second["expiresIn"]) is int
    assert second["expiresIn"] < first["expiresIn"] <= 10_800
    assert first["tokenType"] == "Bearer"
    claims = jwt.decode(first["accessToken"], options={"verify_signature": False})
    assert (claims["isMachine"], claims["personalToken"]) == (True, False)


async def test_scenario_1_wrong_secret_and_missing_field(anonymous: httpx.AsyncClient, settings: Settings) -> None:
    wrong = {**_credentials(settings), "clientSecret": "wrong"}
    refused = await anonymous.post("/v1/auth/access_token", json=wrong)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_credentials")
    missing = await anonymous.post("/v1/auth/access_token", json={"clientId": settings.client_id})
    assert missing.status_code == 422


async def test_scenario_2_the_scheme_is_optional(anonymous: httpx.AsyncClient, settings: Settings) -> None:
    token = (await anonymous.post("/v1/auth/access_token", json=_credentials(settings))).json()["accessToken"]
    for value in (token, f"Bearer {token}", f"bearer {token}", f"BEARER {token}"):
        assert (await anonymous.get("/v1/blueprints", headers={"authorization": value})).status_code == 200
    for value in ("", "Bearer ", "Bearer nonsense", token[:-3] + "AAA"):
        refused = await anonymous.get("/v1/blueprints", headers={"authorization": value})
        assert (refused.status_code, refused.json()["error"]) == (401, "unauthorized")
    assert (await anonymous.get("/v1/blueprints")).status_code == 401


_NULLS: dict[str, Any] = {"users": None, "roles": None, "teams": None, "ownedByTeam": None}


async def test_scenario_25_permissions_take_nulls(client: httpx.AsyncClient, put_blueprint: Put) -> None:
    await put_blueprint(DOMAIN)
    await put_blueprint(SERVICE, relations=TO_DOMAIN)
    path = "/v1/blueprints/service/permissions"
    before = (await client.get(path)).json()["permissions"]["entities"]
    assert before["register"]["roles"] == ["Admin", "service-moderator"]
    body = {"entities": {"register": _NULLS, "updateProperties": {"tier": _NULLS, "$title": _NULLS}}}
    changed = await client.patch(path, json=body)
    assert changed.status_code == 200
    entities = changed.json()["permissions"]["entities"]
    empty = {"users": [], "roles": [], "teams": [], "ownedByTeam": False}
    assert entities["register"] == empty
    assert entities["updateProperties"]["tier"] == empty
    assert entities["read"] == before["read"]
    assert (await client.get(path)).json()["permissions"]["entities"] == entities


async def test_scenario_25_unknown_fields_are_listed(client: httpx.AsyncClient, put_blueprint: Put) -> None:
    await put_blueprint(DOMAIN)
    await put_blueprint(SERVICE, relations=TO_DOMAIN)
    body = {
        "entities": {
            "updateProperties": {"tier": _NULLS, "nope": _NULLS, "neither": _NULLS},
            "updateRelations": {"domain": _NULLS, "gone": _NULLS},
        }
    }
    refused = await client.patch("/v1/blueprints/service/permissions", json=body)
    assert (refused.status_code, refused.json()["error"]) == (422, "invalid_permissions")
    assert refused.json()["message"] == "You cannot update permissions on unknown fields"
    details = refused.json()["details"]
    assert sorted(details["invalidProperties"]) == ["neither", "nope"]
    assert details["invalidRelations"] == ["gone"]


async def test_scenario_25_a_policy_is_removed_by_null(client: httpx.AsyncClient, put_blueprint: Put) -> None:
    await put_blueprint(SERVICE)
    path = "/v1/blueprints/service/permissions"
    policy = {"combinator": "and", "rules": [{"property": "tier", "operator": "=", "value": "gold"}]}
    with_policy = await client.patch(path, json={"entities": {"read": {"roles": ["Admin"], "policy": policy}}})
    assert with_policy.json()["permissions"]["entities"]["read"]["policy"] == policy
    without = await client.patch(path, json={"entities": {"read": {"roles": ["Admin"], "policy": None}}})
    assert not without.json()["permissions"]["entities"]["read"].get("policy")


async def test_scenario_27_every_refusal_has_the_envelope(client: httpx.AsyncClient) -> None:
    """The client of the suite checks headers and body of every answer; here are the odd ways to be refused."""
    refusals = [
        (await client.get("/v1/no/such/route"), 404),
        (await client.post("/v1/organization", json={}), 405),
        (await client.post("/v1/blueprints", content=b"{"), 400),
        (await client.post("/v1/blueprints", content=b""), 400),
        (await client.post("/v1/blueprints", content=b'{"identifier": "\xff"}'), 400),
        (await client.post("/v1/blueprints", json=[]), 422),
        (await client.post("/v1/blueprints", json="text"), 422),
        (await client.get("/v1/blueprints/missing"), 404),
        (await client.delete("/v1/blueprints/missing"), 404),
        (await client.get("/v1/blueprints/%ff"), 400),
    ]
    for response, status in refusals:
        assert response.status_code == status, response.text


async def test_scenario_27_slashes_and_junk_parameters_are_forgiven(client: httpx.AsyncClient) -> None:
    for path in ("/v1/blueprints/", "/v1//blueprints", "/v1/blueprints?page=x&runId=", "/v1/blueprints?a=0xc000"):
        assert (await client.get(path)).status_code == 200


async def test_scenario_28_a_body_over_one_mebibyte(client: httpx.AsyncClient, put_blueprint: Put) -> None:
    await put_blueprint(SERVICE)
    prefix, suffix = b'{"identifier": "a", "title": "', b'"}'
    limit = 1 << 20
    fitting = prefix + b"x" * (limit - len(prefix) - len(suffix)) + suffix
    path = "/v1/blueprints/service/entities"
    refused = await client.post(path, content=fitting.replace(b"xx", b"xxx", 1))
    assert (refused.status_code, refused.json()["error"]) == (413, "payload_too_large")
    assert len(fitting) == limit
    assert (await client.post(path, content=fitting)).status_code in (201, 422)


async def test_scenario_28_a_body_of_unknown_length(client: httpx.AsyncClient) -> None:
    async def endless() -> Any:
        for _ in range(20):
            yield b"[" * (1 << 16)

    refused = await client.post("/v1/blueprints", content=endless())
    assert refused.status_code == 413
