"""What a payload would do: run for real inside a transaction that is always undone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fairway.jq import Engine
from fairway.kit.errors import InvalidRequest
from fairway.kit.jsonio import dumps
from fairway.portal.access.decisions import require_admin
from fairway.portal.caller import Caller
from fairway.portal.catalog.entities.service import EntityService
from fairway.portal.http.requests import optional, require
from fairway.portal.sources.webhooks.apply import apply
from fairway.portal.sources.webhooks.documents import check_security, compile_mappings
from fairway.portal.sources.webhooks.intake import payload_of
from fairway.portal.sources.webhooks.mapping import Mapped
from fairway.portal.sources.webhooks.model import Payload
from fairway.portal.sources.webhooks.processing import process_body
from fairway.portal.sources.webhooks.service import WebhookService
from fairway.portal.sources.webhooks.signature import verify
from fairway.portal.storage import Database, Tx


class PreviewService:
    """Shows raw, mapped and errors of a payload. The preview goes on where a real run would stop at the signature."""

    def __init__(self, db: Database, engine: Engine, entities: EntityService, webhooks: WebhookService) -> None:
        self._db = db
        self._engine = engine
        self._entities = entities
        self._webhooks = webhooks

    async def preview(self, caller: Caller, body: dict[str, Any]) -> dict[str, Any]:
        """With the mappings of the body.

        Raises:
            Forbidden: the caller is no Admin.
            InvalidRequest: the body does not hold, or an expression is not jq.
        """
        require_admin(caller, "preview webhooks")
        mappings = require(body, "mappings", list)
        return await self._run(caller, mappings, optional(body, "security", dict) or {}, body)

    async def preview_stored(self, caller: Caller, identifier: str, body: dict[str, Any]) -> dict[str, Any]:
        """With the mappings of a webhook, or those of the body in their place.

        Raises:
            Forbidden: the caller is no Admin.
            NotFound: there is no such webhook.
            InvalidRequest: the body does not hold, or an expression is not jq.
        """
        webhook = await self._webhooks.read(caller, identifier)
        mappings = optional(body, "mappings", list)
        security = optional(body, "security", dict)
        used = webhook.mappings if mappings is None else mappings
        return await self._run(caller, used, webhook.security if security is None else security, body)

    async def _run(
        self, caller: Caller, mappings: list[Any], security: dict[str, Any], body: dict[str, Any]
    ) -> dict[str, Any]:
        check_security(self._engine, security)
        compile_mappings(self._engine, mappings)
        document, payload = _payload(require(body, "payload", dict))
        verdict = verify(security, payload.headers, payload.body)
        done = await process_body(self._engine, security, mappings, payload, document, verdict)
        mapped = await self._try(caller, done.mapped)
        return replace(done, mapped=mapped).shown(whole=True)

    async def _try(self, caller: Caller, mapped: list[Mapped]) -> list[Mapped]:
        async def work(tx: Tx) -> None:
            raise _UndoneError(await apply(tx, self._entities, caller, mapped))

        try:
            await self._db.write(work)
        except _UndoneError as undone:
            return undone.mapped
        raise AssertionError("unreachable: a preview is always undone")


class _UndoneError(Exception):
    """Ends the transaction of a preview and carries its results out."""

    def __init__(self, mapped: list[Mapped]) -> None:
        super().__init__()
        self.mapped = mapped


def _payload(given: dict[str, Any]) -> tuple[Any, Payload]:
    """The parsed body, and the payload as it would have come: ``rawBody`` if given, else the body made compact."""
    if "body" not in given:
        raise InvalidRequest('"body" is required in the payload')
    headers = optional(given, "headers", dict, where="payload") or {}
    query = optional(given, "queryParams", dict, where="payload") or {}
    raw = optional(given, "rawBody", str, where="payload")
    data = dumps(given["body"]) if raw is None else raw.encode()
    made = payload_of(((name, str(value)) for name, value in headers.items()), (), data)
    return given["body"], Payload(made.headers, query, data)
