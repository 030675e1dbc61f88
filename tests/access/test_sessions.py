"""Browser sessions, people and service accounts: who is let in, and for how long."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import httpx
import jwt
import pytest
from fastapi import FastAPI

from fairway.kit.clock import ManualClock
from fairway.kit.settings import Settings
from fairway.portal.access.principals import find_by_login
from fairway.portal.app import create_app
from fairway.portal.services import Portal, build_portal
from support.http import connect

ADMIN = {"email": "admin@example.com", "password": "correct horse battery staple"}
AUTH = "/v1/fairway/auth"
AddPerson = Callable[..., Awaitable[str]]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 1, 28, 10, tzinfo=UTC))


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Keeps cookies, has no token."""
    async with connect(app) as client:
        yield client


async def _login(browser: httpx.AsyncClient, **changes: str) -> httpx.Response:
    return await browser.post(f"{AUTH}/login", json={**ADMIN, **changes})


def _later(portal: Portal) -> None:
    """Two seconds pass for what the portal remembers of callers."""
    portal.access.cache._monotonic = lambda: time.monotonic() + 2.1


async def test_login_session_and_logout(browser: httpx.AsyncClient, portal: Portal) -> None:
    answer = await _login(browser, email="ADMIN@example.com")
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    csrf = answer.json()["csrfToken"]
    who = (await browser.get(f"{AUTH}/session")).json()
    assert who["csrfToken"] == csrf
    assert who["user"]["email"] == "admin@example.com"
    assert who["user"]["roles"] == ["Admin"]

    refused = await browser.post("/v1/apps", json={"name": "x"})
    assert (refused.status_code, refused.json()["error"]) == (403, "forbidden")
    assert "x-csrf-token" in refused.json()["message"]
    assert (await browser.post("/v1/apps", json={"name": "x"}, headers={"x-csrf-token": "0" * 64})).status_code == 403
    assert (await browser.post("/v1/apps", json={"name": "x"}, headers={"x-csrf-token": csrf})).status_code == 200

    kept = browser.cookies["fairway_session"]
    assert (await browser.post(f"{AUTH}/logout", headers={"x-csrf-token": csrf})).status_code == 200
    assert "fairway_session" not in browser.cookies
    browser.cookies.set("fairway_session", kept)
    assert (await browser.get(f"{AUTH}/session")).status_code == 401


async def test_cookie_is_secure_behind_https(settings: Settings) -> None:
    portal = await build_portal(
        settings.model_copy(update={"base_url": "https://portal"}), ManualClock(datetime.now(UTC))
    )
    async with connect(create_app(portal)) as browser:
        assert "Secure" in (await _login(browser)).headers["set-cookie"]
    await portal.close()


async def test_sessions_end(browser: httpx.AsyncClient, clock: ManualClock, portal: Portal) -> None:
    await _login(browser)
    clock.advance(seconds=43201)
    _later(portal)
    assert (await browser.get(f"{AUTH}/session")).status_code == 401


async def test_wrong_passwords_are_refused_and_slowed_down(browser: httpx.AsyncClient) -> None:
    for wrong in ({"password": "no"}, {"email": "nobody@example.com"}):
        answer = await _login(browser, **wrong)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_credentials")
    for _ in range(9):
        await _login(browser, password="no")
    assert (await _login(browser)).status_code == 429


async def test_other_content_types_cannot_sign_in(browser: httpx.AsyncClient) -> None:
    answer = await browser.post(
        f"{AUTH}/login", content=b'{"email":"a","password":"b"}', headers={"content-type": "text/plain"}
    )
    assert answer.status_code == 422


async def test_token_wins_over_cookie(browser: httpx.AsyncClient, add_person: AddPerson) -> None:
    token = await add_person("jo@example.com")
    await _login(browser)
    who = (await browser.get(f"{AUTH}/session", headers={"authorization": token})).json()
    assert who["user"]["email"] == "jo@example.com"
    assert who["csrfToken"] is None


async def test_password_change_ends_sessions(browser: httpx.AsyncClient) -> None:
    headers = {"x-csrf-token": (await _login(browser)).json()["csrfToken"]}
    body = {"currentPassword": ADMIN["password"], "newPassword": "short"}
    assert (await browser.post(f"{AUTH}/password", json=body, headers=headers)).status_code == 422
    body["newPassword"] = "a new password"
    assert (await browser.post(f"{AUTH}/password", json=body, headers=headers)).status_code == 200
    assert (await browser.get(f"{AUTH}/session")).status_code == 401
    assert (await _login(browser)).status_code == 401
    assert (await _login(browser, password="a new password")).status_code == 200


async def test_personal_and_service_account_tokens(anonymous: httpx.AsyncClient, add_person: AddPerson) -> None:
    personal = jwt.decode(await add_person("jo@example.com"), options={"verify_signature": False})
    assert (personal["isMachine"], personal["personalToken"], personal["email"]) == (False, True, "jo@example.com")
    machine = await add_person("ci@serviceaccounts.getport.io", service_account=True)
    claims = jwt.decode(machine, options={"verify_signature": False})
    assert (claims["isMachine"], claims["personalToken"]) == (True, False)
    who = (await anonymous.get(f"{AUTH}/session", headers={"authorization": machine})).json()["user"]
    assert (who["kind"], who["roles"]) == ("service_account", ["Member"])


async def test_disabling_revokes_at_once_and_enabling_gives_back(
    anonymous: httpx.AsyncClient, add_person: AddPerson
) -> None:
    token = await add_person("jo@example.com", teams=("a",))
    headers = {"authorization": token}
    who = (await anonymous.get(f"{AUTH}/session", headers=headers)).json()["user"]
    assert (who["teams"], who["teamNames"]) == (["a"], ["Team a"])
    await add_person("jo@example.com", status="Disabled")
    assert (await anonymous.get(f"{AUTH}/session", headers=headers)).status_code == 401


async def test_another_process_notices_within_two_seconds(
    portal: Portal, add_person: AddPerson, settings: Settings, clock: ManualClock
) -> None:
    token = await add_person("jo@example.com")
    second = await build_portal(settings, clock)
    async with connect(create_app(second), token) as elsewhere:
        assert (await elsewhere.get(f"{AUTH}/session")).status_code == 200
        await portal.db.write(lambda tx: portal.access.directory.remove_person(tx, "jo@example.com"))
        assert (await elsewhere.get(f"{AUTH}/session")).status_code == 200
        _later(second)
        assert (await elsewhere.get(f"{AUTH}/session")).status_code == 401
    await second.close()


async def test_removed_people_are_gone(portal: Portal, anonymous: httpx.AsyncClient, add_person: AddPerson) -> None:
    headers = {"authorization": await add_person("jo@example.com")}
    await portal.db.write(lambda tx: portal.access.directory.remove_person(tx, "JO@example.com"))
    assert (await anonymous.get(f"{AUTH}/session", headers=headers)).status_code == 401
    assert await portal.db.read(lambda tx: find_by_login(tx, "jo@example.com")) is None
