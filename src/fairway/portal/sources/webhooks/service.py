"""Use cases of webhook definitions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fairway.jq import Engine
from fairway.kit.clock import Clock, to_millis
from fairway.kit.crypto import SecretBox
from fairway.kit.errors import Conflict, NotFound
from fairway.kit.ids import random_id
from fairway.portal.access.decisions import require_admin
from fairway.portal.caller import Caller
from fairway.portal.sources.webhooks import documents, repository
from fairway.portal.sources.webhooks.model import Webhook
from fairway.portal.storage import Database, Tx, outbox
from fairway.portal.storage.outbox import Action, Change


class WebhookService:
    """Keeps webhooks. Whoever knows address and secret can write, so all but :meth:`summaries` is for Admins."""

    def __init__(self, db: Database, clock: Clock, box: SecretBox, engine: Engine, base_url: str) -> None:
        self._db = db
        self._clock = clock
        self._box = box
        self._engine = engine
        self._base_url = base_url

    async def all(self, caller: Caller) -> list[dict[str, Any]]:
        """All webhooks.

        Raises:
            Forbidden: the caller is no Admin.
        """
        require_admin(caller, "read webhooks")
        return [self.shown(self.opened(row)) for row in await self._db.read(repository.all_webhooks)]

    async def summaries(self) -> list[dict[str, Any]]:
        """All webhooks without mappings, addresses and secrets."""
        return [self.opened(row).summary() for row in await self._db.read(repository.all_webhooks)]

    async def read(self, caller: Caller, identifier: str) -> Webhook:
        """One webhook.

        Raises:
            Forbidden: the caller is no Admin.
            NotFound: there is none of that identifier.
        """
        require_admin(caller, "read webhooks")
        return await self._db.read(lambda tx: self._require(tx, identifier))

    async def create(self, caller: Caller, body: dict[str, Any]) -> Webhook:
        """Defines a webhook; the identifier is made up when the body has none.

        Raises:
            Forbidden: the caller is no Admin.
            InvalidRequest: the definition does not hold.
            Conflict: the identifier is taken.
        """
        require_admin(caller, "define webhooks")
        given = body.get("identifier")
        identifier = random_id("", 16) if given is None else documents.identifier(given)
        now, by = to_millis(self._clock.now()), caller.principal_id
        fresh = Webhook(
            random_id("wh_"),
            identifier,
            random_id("", 24),
            documents.document(self._engine, body),
            None,
            now,
            by,
            now,
            by,
        )
        row = _split_secret(fresh)

        async def work(tx: Tx) -> None:
            if not await repository.insert_webhook(tx, self._values(row)):
                raise Conflict(f'Webhook with identifier "{identifier}" already exists')
            await self._tell(tx, caller, "CREATE", None, row)

        await self._db.write(work)
        return row

    async def update(self, caller: Caller, identifier: str, body: dict[str, Any], *, keep: bool) -> Webhook:
        """Changes (``keep``) or replaces a webhook; key and address stay. The body may name another identifier.

        Raises:
            Forbidden: the caller is no Admin.
            InvalidRequest: the definition does not hold.
            NotFound: there is none of that identifier.
            Conflict: the new identifier is taken.
        """
        require_admin(caller, "change webhooks")
        changes = documents.document(self._engine, body)
        name = identifier if body.get("identifier") is None else documents.identifier(body["identifier"])

        async def work(tx: Tx) -> Webhook:
            before = await self._require(tx, identifier)
            if name != identifier and await repository.find(tx, identifier=name) is not None:
                raise Conflict(f'Webhook with identifier "{name}" already exists')
            base = {**before.document, "security": before.security} if keep else {}
            stamp = max(to_millis(self._clock.now()), before.updated_at)
            after = replace(before, identifier=name, document={**base, **changes}, secret=None)
            after = _split_secret(replace(after, updated_at=stamp, updated_by=caller.principal_id))
            await repository.update_webhook(tx, after.id, self._values(after))
            await self._tell(tx, caller, "UPDATE", before, after)
            return after

        return await self._db.write(work)

    async def delete(self, caller: Caller, identifier: str) -> None:
        """Removes a webhook with what it recorded; its entities stay.

        Raises:
            Forbidden: the caller is no Admin.
            NotFound: there is none of that identifier.
        """
        require_admin(caller, "delete webhooks")

        async def work(tx: Tx) -> None:
            before = await self._require(tx, identifier)
            await repository.remove(tx, before.id)
            await self._tell(tx, caller, "DELETE", before, None)

        await self._db.write(work)

    def shown(self, row: Webhook) -> dict[str, Any]:
        """As the wire shows it to Admins."""
        return row.shown(self._base_url)

    def opened(self, row: Any) -> Webhook:
        """A stored row with its secret opened."""
        secret = None if row.sealed_secret is None else self._box.open(row.sealed_secret, _place(row.id))
        return Webhook(
            row.id, row.identifier, row.webhook_key, row.document, secret,
            row.created_at, row.created_by, row.updated_at, row.updated_by,
        )  # fmt: skip

    async def _require(self, tx: Tx, identifier: str) -> Webhook:
        row = await repository.find(tx, identifier=identifier)
        if row is None:
            raise NotFound(f'Webhook with identifier "{identifier}" was not found')
        return self.opened(row)

    def _values(self, row: Webhook) -> dict[str, Any]:
        sealed = None if row.secret is None else self._box.seal(row.secret, _place(row.id))
        return {
            "id": row.id,
            "identifier": row.identifier,
            "webhook_key": row.webhook_key,
            "document": row.document,
            "sealed_secret": sealed,
            "created_at": row.created_at,
            "created_by": row.created_by,
            "updated_at": row.updated_at,
            "updated_by": row.updated_by,
        }

    async def _tell(
        self, tx: Tx, caller: Caller, action: Action, before: Webhook | None, after: Webhook | None
    ) -> None:
        subject = after or before
        assert subject is not None
        was, becomes = (None if row is None else row.shown(self._base_url, masked=True) for row in (before, after))
        context = {"webhook": subject.identifier, "webhookId": subject.identifier}
        change = Change(action, "webhook", subject.identifier, was, becomes, context=context)
        await outbox.append(tx, caller, to_millis(self._clock.now()), [change])


def _split_secret(row: Webhook) -> Webhook:
    """Moves the secret out of the document, which is stored in the clear."""
    security = row.document.get("security") or {}
    secret = security.get("secret")
    if not secret:
        return row
    bare = {key: value for key, value in security.items() if key != "secret"}
    return replace(row, document={**row.document, "security": bare}, secret=secret)


def _place(webhook_id: str) -> str:
    return f"webhook:{webhook_id}"
