"""Who asks: a token, or an app that gets itself tokens of its installation. Section 4.2 of the contract."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt

from fairway.gitops.forges.errors import ForgeRefused
from fairway.gitops.forges.http import ForgeHttp, How
from fairway.gitops.forges.requests import segment
from fairway.gitops.forges.settings import ForgeSettings
from fairway.kit.clock import Clock, parse_instant
from fairway.kit.errors import InvalidRequest

_EARLY = timedelta(minutes=5)
_BACKDATED, _LIFETIME = timedelta(seconds=60), timedelta(seconds=540)
"""GitHub takes at most 10 minutes, and refuses tokens from what its clock says is the future."""
_FRESH = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Token:
    header: Mapping[str, str]
    issued: datetime
    ends: datetime


class AppCredentials:
    """Tokens of an app's installation, kept until shortly before they end. Set ``http`` before use."""

    http: ForgeHttp

    def __init__(self, settings: ForgeSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._installation = settings.installation
        self._token: _Token | None = None
        self._lock = asyncio.Lock()
        self._sign()  # a key that is none is better found now

    async def authorization(self) -> Mapping[str, str]:
        """Headers with a token that holds for a while yet."""
        if self._token is None or self._clock.now() >= self._token.ends - _EARLY:
            async with self._lock:
                if self._token is None or self._clock.now() >= self._token.ends - _EARLY:
                    self._token = await self._issue()
        return self._token.header

    def renew(self) -> bool:
        """Forgets the token after a refusal; false when it was so new that another would not help."""
        if self._token is None or self._clock.now() - self._token.issued < _FRESH:
            return False
        self._token = None
        return True

    async def installation(self) -> str:
        """The installation's id, looked up by the organisation when it is not in the settings."""
        if not self._installation:
            self._installation = await self._found()
        return self._installation

    async def _issue(self) -> _Token:
        path = f"/app/installations/{segment(await self.installation())}/access_tokens"
        now = self._clock.now()
        answer = await self.http.send("POST", path, how=self._as_app(repeatable=True))
        if answer.status == 404:
            raise ForgeRefused(f'App "{self._settings.app_id}" has no installation "{self._installation}"')
        if answer.status != 201:
            raise answer.error("a token of the installation")
        body = answer.json
        ends = parse_instant(str(body.get("expires_at"))) or now + timedelta(hours=1)
        return _Token({"authorization": f"Bearer {body['token']}"}, now, ends)

    async def _found(self) -> str:
        owner = self._settings.organisation
        if not owner:
            return self._only(await self._json("/app/installations?per_page=100"))
        for path in (f"/orgs/{segment(owner)}/installation", f"/users/{segment(owner)}/installation"):
            answer = await self.http.get(path, how=self._as_app())
            if answer.ok:
                return str(answer.json["id"])
        raise ForgeRefused(f'App "{self._settings.app_id}" is not installed at "{owner}"')

    def _only(self, found: Any) -> str:
        ids = [str(each["id"]) for each in found]
        if len(ids) != 1:
            raise InvalidRequest(
                f'App "{self._settings.app_id}" has {len(ids)} installations; name the organisation or the installation'
            )
        return ids[0]

    async def _json(self, path: str) -> Any:
        answer = await self.http.get(path, how=self._as_app())
        if not answer.ok:
            raise answer.error("installations of the app")
        return answer.json

    def _as_app(self, repeatable: bool | None = None) -> How:
        return How(headers={"authorization": f"Bearer {self._sign()}"}, repeatable=repeatable)

    def _sign(self) -> str:
        now = self._clock.now()
        claims = {"iat": now - _BACKDATED, "exp": now + _LIFETIME, "iss": self._settings.app_id}
        try:
            return jwt.encode(claims, self._settings.private_key, algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise InvalidRequest(
                f'The private key of app "{self._settings.app_id}" is no RSA key in PEM form'
            ) from None  # the error's text could hold a part of the key
