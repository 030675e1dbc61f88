"""Tokens of client credentials (contract 1.2, 1.3; conformance scenarios 1 and 2)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import httpx
import jwt
import pytest
from fastapi import FastAPI

from fairway.kit.clock import ManualClock
from fairway.kit.settings import Settings
from fairway.portal.access.bootstrap import ensure_principals, load_identity
from fairway.portal.access.keys import Keys
from fairway.portal.services import Portal, build_portal
from support.http import connect

CREDENTIALS = {"clientId": "testclient", "clientSecret": "s" * 64}
WHO = "/v1/fairway/auth/session"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 1, 28, 10, tzinfo=UTC))


async def _token(client: httpx.AsyncClient, **credentials: str) -> httpx.Response:
    return await client.post("/v1/auth/access_token", json=credentials or CREDENTIALS)


async def test_the_same_token_until_a_minute_before_its_end(anonymous: httpx.AsyncClient, clock: ManualClock) -> None:
    first = (await _token(anonymous)).json()
    assert (first["tokenType"], first["expiresIn"]) == ("Bearer", 10800)
    clock.advance(seconds=10.5)
    second = (await _token(anonymous)).json()
    assert (second["accessToken"], second["expiresIn"]) == (first["accessToken"], 10789)
    clock.advance(seconds=10800 - 70)
    third = (await _token(anonymous)).json()
    assert third["accessToken"] != first["accessToken"]
    assert third["expiresIn"] == 10800


async def test_claims_say_what_kind_of_principal_it_is(anonymous: httpx.AsyncClient, portal: Portal) -> None:
    token = (await _token(anonymous)).json()["accessToken"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["sub"] == "testclient"
    assert (claims["isMachine"], claims["personalToken"]) == (True, False)
    assert (claims["orgId"], claims["orgName"]) == (portal.org.id, "Fairway")
    assert claims["exp"] - claims["iat"] == 10800
    assert "email" not in claims


@pytest.mark.parametrize("scheme", ["", "Bearer ", "bearer ", "BEARER  "])
async def test_token_with_and_without_scheme(anonymous: httpx.AsyncClient, scheme: str) -> None:
    token = (await _token(anonymous)).json()["accessToken"]
    answer = await anonymous.get(WHO, headers={"authorization": scheme + token})
    assert answer.status_code == 200
    assert answer.json()["user"]["id"] == "testclient"
    assert answer.json()["user"]["isAdmin"] is True


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer nonsense", "a.b.c", "Bearer " + "x" * 9000, "Basic dTpw"])
async def test_what_is_no_token_is_401(anonymous: httpx.AsyncClient, header: str) -> None:
    answer = await anonymous.get(WHO, headers={"authorization": header})
    assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")


async def test_tokens_of_other_keys_and_algorithms_are_401(anonymous: httpx.AsyncClient) -> None:
    token = (await _token(anonymous)).json()["accessToken"]
    claims = jwt.decode(token, options={"verify_signature": False})
    for forged in (jwt.encode(claims, "k" * 48, algorithm="HS256"), jwt.encode(claims, None, algorithm="none")):
        assert (await anonymous.get(WHO, headers={"authorization": forged})).status_code == 401


async def test_expired_token_is_401(anonymous: httpx.AsyncClient, clock: ManualClock, portal: Portal) -> None:
    token = (await _token(anonymous)).json()["accessToken"]
    clock.advance(seconds=10801)
    assert (await anonymous.get(WHO, headers={"authorization": token})).status_code == 401


async def test_empty_bearer_on_the_token_route_is_ignored(anonymous: httpx.AsyncClient) -> None:
    answer = await anonymous.post("/v1/auth/access_token", json=CREDENTIALS, headers={"authorization": "Bearer "})
    assert answer.status_code == 200


async def test_wrong_unknown_and_missing_credentials(anonymous: httpx.AsyncClient) -> None:
    for wrong in ({**CREDENTIALS, "clientSecret": "no"}, {**CREDENTIALS, "clientId": "nobody"}):
        answer = await _token(anonymous, **wrong)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_credentials")
    answer = await _token(anonymous, clientId="testclient")
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_request")
    assert '"clientSecret"' in answer.json()["message"]


async def test_guessing_is_slowed_down_per_address(app: FastAPI, anonymous: httpx.AsyncClient) -> None:
    for _ in range(10):
        assert (await _token(anonymous, clientId="testclient", clientSecret="no")).status_code == 401
    refused = await _token(anonymous)
    assert (refused.status_code, refused.json()["error"]) == (429, "rate_limited")
    elsewhere = httpx.ASGITransport(app, client=("10.0.0.7", 1))
    async with httpx.AsyncClient(transport=elsewhere, base_url="http://portal") as other:
        assert (await _token(other)).status_code == 200


async def test_requests_at_once_get_one_token(anonymous: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(_token(anonymous) for _ in range(8)))
    assert len({answer.json()["accessToken"] for answer in answers}) == 1


async def test_another_process_gives_and_accepts_the_same_token(
    anonymous: httpx.AsyncClient, settings: Settings, clock: ManualClock
) -> None:
    from fairway.portal.app import create_app

    token = (await _token(anonymous)).json()["accessToken"]
    second = await build_portal(settings, clock)
    async with connect(create_app(second)) as other:
        assert (await _token(other)).json()["accessToken"] == token
        assert (await other.get(WHO, headers={"authorization": token})).status_code == 200
    await second.close()


async def test_rotation_survives_a_restart_unless_the_settings_change(
    client: httpx.AsyncClient, portal: Portal, settings: Settings, clock: ManualClock
) -> None:
    rotated = (await client.post("/v1/apps/testclient/rotate-secret")).json()["app"]["secret"]
    keys = Keys(b"k" * 48)
    await ensure_principals(portal.db, load_identity(settings), clock, keys, portal.box)
    assert await portal.access.apps.signing_secret() == rotated
    given = settings.model_copy(update={"client_secret": type(settings.secret_key)("z" * 40)})
    await ensure_principals(portal.db, load_identity(given), clock, keys, portal.box)
    assert await portal.access.apps.signing_secret() == "z" * 40
