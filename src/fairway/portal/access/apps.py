"""Organisation credentials ("apps", contract 10.3)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from sqlalchemy import delete, select, update

from fairway.kit.clock import Clock, rfc3339, to_millis
from fairway.kit.crypto import SecretBox
from fairway.kit.errors import Conflict, NotFound
from fairway.kit.ids import random_id
from fairway.portal.access.cache import CallerCache
from fairway.portal.access.credentials import issue_app, revoke_credentials, signing_secret
from fairway.portal.access.decisions import require_admin
from fairway.portal.access.keys import Keys
from fairway.portal.access.principals import insert_principal
from fairway.portal.access.tables import principal
from fairway.portal.caller import Caller
from fairway.portal.storage.database import Database
from fairway.portal.storage.outbox import Action, Change, append
from fairway.portal.storage.tx import Tx

T = TypeVar("T")


class AppService:
    """Lists, makes, renames, disables, rotates and deletes organisation credentials; Admins only."""

    def __init__(self, db: Database, clock: Clock, keys: Keys, box: SecretBox, cache: CallerCache) -> None:
        self._db = db
        self._clock = clock
        self._keys = keys
        self._box = box
        self._cache = cache

    async def signing_secret(self) -> str:
        """The secret that outgoing requests are signed with (contract 7.7, 15.11)."""
        return await self._db.read(lambda tx: signing_secret(tx, self._box))

    async def list(self, caller: Caller) -> list[dict[str, Any]]:
        """All credentials, oldest first, without secrets."""
        require_admin(caller, "list credentials")
        statement = select(principal).where(principal.c.kind == "app").order_by(principal.c.created_at, principal.c.id)
        return [_document(row) for row in await self._db.read(lambda tx: tx.rows(statement))]

    async def create(self, caller: Caller, name: str) -> dict[str, Any]:
        """New credentials; the answer alone holds the secret."""
        require_admin(caller, "create credentials")

        async def work(tx: Tx, now: int) -> dict[str, Any]:
            client_id = random_id("", 60)
            await insert_principal(tx, now, id=client_id, kind="app", name=name, roles=["Admin"])
            issued = await issue_app(tx, self._keys, self._box, client_id, now)
            document = _document(await _require(tx, client_id))
            await self._tell(tx, caller, now, "CREATE", None, document)
            return {**document, "secret": issued.client_secret}

        return await self._change(work)

    async def update(self, caller: Caller, client_id: str, name: str, enabled: bool | None) -> dict[str, Any]:
        """Renames, and disables or enables when told; disabled credentials and their tokens stop counting at once.

        Raises:
            Conflict: these are the last that are enabled.
        """
        require_admin(caller, "change credentials")

        async def work(tx: Tx, now: int) -> dict[str, Any]:
            row = await _require(tx, client_id)
            active = row.enabled if enabled is None else enabled
            if not active:
                await _keep_one(tx, client_id, "disabled")
            changed = {"name": name, "enabled": active, "status": _status(active), "updated_at": now}
            await tx.run(update(principal).where(principal.c.id == client_id).values(**changed))
            document = _document(await _require(tx, client_id))
            await self._tell(tx, caller, now, "UPDATE", _document(row), document)
            return document

        return await self._change(work)

    async def rotate(self, caller: Caller, client_id: str) -> dict[str, Any]:
        """A new secret, told once; the old one and its tokens stop counting at once."""
        require_admin(caller, "rotate credentials")

        async def work(tx: Tx, now: int) -> dict[str, Any]:
            before = _document(await _require(tx, client_id))
            issued = await issue_app(tx, self._keys, self._box, client_id, now)
            await tx.run(update(principal).where(principal.c.id == client_id).values(updated_at=now))
            document = _document(await _require(tx, client_id))
            await self._tell(tx, caller, now, "UPDATE", before, document, "The secret was rotated")
            return {**document, "secret": issued.client_secret}

        return await self._change(work)

    async def delete(self, caller: Caller, client_id: str) -> None:
        """Removes credentials.

        Raises:
            Conflict: these are the last that are enabled.
        """
        require_admin(caller, "delete credentials")

        async def work(tx: Tx, now: int) -> None:
            before = _document(await _require(tx, client_id))
            await _keep_one(tx, client_id, "deleted")
            await revoke_credentials(tx, client_id)
            await tx.run(delete(principal).where(principal.c.id == client_id))
            await self._tell(tx, caller, now, "DELETE", before, None)

        await self._change(work)

    async def _change(self, work: Callable[[Tx, int], Coroutine[Any, Any, T]]) -> T:
        now = to_millis(self._clock.now())

        async def unit(tx: Tx) -> T:
            tx.after_commit(self._cache.clear)
            return await work(tx, now)

        return await self._db.write(unit)

    async def _tell(
        self,
        tx: Tx,
        caller: Caller,
        now: int,
        action: Action,
        before: dict[str, Any] | None,
        after: dict[str, Any] | None,
        message: str | None = None,
    ) -> None:
        client_id = str((after or before or {})["id"])
        change = Change(action, "app", client_id, before, after, context={"app": client_id}, message=message)
        await append(tx, caller, now, [change])


async def _require(tx: Tx, client_id: str) -> Any:
    row = await tx.row(select(principal).where(principal.c.id == client_id, principal.c.kind == "app"))
    if row is None:
        raise NotFound(f'Credentials with id "{client_id}" were not found')
    return row


async def _keep_one(tx: Tx, client_id: str, verb: str) -> None:
    """Outgoing requests are signed with the secret of enabled credentials: one pair has to stay."""
    others = select(principal.c.id).where(
        principal.c.kind == "app", principal.c.enabled.is_(True), principal.c.id != client_id
    )
    if await tx.scalar(others.limit(1)) is None:
        raise Conflict(f'Credentials "{client_id}" are the last enabled ones and cannot be {verb}; create others first')


def _status(enabled: bool) -> str:
    return "Active" if enabled else "Disabled"


def _document(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "enabled": row.enabled,
        "createdAt": rfc3339(row.created_at),
        "updatedAt": rfc3339(row.updated_at),
    }
