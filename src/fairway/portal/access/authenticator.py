"""From a request to its caller: bearer tokens for programs, a session cookie with a CSRF token for browsers."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from starlette.requests import Request

from fairway.kit.clock import Clock, to_millis
from fairway.kit.crypto import equal
from fairway.kit.errors import Forbidden, Unauthorized
from fairway.portal.access.cache import CallerCache
from fairway.portal.access.keys import Keys, hash_session
from fairway.portal.access.principals import load_caller
from fairway.portal.access.tables import credential, session
from fairway.portal.caller import Caller
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx

SESSION_COOKIE = "fairway_session"
CSRF_HEADER = "x-csrf-token"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_MAX_TOKEN = 4096


class Authenticator:
    """Who is asking; lives at ``app.state.authenticator``."""

    def __init__(self, db: Database, clock: Clock, keys: Keys, cache: CallerCache, org_id: str) -> None:
        self._db = db
        self._clock = clock
        self._keys = keys
        self._cache = cache
        self._org_id = org_id

    async def authenticate(self, request: Request) -> Caller:
        """The caller of a request. A token wins over a cookie.

        Raises:
            Unauthorized: nothing was presented, or it does not count (any more).
            Forbidden: a browser session asks for a change without its CSRF token.
        """
        token = bearer_token(request.headers.get("authorization", ""))
        if token:
            caller = await self.by_token(token)
            origin = "API" if caller.run_id is None else "AUTOMATION"
        else:
            caller, origin = await self._by_cookie(request), "UI"
        return replace(
            caller,
            origin=origin,
            user_agent=request.headers.get("user-agent", ""),
            trace_id=getattr(request.state, "trace_id", ""),
        )

    async def by_token(self, token: str) -> Caller:
        """The caller of an access token, without what only a request knows.

        Raises:
            Unauthorized: the token is unknown, expired or revoked.
        """
        known = self._cache.get(token)
        if known is not None:
            return known
        claims = self._keys.access_tokens.read(token) if len(token) <= _MAX_TOKEN else None
        if claims is None:
            raise Unauthorized("The access token is not valid; ask for one at POST /v1/auth/access_token")
        left = float(claims["exp"]) - self._clock.now().timestamp()
        if left <= 0:
            raise Unauthorized("The access token has expired; ask for a new one at POST /v1/auth/access_token")
        generation = self._cache.generation
        caller = await self._db.read(lambda tx: self._token_caller(tx, claims["cid"], claims["gen"]))
        if caller is None:
            raise Unauthorized("The access token was revoked, or its principal is disabled")
        caller = replace(caller, run_id=claims.get("run"), run_depth=claims.get("depth", 0))
        self._cache.put(token, caller, generation, left)
        return caller

    async def by_session(self, token: str) -> Caller:
        """The caller of a session cookie's value.

        Raises:
            Unauthorized: the session ended, or its principal is disabled.
        """
        key = f"session {token}"
        known = self._cache.get(key)
        if known is not None:
            return known
        generation = self._cache.generation
        found = await self._db.read(lambda tx: self._session_caller(tx, token))
        if found is None:
            raise Unauthorized("The session has ended; sign in again")
        caller, left = found
        self._cache.put(key, caller, generation, left)
        return caller

    async def _by_cookie(self, request: Request) -> Caller:
        cookie = request.cookies.get(SESSION_COOKIE, "")
        if not cookie:
            raise Unauthorized("No access token; send the header Authorization: Bearer <token>")
        caller = await self.by_session(cookie)
        if request.method not in _SAFE_METHODS:
            sent = request.headers.get(CSRF_HEADER, "")
            if not equal(sent, self._keys.csrf_token(cookie)):
                raise Forbidden(f"A change from a browser session needs its CSRF token in the header {CSRF_HEADER}")
        return caller

    async def _token_caller(self, tx: Tx, client_id: str, generation: int) -> Caller | None:
        statement = select(credential.c.principal_id).where(
            credential.c.client_id == client_id, credential.c.generation == generation
        )
        principal_id = await tx.scalar(statement)
        return None if principal_id is None else await load_caller(tx, principal_id, self._org_id)

    async def _session_caller(self, tx: Tx, token: str) -> tuple[Caller, float] | None:
        now = to_millis(self._clock.now())
        row = await tx.row(
            select(session).where(session.c.token_hash == hash_session(token), session.c.expires_at > now)
        )
        caller = None if row is None else await load_caller(tx, row.principal_id, self._org_id)
        return None if row is None or caller is None else (caller, (row.expires_at - now) / 1000)


def bearer_token(header: str) -> str:
    """The token of an Authorization header, with or without the scheme; empty when there is none (contract 1.3)."""
    text = header.strip()
    scheme, _, rest = text.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else text
