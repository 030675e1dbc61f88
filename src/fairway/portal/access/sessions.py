"""Browser sessions: sign in, sign out, and who am I."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import delete, insert, update

from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import InvalidCredentials, Unauthorized
from fairway.portal.access.cache import CallerCache
from fairway.portal.access.directory import LOCAL
from fairway.portal.access.keys import Keys, hash_session
from fairway.portal.access.passwords import hash_password, verify_password
from fairway.portal.access.principals import find_by_login, set_password
from fairway.portal.access.tables import principal, session
from fairway.portal.access.throttle import Throttle
from fairway.portal.caller import Caller
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx


class Arrivals(Protocol):
    """Told that a person signs in: the people feature keeps their ``_user`` entity."""

    async def arrived(self, email: str, name: str, teams: Sequence[str] | None, provider: str = LOCAL) -> None:
        """Makes the user exist and be active. ``teams`` (names) are set when the identity provider tells them."""
        ...


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that just began; ``token`` is the cookie's value."""

    token: str
    csrf_token: str


class SessionService:
    """Sessions of people."""

    def __init__(
        self, db: Database, clock: Clock, keys: Keys, cache: CallerCache, throttle: Throttle, ttl_seconds: int
    ) -> None:
        self._db = db
        self._clock = clock
        self._keys = keys
        self._cache = cache
        self._throttle = throttle
        self._ttl_ms = ttl_seconds * 1000
        self.arrivals: Arrivals | None = None
        """Set while the portal is built."""

    async def login(self, email: str, password: str, address: str) -> OpenSession:
        """Signs in with a password.

        Raises:
            InvalidCredentials: unknown, wrong, disabled, or without a password.
            RateLimited: too many wrong passwords.
        """
        self._throttle.check(email.lower(), address)
        row = await self._db.read(lambda tx: find_by_login(tx, email))
        stored = row.password_hash if row is not None and row.kind == "user" and row.enabled else None
        if not await verify_password(stored, password) or row is None:
            self._throttle.failed(email.lower(), address)
            raise InvalidCredentials("The e-mail or the password is wrong, or the account is disabled")
        self._throttle.succeeded(email.lower(), address)
        if row.status.lower() != "active" and self.arrivals is not None:
            await self.arrivals.arrived(row.email, row.name, None)
        return await self.open(row.id)

    async def open(self, principal_id: str) -> OpenSession:
        """Begins a session of somebody whose identity was established."""
        token = secrets.token_urlsafe(32)
        await self._db.write(lambda tx: self._insert(tx, principal_id, token))
        return OpenSession(token, self._keys.csrf_token(token))

    async def close(self, token: str) -> None:
        """Ends a session; an unknown one is fine."""
        await self._db.write(lambda tx: self._delete(tx, token))

    def csrf_token(self, token: str) -> str:
        """The CSRF token of a session."""
        return self._keys.csrf_token(token)

    async def change_password(self, caller: Caller, current: str, new: str, address: str) -> None:
        """Sets the caller's own password, and ends all their sessions.

        Raises:
            InvalidCredentials: the present password is wrong.
            InvalidRequest: the new one is too short.
        """
        if caller.kind != "user" or caller.email is None:
            raise Unauthorized("Only people have passwords")
        account = caller.email.lower()
        self._throttle.check(account, address)
        row = await self._db.read(lambda tx: find_by_login(tx, account))
        if not await verify_password(None if row is None else row.password_hash, current):
            self._throttle.failed(account, address)
            raise InvalidCredentials("The present password is wrong")
        await self.set_password(caller.principal_id, new)

    async def set_password(self, principal_id: str, new: str) -> None:
        """Sets a password and ends the principal's sessions.

        Raises:
            InvalidRequest: too short or too long.
        """
        password_hash = await hash_password(new)

        async def work(tx: Tx) -> None:
            await set_password(tx, principal_id, password_hash)
            tx.after_commit(self._cache.clear)

        await self._db.write(work)

    async def _insert(self, tx: Tx, principal_id: str, token: str) -> None:
        now = to_millis(self._clock.now())
        values: dict[str, Any] = {"principal_id": principal_id, "created_at": now, "expires_at": now + self._ttl_ms}
        await tx.run(delete(session).where(session.c.expires_at <= now))
        await tx.run(insert(session).values(token_hash=hash_session(token), **values))
        await tx.run(update(principal).where(principal.c.id == principal_id).values(last_login_at=now))

    async def _delete(self, tx: Tx, token: str) -> None:
        await tx.run(delete(session).where(session.c.token_hash == hash_session(token)))
        tx.after_commit(self._cache.clear)
