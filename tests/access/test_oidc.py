"""Single sign-on against a real provider on a local socket."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from oidc_provider_mock import run_server_in_thread

from fairway.kit.clock import ManualClock
from fairway.kit.settings import Settings
from fairway.portal.services import Portal

AUTH = "/v1/fairway/auth"


@dataclass
class Provider:
    """The provider and a person who signs in there."""

    url: str

    def person(self, subject: str, **claims: Any) -> None:
        httpx.put(f"{self.url}/users/{subject}", json=claims).raise_for_status()

    def sign_in(self, location: str, subject: str) -> str:
        """Fills in the provider's form; where it sends the browser."""
        answer = httpx.post(location, data={"sub": subject})
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with run_server_in_thread(require_nonce=True) as server:
        yield Provider(f"http://localhost:{server.server_port}")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 1, 28, 10, tzinfo=UTC))


@pytest.fixture
def settings(settings: Settings, provider: Provider) -> Settings:
    return settings.model_copy(
        update={"oidc_issuer": provider.url, "oidc_client_id": "fairway", "oidc_client_secret": settings.secret_key}
    )


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Redirects are followed by hand; pages are not JSON, so nothing checks them against the contract."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://portal") as client:
        yield client


async def _start(browser: httpx.AsyncClient, target: str = "/services?tab=1") -> str:
    answer = await browser.get(f"{AUTH}/oidc/start", params={"next": target})
    assert answer.status_code == 302, answer.text
    assert "HttpOnly" in answer.headers["set-cookie"]
    return str(answer.headers["location"])


async def _sign_in(browser: httpx.AsyncClient, provider: Provider, subject: str) -> httpx.Response:
    return await browser.get(provider.sign_in(await _start(browser), subject))


async def _who(browser: httpx.AsyncClient) -> dict[str, Any]:
    user: dict[str, Any] = (await browser.get(f"{AUTH}/session")).json()["user"]
    return user


async def test_first_login_makes_the_user(
    browser: httpx.AsyncClient, provider: Provider, client: httpx.AsyncClient
) -> None:
    assert (await browser.get(f"{AUTH}/methods")).json() == {"ok": True, "password": True, "oidc": True}
    provider.person("ada", email="ada@example.com", name="Ada Lovelace", groups=["Engines", "Poets & Co"])
    answer = await _sign_in(browser, provider, "ada")
    assert (answer.status_code, answer.headers["location"]) == (302, "/services?tab=1")
    who = await _who(browser)
    assert (who["email"], who["roles"], who["teamNames"]) == ("ada@example.com", ["Member"], ["Engines", "Poets & Co"])
    user = (await client.get("/v1/users/ada@example.com")).json()["user"]
    assert (user["firstName"], user["status"], user["providers"]) == ("Ada", "Active", [provider.url])
    assert len(user["orgMembers"]) == 1
    assert (await client.get("/v1/teams/Engines")).json()["team"]["provider"] == provider.url
    entity = await client.get("/v1/blueprints/_user/entities/ada@example.com")
    assert entity.json()["entity"]["relations"]["team"] == ["Engines", "Poets_Co"]


async def test_groups_come_and_go_and_local_teams_stay(
    browser: httpx.AsyncClient, provider: Provider, client: httpx.AsyncClient
) -> None:
    provider.person("bea", email="bea@example.com", groups=["one", "two"])
    await _sign_in(browser, provider, "bea")
    await client.post("/v1/teams", json={"name": "local", "users": ["bea@example.com"]})
    provider.person("bea", email="bea@new.example.com", groups=["two", "three"])
    await _sign_in(browser, provider, "bea")
    who = await _who(browser)
    assert (who["email"], who["teams"]) == ("bea@example.com", ["local", "three", "two"])
    provider.person("bea", email="bea@example.com")
    await _sign_in(browser, provider, "bea")
    assert (await _who(browser))["teams"] == ["local", "three", "two"]


