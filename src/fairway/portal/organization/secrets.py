"""Organisation secrets: sealed at rest, rendered into templates, never shown (contract 10.4)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from fairway.kit.clock import Clock, rfc3339, to_millis
from fairway.kit.crypto import SecretBox
from fairway.kit.errors import Conflict, InvalidRequest, NotFound
from fairway.portal.access.decisions import require_admin
from fairway.portal.caller import Caller
from fairway.portal.http.requests import optional, require
from fairway.portal.organization import repository
from fairway.portal.organization.repository import SecretRow
from fairway.portal.storage import Database, Tx, outbox
from fairway.portal.storage.outbox import Action, Change

_NAME = re.compile(r"^[A-Za-z0-9_-]{1,100}$")
_MAX_DESCRIPTION = 200
_MAX_VALUE = 65_536


class SecretsService:
    """Keeps secrets. Their values come out of :meth:`values` alone, which no endpoint calls."""

    def __init__(self, db: Database, clock: Clock, box: SecretBox) -> None:
        self._db = db
        self._clock = clock
        self._box = box

    async def values(self, tx: Tx) -> dict[str, str]:
        """All values by name, for templates that run inside the portal."""
        return {row.name: self._box.open(row.sealed, _place(row.name)) for row in await repository.secrets(tx)}

    async def all(self) -> list[dict[str, Any]]:
        """All secrets without their values."""
        return [_shown(row) for row in await self._db.read(repository.secrets)]

    async def read(self, name: str) -> dict[str, Any]:
        """One secret without its value.

        Raises:
            NotFound: there is none of that name.
        """
        return _shown(await self._db.read(lambda tx: _require(tx, name)))

    async def create(self, caller: Caller, body: dict[str, Any]) -> dict[str, Any]:
        """Stores a new secret.

        Raises:
            Forbidden: the caller is no Admin.
            InvalidRequest: the name or the value is missing or malformed.
            Conflict: the name is taken.
        """
        require_admin(caller, "create secrets")
        name = require(body, "secretName", str)
        if not _NAME.match(name):
            raise InvalidRequest(f'Secret name "{name[:120]}" must be 1 to 100 letters, digits, "-" or "_"')
        now = to_millis(self._clock.now())
        value = _value(require(body, "secretValue", str))
        row = SecretRow(name, self._box.seal(value, _place(name)), _description(body), now, now)

        async def work(tx: Tx) -> None:
            if not await repository.insert_secret(tx, row):
                raise Conflict(f'Secret with name "{name}" already exists')
            await _record(tx, caller, now, "CREATE", name, None, row)

        await self._db.write(work)
        return _shown(row)

    async def update(self, caller: Caller, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """Changes value, description, or both; an empty description clears it.

        Raises:
            Forbidden: the caller is no Admin.
            InvalidRequest: a key is malformed.
            NotFound: there is none of that name.
        """
        require_admin(caller, "change secrets")
        value = optional(body, "secretValue", str)
        sealed = None if value is None else self._box.seal(_value(value), _place(name))
        now = to_millis(self._clock.now())

        async def work(tx: Tx) -> SecretRow:
            before = await _require(tx, name)
            description = _description(body) if "description" in body else before.description
            after = replace(before, sealed=sealed or before.sealed, description=description, updated_at=now)
            await repository.update_secret(tx, after)
            await _record(tx, caller, now, "UPDATE", name, before, after)
            return after

        return _shown(await self._db.write(work))

    async def delete(self, caller: Caller, name: str) -> None:
        """Removes a secret.

        Raises:
            Forbidden: the caller is no Admin.
            NotFound: there is none of that name.
        """
        require_admin(caller, "delete secrets")

        async def work(tx: Tx) -> None:
            before = await _require(tx, name)
            await repository.delete_secret(tx, name)
            await _record(tx, caller, to_millis(self._clock.now()), "DELETE", name, before, None)

        await self._db.write(work)


async def _require(tx: Tx, name: str) -> SecretRow:
    row = await repository.secret_or_none(tx, name)
    if row is None:
        raise NotFound(f'Secret with name "{name}" was not found')
    return row


async def _record(
    tx: Tx, caller: Caller, now: int, action: Action, name: str, before: SecretRow | None, after: SecretRow | None
) -> None:
    was, becomes = (None if row is None else _shown(row) for row in (before, after))
    await outbox.append(tx, caller, now, [Change(action, "secret", name, was, becomes, context={"secret": name})])


def _shown(row: SecretRow) -> dict[str, Any]:
    described = {} if row.description is None else {"description": row.description}
    stamps = {"createdAt": rfc3339(row.created_at), "updatedAt": rfc3339(row.updated_at)}
    return {"secretName": row.name, **described, **stamps}


def _place(name: str) -> str:
    return f"secret:{name}"


def _value(text: str) -> str:
    if len(text) > _MAX_VALUE:
        raise InvalidRequest(f'"secretValue" has {len(text)} characters; at most {_MAX_VALUE} are kept')
    return text


def _description(body: dict[str, Any]) -> str | None:
    text: str | None = optional(body, "description", str)
    if text is not None and len(text) > _MAX_DESCRIPTION:
        raise InvalidRequest(f'"description" has {len(text)} characters; at most {_MAX_DESCRIPTION} are allowed')
    return text or None
