"""Access tokens for client credentials (contract 1.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, update

from fairway.kit.clock import Clock, to_millis
from fairway.kit.crypto import equal
from fairway.kit.errors import InvalidCredentials
from fairway.portal.access.credentials import find_credential, first_app_credential, no_credentials
from fairway.portal.access.keys import Keys
from fairway.portal.access.tables import credential
from fairway.portal.access.throttle import Throttle
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx

_REUSE_MS = 60_000
"""The same token is handed out while it lives longer than this."""
_RUN_SECONDS = 60
"""Life of a token with which a run calls the portal: longer than that call may take."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token and the whole seconds it still counts."""

    token: str
    expires_in: int


class TokenService:
    """Issues tokens. The token of a credential pair is a function of its row, so every process gives the same one."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        keys: Keys,
        throttle: Throttle,
        *,
        org_id: str,
        org_name: str,
        ttl_seconds: int,
    ) -> None:
        self._db = db
        self._clock = clock
        self._keys = keys
        self._throttle = throttle
        self._organization = {"orgId": org_id, "orgName": org_name}
        self._ttl_ms = ttl_seconds * 1000

    async def issue(self, client_id: str, client_secret: str, address: str) -> AccessToken:
        """The active token of a credential pair; a new one when the present one is about to expire.

        Raises:
            InvalidCredentials: unknown, wrong or disabled.
            RateLimited: too many wrong secrets.
        """
        self._throttle.check(client_id, address)
        row = await self._db.read(lambda tx: find_credential(tx, client_id))
        if row is None or not self._fits(row, client_secret):
            self._throttle.failed(client_id, address)
            raise InvalidCredentials(f'The credentials of client "{client_id[:100]}" are wrong or disabled')
        self._throttle.succeeded(client_id, address)
        if not self._reusable(row):
            row = await self._db.write(lambda tx: self._renew(tx, client_id))
        expires_in = (row.token_expires_at - to_millis(self._clock.now())) // 1000
        claims = self._claims(row, row.token_issued_at // 1000, row.token_expires_at // 1000)
        return AccessToken(self._keys.access_tokens.sign(claims), expires_in)

    async def for_run(self, run_id: str, depth: int) -> str:
        """A token of the organisation's first active credentials that counts for a minute: with it a run calls the
        portal itself, and whatever it does says so. ``depth`` is that of runs which it starts.

        Raises:
            Unavailable: every pair of credentials is disabled.
        """
        row = await self._db.read(first_app_credential)
        if row is None:
            raise no_credentials()
        now = to_millis(self._clock.now()) // 1000
        claims = {**self._claims(row, now, now + _RUN_SECONDS), "run": run_id, "depth": depth}
        return self._keys.access_tokens.sign(claims)

    def _fits(self, row: Any, client_secret: str) -> bool:
        return equal(self._keys.hash_secret(client_secret), row.secret_hash) and bool(row.enabled)

    def _reusable(self, row: Any) -> bool:
        return bool(row.token_issued_at) and row.token_expires_at - to_millis(self._clock.now()) > _REUSE_MS

    async def _renew(self, tx: Tx, client_id: str) -> Row[Any]:
        """Moves the credential to a new token, unless another request just did."""
        row = await find_credential(tx, client_id)
        if row is None:
            raise InvalidCredentials(f'The credentials of client "{client_id[:100]}" were removed just now')
        if self._reusable(row):
            return row
        now = to_millis(self._clock.now())
        # JWTs count in whole seconds; rounding the end up keeps a fresh token alive for all of its time.
        times = {"token_issued_at": now, "token_expires_at": -(-(now + self._ttl_ms) // 1000) * 1000}
        await tx.run(update(credential).where(credential.c.client_id == client_id).values(**times))
        renewed = await find_credential(tx, client_id)
        assert renewed is not None, "read in this transaction"
        return renewed

    def _claims(self, row: Any, issued_at: int, expires_at: int) -> dict[str, Any]:
        claims = {
            "iss": "fairway",
            "sub": row.principal_id,
            "iat": issued_at,
            "exp": expires_at,
            **self._organization,
            "isMachine": row.kind != "user",
            "personalToken": row.kind == "user",
            "cid": row.client_id,
            "gen": row.generation,
        }
        return {**claims, "email": row.email} if row.email else claims