async def test_invited_people_keep_their_roles(
    browser: httpx.AsyncClient, provider: Provider, client: httpx.AsyncClient
) -> None:
    await client.post("/v1/users/invite", json={"invitee": {"email": "Cid@example.com", "roles": ["Admin"]}})
    provider.person("cid", email="cid@EXAMPLE.com", email_verified=True)
    await _sign_in(browser, provider, "cid")
    who = await _who(browser)
    assert (who["email"], who["isAdmin"]) == ("Cid@example.com", True)
    assert (await client.get("/v1/users/cid@example.com")).json()["user"]["status"] == "Active"


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"email": "dan@example.com", "email_verified": False}, "has not verified"),
        ({"name": "Dan"}, "does not tell your e-mail"),
    ],
)
async def test_unverified_people_stay_outside(
    browser: httpx.AsyncClient, provider: Provider, claims: dict[str, Any], told: str
) -> None:
    provider.person("dan", **claims)
    answer = await _sign_in(browser, provider, "dan")
    assert answer.status_code == 403
    assert told in answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert "fairway_session" not in browser.cookies


async def test_disabled_people_stay_outside(
    browser: httpx.AsyncClient, provider: Provider, client: httpx.AsyncClient
) -> None:
    provider.person("eva", email="eva@example.com")
    await _sign_in(browser, provider, "eva")
    body = {"properties": {"status": "Disabled"}}
    await client.patch("/v1/blueprints/_user/entities/eva@example.com", json=body)
    assert (await browser.get(f"{AUTH}/session")).status_code == 401
    answer = await _sign_in(browser, provider, "eva")
    assert (answer.status_code, "is disabled" in answer.text) == (403, True)


async def test_state_nonce_time_and_code_are_checked(
    browser: httpx.AsyncClient, provider: Provider, clock: ManualClock, app: FastAPI
) -> None:
    provider.person("fay", email="fay@example.com")
    back = provider.sign_in(await _start(browser), "fay")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://portal") as stranger:
        assert (await stranger.get(back)).status_code == 401
    forged = re.sub(r"state=[^&]+", "state=other", back)
    assert (await browser.get(forged)).status_code == 401
    assert (await browser.get(back)).status_code == 401, "the cookie is gone after one attempt"

    back = provider.sign_in(await _start(browser), "fay")
    wrong = re.sub(r"code=[^&]+", "code=nonsense", back)
    assert (await browser.get(wrong)).status_code == 401

    other = parse_qs(urlsplit(await _start(browser)).query)
    location = await _start(browser)
    swapped = re.sub(r"nonce=[^&]+", f"nonce={other['nonce'][0]}", location)
    answer = await browser.get(provider.sign_in(swapped, "fay"))
    assert (answer.status_code, "start again" in answer.text) == (401, True)

    back = provider.sign_in(await _start(browser), "fay")
    clock.advance(seconds=601)
    assert "took too long" in (await browser.get(back)).text


async def test_request_to_the_provider(browser: httpx.AsyncClient, provider: Provider) -> None:
    location = urlsplit(await _start(browser))
    asked = {key: values[0] for key, values in parse_qs(location.query).items()}
    assert f"{location.scheme}://{location.netloc}" == provider.url
    assert asked["redirect_uri"] == "http://portal/v1/fairway/auth/oidc/callback"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert (asked["response_type"], asked["client_id"]) == ("code", "fairway")


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "services", "/a\nb"])
async def test_nobody_is_sent_elsewhere(browser: httpx.AsyncClient, provider: Provider, target: str) -> None:
    provider.person("gil", email="gil@example.com")
    answer = await browser.get(provider.sign_in(await _start(browser, target), "gil"))
    assert answer.headers["location"] == "/"


async def test_refusal_at_the_provider_is_told(browser: httpx.AsyncClient) -> None:
    told = {"error": "access_denied", "error_description": "<b>no</b>"}
    answer = await browser.get(f"{AUTH}/oidc/callback", params=told)
    assert answer.status_code == 401
    assert "&lt;b&gt;no&lt;/b&gt;" in answer.text


async def test_a_provider_that_is_away_is_503(portal: Portal, browser: httpx.AsyncClient) -> None:
    portal.access.oidc._provider.issuer = "http://localhost:9"
    answer = await browser.get(f"{AUTH}/oidc/start")
    assert (answer.status_code, "cannot be reached" in answer.text) == (503, True)
