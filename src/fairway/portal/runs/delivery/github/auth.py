"""Who the portal is to GitHub: a token, or an App that gets a token for each installation."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import jwt

from fairway.kit.clock import Clock, parse_instant
from fairway.kit.settings import Settings
from fairway.portal.runs.delivery.answers import json_of
from fairway.portal.runs.delivery.base import Refused, Undelivered
from fairway.portal.runs.delivery.credentials import plain
from fairway.portal.runs.delivery.github.api import Authorization, api_headers, said
from fairway.portal.runs.delivery.sending import OVERLOADED, Request, Sender

_EARLY = 60.0
"""Seconds before its end at which a token is replaced."""
_JWT_SECONDS = 540
"""GitHub takes ten minutes at most, by its own clock."""


class TokenAuthorization:
    """A personal or fine-grained token."""

    def __init__(self, base_url: str, token: str, sender: Sender) -> None:
        self._base = base_url.rstrip("/")
        self._header = f"Bearer {token}"
        self._sender = sender
        self._login: str | None = None

    async def header(self, owner: str, repo: str) -> str:
        """The same for every repository."""
        return self._header

    async def login(self) -> str | None:
        """The token's user."""
        if self._login is None:
            answer = await self._sender.send(
                Request("GET", f"{self._base}/user", api_headers(self._header)), whole=True
            )
            found = json_of(answer)
            self._login = str(found["login"]) if answer.ok and isinstance(found, Mapping) and "login" in found else None
        return self._login


class AppAuthorization:
    """A GitHub App: a signed statement of who it is is traded for a token of the installation on the repository."""

    def __init__(self, base_url: str, app_id: str, private_key: str, sender: Sender, clock: Clock) -> None:
        self._base = base_url.rstrip("/")
        self._app_id = app_id
        self._private_key = private_key
        self._sender = sender
        self._clock = clock
        self._login: str | None = None
        self._tokens: dict[str, tuple[str, float]] = {}
        self._lock = asyncio.Lock()

    async def header(self, owner: str, repo: str) -> str:
        """For the repository's installation; kept until shortly before its end."""
        key = f"{owner}/{repo}".lower()
        async with self._lock:
            token, ends = self._tokens.get(key, ("", 0.0))
            if ends - _EARLY <= self._clock.now().timestamp():
                token, ends = await self._fetch(owner, repo)
                self._tokens[key] = (token, ends)
        return f"Bearer {token}"

    async def login(self) -> str | None:
        """The App's bot."""
        if self._login is None:
            found = await self._ask("GET", "/app", "read about itself")
            self._login = f"{found['slug']}[bot]" if found.get("slug") else None
        return self._login

    async def _fetch(self, owner: str, repo: str) -> tuple[str, float]:
        place = f"{quote(owner, safe='')}/{quote(repo, safe='')}"
        installation = await self._ask(
            "GET", f"/repos/{place}/installation", f'find its installation on "{owner}/{repo}"'
        )
        path = f"/app/installations/{installation['id']}/access_tokens"
        issued = await self._ask("POST", path, "get a token")
        ends = parse_instant(str(issued.get("expires_at")))
        return str(issued["token"]), ends.timestamp() if ends else self._clock.now().timestamp() + 600

    async def _ask(self, method: str, path: str, what: str) -> Mapping[str, Any]:
        request = Request(method, self._base + path, api_headers(f"Bearer {self._statement()}"))
        answer = await self._sender.send(request, whole=True)
        if answer.status in OVERLOADED:
            raise Undelivered(f"GitHub answered {answer.status}", self._sender.retry_after(answer))
        found = json_of(answer)
        if not answer.ok or not isinstance(found, Mapping):
            raise Refused(
                f"The GitHub App of this portal could not {what}: {said(answer)}", label=f"HTTP {answer.status}"
            )
        return found

    def _statement(self) -> str:
        now = int(self._clock.now().timestamp())
        claims = {"iss": self._app_id, "iat": now - 60, "exp": now + _JWT_SECONDS}
        try:
            return jwt.encode(claims, self._private_key, algorithm="RS256")
        except (ValueError, jwt.PyJWTError):
            raise Refused("FAIRWAY_GITHUB_APP_PRIVATE_KEY is not the PEM text of an RSA key", label="Bad key") from None


def github_authorization(settings: Settings, sender: Sender, clock: Clock) -> Authorization | None:
    """What the settings give; an App goes before a token."""
    key = plain(settings.github_app_private_key)
    if settings.github_app_id and key:
        pem = key.replace("\\n", "\n")  # environment files hold it on one line
        return AppAuthorization(settings.github_api_url, settings.github_app_id, pem, sender, clock)
    token = plain(settings.github_token)
    return TokenAuthorization(settings.github_api_url, token, sender) if token else None
