"""The identity provider: discovery, keys, code exchange and ID tokens."""

from __future__ import annotations

import base64
import time
from typing import Any
from urllib.parse import quote, urlencode

import jwt

from fairway.kit.errors import Unauthorized, Unavailable
from fairway.kit.http import HttpClient
from fairway.kit.jsonio import loads
from fairway.kit.settings import Settings

_TIMEOUT_SECONDS = 10
_DISCOVERY_SECONDS = 3600
_KEYS_SECONDS = 60
"""Keys are asked for again when a token names one that is not known, at most this often."""
_LEEWAY_SECONDS = 60
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Asymmetric ones only: with a shared secret, ``HS256`` would let whoever knows it forge identities."""


class Provider:
    """One provider, by its issuer URL."""

    def __init__(self, settings: Settings, http: HttpClient) -> None:
        self._http = http
        self.issuer = settings.oidc_issuer.rstrip("/")
        self._client_id = settings.oidc_client_id
        secret = settings.oidc_client_secret
        self._client_secret = None if secret is None else secret.get_secret_value()
        self._discovery: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, dict[str, Any]] | None = None

    async def discover(self) -> dict[str, Any]:
        """The provider's own description, remembered for an hour.

        Raises:
            Unavailable: it does not answer, or describes another issuer.
        """
        if self._discovery is not None and time.monotonic() - self._discovery[0] < _DISCOVERY_SECONDS:
            return self._discovery[1]
        found = await self._fetch(f"{self.issuer}/.well-known/openid-configuration")
        if str(found.get("issuer", "")).rstrip("/") != self.issuer:
            raise Unavailable(f'The identity provider calls itself "{found.get("issuer")}", not "{self.issuer}"')
        self._discovery = (time.monotonic(), found)
        return found

    async def exchange(self, code: str, verifier: str, redirect_uri: str) -> dict[str, Any]:
        """Tokens for an authorization code.

        Raises:
            Unauthorized: the provider refuses the code.
            Unavailable: it does not answer.
        """
        endpoint = str((await self.discover())["token_endpoint"])
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
            "client_id": self._client_id,
        }
        headers = {"content-type": "application/x-www-form-urlencoded", **self._authorization()}
        status, answer = await self._call("POST", endpoint, headers, urlencode(form).encode())
        if status != 200 or "id_token" not in answer:
            told = answer.get("error_description") or answer.get("error") or f"status {status}"
            raise Unauthorized(f"The identity provider refused the login: {str(told)[:200]}")
        return answer

    async def claims(self, tokens: dict[str, Any], nonce: str) -> dict[str, Any]:
        """The verified claims of an ID token, completed from the userinfo endpoint where the provider has one.

        Raises:
            Unauthorized: signature, issuer, audience, time or nonce do not hold.
        """
        id_token = str(tokens["id_token"])
        try:
            verified: dict[str, Any] = jwt.decode(
                id_token,
                await self._key_for(id_token),
                algorithms=_ALGORITHMS,
                audience=self._client_id,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "iss", "sub", "aud"]},
            )
        except jwt.PyJWTError as error:
            raise Unauthorized(f"The identity provider's token does not hold: {error}") from None
        if str(verified["iss"]).rstrip("/") != self.issuer or verified.get("nonce") != nonce:
            raise Unauthorized("The identity provider's token is not for this login; start again")
        return {**await self._userinfo(tokens, str(verified["sub"])), **verified}

    async def _userinfo(self, tokens: dict[str, Any], subject: str) -> dict[str, Any]:
        endpoint, token = (await self.discover()).get("userinfo_endpoint"), tokens.get("access_token")
        if not endpoint or not token:
            return {}
        found = await self._fetch(str(endpoint), headers={"authorization": f"Bearer {token}"})
        return found if found.get("sub") == subject else {}

    async def _key_for(self, id_token: str) -> jwt.PyJWK:
        """The published key that signed the token; a token may leave out which one when there is only one."""
        key_id = str(jwt.get_unverified_header(id_token).get("kid", ""))
        keys = await self._load_keys(fresh=False)
        if key_id not in keys:
            keys = await self._load_keys(fresh=True)
        if key_id not in keys and (key_id or len(keys) != 1):
            raise Unauthorized("The identity provider's token is signed with a key that it does not publish")
        return jwt.PyJWK(keys[key_id] if key_id in keys else next(iter(keys.values())))

    async def _load_keys(self, *, fresh: bool) -> dict[str, Any]:
        if self._keys is not None and (not fresh or time.monotonic() - self._keys[0] < _KEYS_SECONDS):
            return self._keys[1]
        answer = await self._fetch(str((await self.discover())["jwks_uri"]))
        keys = {str(each.get("kid", "")): each for each in answer.get("keys", []) if each.get("use", "sig") == "sig"}
        self._keys = (time.monotonic(), keys)
        return keys

    async def _fetch(self, url: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        status, answer = await self._call("GET", url, headers or {}, None)
        if status != 200:
            raise Unavailable(f"The identity provider answered {status} at {url}")
        return answer

    async def _call(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None
    ) -> tuple[int, dict[str, Any]]:
        answer = await self._http.request(method, url, headers=headers, body=body, timeout_seconds=_TIMEOUT_SECONDS)
        try:
            document = loads(answer.body)
        except ValueError:
            document = None
        return answer.status, document if isinstance(document, dict) else {}

    def _authorization(self) -> dict[str, str]:
        """Client id and secret, form-encoded before they are joined (RFC 6749, 2.3.1); none for a public client."""
        if self._client_secret is None:
            return {}
        pair = f"{quote(self._client_id, safe='')}:{quote(self._client_secret, safe='')}"
        return {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
