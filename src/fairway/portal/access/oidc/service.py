"""Signing in through the provider."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from fairway.kit.clock import Clock, to_millis
from fairway.kit.crypto import SecretBox, equal
from fairway.kit.errors import Forbidden, NotFound, Unauthorized
from fairway.kit.http import DestinationPolicy, HttpClient
from fairway.kit.settings import Settings
from fairway.portal.access.oidc.flow import Pending
from fairway.portal.access.oidc.provider import Provider
from fairway.portal.access.principals import find_by_login
from fairway.portal.access.sessions import OpenSession, SessionService
from fairway.portal.access.tables import external_identity, principal
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx

CALLBACK = "/v1/fairway/auth/oidc/callback"


class OidcService:
    """Begins logins at the provider and finishes them here."""

    def __init__(
        self, settings: Settings, db: Database, clock: Clock, box: SecretBox, sessions: SessionService
    ) -> None:
        self._settings = settings
        self._db = db
        self._clock = clock
        self._box = box
        self._sessions = sessions
        # The issuer is the operator's choice, often in a private network.
        self._http = HttpClient(DestinationPolicy(private_networks=True), pool=4)
        self._provider = Provider(settings, self._http)

    async def aclose(self) -> None:
        """Closes the connections to the provider."""
        await self._http.aclose()

    @property
    def enabled(self) -> bool:
        """Whether a provider is configured."""
        return bool(self._settings.oidc_issuer and self._settings.oidc_client_id)

    @property
    def _redirect_uri(self) -> str:
        return self._settings.effective_base_url + CALLBACK

    async def start(self, target: str) -> tuple[str, str]:
        """Where to send the browser, and the cookie that it brings back.

        Raises:
            NotFound: no provider is configured.
            Unavailable: the provider does not answer.
        """
        if not self.enabled:
            raise NotFound("Single sign-on is not configured; set FAIRWAY_OIDC_ISSUER and FAIRWAY_OIDC_CLIENT_ID")
        endpoint = str((await self._provider.discover())["authorization_endpoint"])
        pending = Pending.begin(target, self._clock.now().timestamp())
        settings = self._settings
        location = pending.location(endpoint, settings.oidc_client_id, self._redirect_uri, settings.oidc_scopes)
        return location, pending.seal(self._box)

    async def finish(self, cookie: str, state: str, code: str) -> tuple[OpenSession, str]:
        """The session of whoever comes back from the provider, and the path to show.

        Raises:
            Unauthorized: the login was not started in this browser, took too long, or the token does not hold.
            Forbidden: the person may not come in.
        """
        pending = Pending.open(cookie, self._box)
        if pending is None or not equal(pending.state, state):
            raise Unauthorized("This login was not started in this browser; start again")
        if pending.expires_at < self._clock.now().timestamp():
            raise Unauthorized("The login took too long; start again")
        tokens = await self._provider.exchange(code, pending.verifier, self._redirect_uri)
        claims = await self._provider.claims(tokens, pending.nonce)
        return await self._sessions.open(await self._admit(claims)), pending.target

    async def _admit(self, claims: dict[str, Any]) -> str:
        """The principal of a person that the provider vouches for, made at their first login."""
        subject = str(claims["sub"])
        email = await self._db.read(lambda tx: self._bound_email(tx, subject)) or _verified_email(claims)
        row = await self._db.read(lambda tx: find_by_login(tx, email))
        if row is not None and (row.kind != "user" or row.status.lower() == "disabled"):
            raise Forbidden(f'The account "{email}" is disabled; ask an administrator of this portal')
        arrivals = self._sessions.arrivals
        assert arrivals is not None, "set while the portal is built"
        name = str(claims.get("name") or claims.get("preferred_username") or email)
        await arrivals.arrived(email, name, self._groups(claims), self._provider.issuer)
        return await self._db.write(lambda tx: self._bind(tx, subject, email))

    def _groups(self, claims: dict[str, Any]) -> list[str] | None:
        value = claims.get(self._settings.oidc_groups_claim)
        if value is None:
            return None
        groups = [value] if isinstance(value, str) else value
        return [str(group) for group in groups] if isinstance(groups, list) else None

    async def _bound_email(self, tx: Tx, subject: str) -> str | None:
        """E-mail of the user who signed in as this subject before: the provider may tell another one by now."""
        joined = external_identity.join(principal, principal.c.id == external_identity.c.principal_id)
        statement = select(principal.c.email).select_from(joined)
        issuer = self._provider.issuer
        found = await tx.scalar(
            statement.where(external_identity.c.issuer == issuer, external_identity.c.subject == subject)
        )
        return None if found is None else str(found)

    async def _bind(self, tx: Tx, subject: str, email: str) -> str:
        row = await find_by_login(tx, email)
        if row is None or not row.enabled:
            raise Forbidden(f'The account "{email}" was disabled just now')
        identity = {"issuer": self._provider.issuer, "subject": subject, "principal_id": row.id}
        await tx.insert_ignore(external_identity, {**identity, "created_at": to_millis(self._clock.now())})
        return str(row.id)


def _verified_email(claims: dict[str, Any]) -> str:
    email = str(claims.get("email") or "")
    if "@" not in email:
        raise Forbidden("The identity provider does not tell your e-mail; the scope email has to be allowed there")
    if claims.get("email_verified") is False:
        raise Forbidden(f'The identity provider has not verified the e-mail "{email}"')
    return email
