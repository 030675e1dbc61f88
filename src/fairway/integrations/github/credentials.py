"""Tokens of an app: its own, and those of its installations, kept until shortly before they end."""

from __future__ import annotations

from datetime import timedelta
from weakref import WeakKeyDictionary

import jwt

from fairway.integration.definition import Context, Integration
from fairway.integration.http import CallableToken, ThirdPartyHttp, Token
from fairway.integrations.github.settings import Settings
from fairway.kit.clock import Clock, parse_instant
from fairway.kit.errors import InvalidRequest

_BACKDATED, _LIFETIME = timedelta(seconds=60), timedelta(seconds=540)
"""GitHub takes at most 10 minutes, and refuses tokens from what its clock says is the future."""


class AppTokens:
    """Of one app. ``http`` is that of whoever asked last."""

    def __init__(self, settings: Settings, http: ThirdPartyHttp, clock: Clock) -> None:
        self.http = http
        self._settings = settings
        self._clock = clock
        self._installations: dict[int, CallableToken] = {}
        self.app = CallableToken(self._signed, clock=clock)

    def of(self, installation: int) -> CallableToken:
        """The token of an installation."""
        if installation not in self._installations:
            self._installations[installation] = CallableToken(lambda: self._issued(installation), clock=self._clock)
        return self._installations[installation]

    async def _issued(self, installation: int) -> Token:
        view = self.http.view(self._settings.host, token=self.app)
        answer = await view.send("POST", f"/app/installations/{installation}/access_tokens", retryable=True)
        found = answer.require_ok().json
        ends, now = parse_instant(str(found.get("expires_at"))), self._clock.now()
        return Token(found["token"], (ends - now).total_seconds() if ends else 3600.0)

    async def _signed(self) -> Token:
        now = self._clock.now()
        claims = {"iat": now - _BACKDATED, "exp": now + _LIFETIME, "iss": self._settings.app}
        try:
            signed = jwt.encode(claims, self._settings.key or "", algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):  # the error's text could hold a part of the key
            raise InvalidRequest(f'The private key of app "{self._settings.app}" is no RSA key in PEM form') from None
        return Token(signed, _LIFETIME.total_seconds())


_KNOWN: WeakKeyDictionary[Integration, dict[Settings, AppTokens]] = WeakKeyDictionary()
"""Contexts come and go; tokens stay with the integration, and never in its cache, which is on disk."""


def app_tokens(context: Context, settings: Settings) -> AppTokens:
    """Those of the app in ``settings``."""
    known = _KNOWN.setdefault(context.integration, {})
    found = known.setdefault(settings, AppTokens(settings, context.http, context.clock))
    found.http = context.http
    return found
