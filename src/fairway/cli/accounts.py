"""Getting in when nobody can sign in: users and credentials, straight in the database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fairway.kit.clock import SystemClock
from fairway.kit.settings import Settings
from fairway.portal.access.bootstrap import remember_secret
from fairway.portal.access.passwords import hash_password
from fairway.portal.caller import system_caller
from fairway.portal.services import Portal, build_portal


async def create_user(settings: Settings, email: str, password: str, roles: Sequence[str]) -> None:
    """A user who can sign in at once.

    Raises:
        Conflict: the user exists.
    """
    password_hash = await hash_password(password)
    async with _opened(settings) as portal:
        await portal.people.users.invite(system_caller(portal.org.id, "CLI"), email, list(roles), None)
        await portal.db.write(lambda tx: portal.access.directory.set_password(tx, email, password_hash))


async def rotate(settings: Settings, owner: str) -> dict[str, str]:
    """A new secret for a client id, or new credentials for a user's e-mail; the former stop counting.

    Raises:
        NotFound: no such credentials or user.
    """
    async with _opened(settings) as portal:
        caller = system_caller(portal.org.id, "CLI")
        if "@" in owner:
            issued = await portal.people.users.rotate_credentials(caller, owner)
            return {"clientId": issued["clientId"], "clientSecret": issued["clientSecret"]}
        app = await portal.access.apps.rotate(caller, owner)
        remember_secret(settings, owner, app["secret"])
        return {"clientId": owner, "clientSecret": app["secret"]}


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Portal]:
    portal = await build_portal(settings, SystemClock())
    try:
        yield portal
    finally:
        await portal.close()
