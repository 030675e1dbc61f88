"""Use cases of users (contract 10.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import Conflict, InvalidRequest, NotFound
from fairway.portal.access.decisions import require_admin
from fairway.portal.access.directory import Directory, PersonRecord
from fairway.portal.access.passwords import hash_password
from fairway.portal.caller import Caller
from fairway.portal.catalog.entities import Mode
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.people.documents import user_document
from fairway.portal.people.roles import properties_of
from fairway.portal.people.visibility import sees_all
from fairway.portal.people.writer import USER, PeopleWriter
from fairway.portal.storage.database import Database
from fairway.portal.storage.outbox import Change, append
from fairway.portal.storage.tx import Tx

EMAIL_PATTERN = r"^[^;#/\?\s@]+@[^;#/\?\s@]+$"
"""The identifier of a user, which further has to be an entity identifier."""

_EMAIL = re.compile(EMAIL_PATTERN)


class UserService:
    """Lists, invites, changes and removes users."""

    def __init__(
        self, db: Database, clock: Clock, schemas: SchemaCache, directory: Directory, writer: PeopleWriter
    ) -> None:
        self._db = db
        self._clock = clock
        self._schemas = schemas
        self._directory = directory
        self._writer = writer

    async def list(self, caller: Caller) -> list[dict[str, Any]]:
        """All users that the caller may see."""

        async def work(tx: Tx) -> list[PersonRecord]:
            all_of_them = await sees_all(tx, self._schemas, caller, USER)
            return await self._directory.people(tx, None if all_of_them else [caller.principal_id])

        return [user_document(record, caller.org_id) for record in await self._db.read(work)]

    async def get(self, caller: Caller, email: str) -> dict[str, Any]:
        """One user.

        Raises:
            NotFound: there is none, or the caller may not see them.
        """

        async def work(tx: Tx) -> PersonRecord:
            record = await self._directory.person(tx, email)
            if record.id != caller.principal_id and not await sees_all(tx, self._schemas, caller, USER):
                raise NotFound(f'User with email "{email}" was not found')
            return record

        return user_document(await self._db.read(work), caller.org_id)

    async def update(
        self, caller: Caller, email: str, roles: Sequence[str] | None, teams: Sequence[str] | None
    ) -> dict[str, Any]:
        """Sets roles, teams or both.

        Raises:
            NotFound: the user or a team does not exist.
            InvalidRequest: a role does not exist.
            Forbidden: the caller may not.
        """
        if roles is not None and not roles:
            raise InvalidRequest('"roles" needs at least one role; leave it out to keep the present ones')

        async def work(tx: Tx) -> PersonRecord:
            record = await self._directory.person(tx, email)
            body = await self._body(tx, record.person.email, roles, teams)
            await self._writer.put(tx, caller, USER, [body], Mode.PATCH)
            return await self._directory.person(tx, email)

        return user_document(await self._db.write(work), caller.org_id)

    async def invite(
        self, caller: Caller, email: str, roles: Sequence[str] | None, teams: Sequence[str] | None
    ) -> None:
        """Lets somebody in: a new user, or one who was staged or disabled.

        Raises:
            Conflict: the user is active or invited already.
        """
        if not _EMAIL.fullmatch(email):
            raise InvalidRequest(f'"{email}" is not an e-mail address')

        async def work(tx: Tx) -> None:
            known = await self._known(tx, email)
            if known is not None and known.person.enabled:
                raise Conflict(f'User "{known.person.email}" already exists')
            name = email if known is None else known.person.email
            body = await self._body(tx, name, roles, teams)
            body["properties"]["status"] = "Invited"
            await self._writer.put(tx, caller, USER, [body], Mode.CREATE if known is None else Mode.PATCH)

        await self._db.write(work)

    async def remove(self, caller: Caller, email: str) -> None:
        """Deletes the user; credentials and sessions stop counting at once.

        Raises:
            NotFound: no such user.
        """

        async def work(tx: Tx) -> None:
            record = await self._directory.person(tx, email)
            await self._writer.remove(tx, caller, USER, record.person.email, "user deleted")

        await self._db.write(work)

    async def set_password(self, caller: Caller, email: str, password: str) -> None:
        """Gives somebody a password, such as a new user without an identity provider; their sessions end.

        Raises:
            Forbidden: the caller is no Admin.
            NotFound: no such user.
            InvalidRequest: the password is too short or too long.
        """
        require_admin(caller, f'set the password of "{email}"')
        password_hash = await hash_password(password)
        now = to_millis(self._clock.now())

        async def work(tx: Tx) -> None:
            record = await self._directory.person(tx, email)
            await self._directory.set_password(tx, email, password_hash)
            document = user_document(record, caller.org_id)
            await append(tx, caller, now, [_change(record.person.email, document, "The password was set")])

        await self._db.write(work)

    async def rotate_credentials(self, caller: Caller, email: str) -> dict[str, Any]:
        """New client id and secret of a person or a service account, told once; the former stop counting.

        Raises:
            Forbidden: neither an Admin nor the user themself.
            NotFound: no such user.
        """
        if (caller.email or "").lower() != email.lower():
            require_admin(caller, f'rotate the credentials of "{email}"')
        now = to_millis(self._clock.now())

        async def work(tx: Tx) -> dict[str, Any]:
            record = await self._directory.person(tx, email)
            issued = await self._directory.issue_credentials(tx, email, now)
            document = user_document(record, caller.org_id)
            message = "The credentials were rotated"
            await append(tx, caller, now, [_change(record.person.email, document, message)])
            return {**document, **issued.document()}

        return await self._db.write(work)

    async def _body(
        self, tx: Tx, email: str, roles: Sequence[str] | None, teams: Sequence[str] | None
    ) -> dict[str, Any]:
        body: dict[str, Any] = {"identifier": email, "properties": {}}
        if roles is not None:
            schema = await self._schemas.current(tx)
            body["properties"] = properties_of(roles, {each.identifier for each in schema if not each.system})
        if teams is not None:
            body["relations"] = {"team": await self._writer.team_ids(tx, teams)}
        return body

    async def _known(self, tx: Tx, email: str) -> PersonRecord | None:
        try:
            return await self._directory.person(tx, email)
        except NotFound:
            return None


def _change(email: str, document: dict[str, Any], message: str) -> Change:
    return Change("UPDATE", "user", email, document, document, context={"user": email}, message=message)
