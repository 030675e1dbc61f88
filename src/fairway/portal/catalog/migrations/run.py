"""Mapping the entities of one blueprint into another, page by page."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from fairway.jq import Engine, EntityMapping, evaluate_selector, expand_items
from fairway.portal.caller import Caller
from fairway.portal.catalog.entities.model import Mode, WriteOptions
from fairway.portal.catalog.entities.repository import load_by_id
from fairway.portal.catalog.entities.service import EntityService
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.catalog.tables import entity
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx

_PAGE = 100
MAX_ITEMS = 500


class MappingRun:
    """One migration in progress; its cursor is the key of the last entity handled."""

    def __init__(
        self, db: Database, schemas: SchemaCache, entities: EntityService, jq: Engine, caller: Caller, row: Any
    ) -> None:
        self._db = db
        self._schemas = schemas
        self._entities = entities
        self._jq = jq
        self._caller = caller
        self._source = row.source_blueprint
        self._document: dict[str, Any] = dict(row.document)
        self._mapping = EntityMapping(jq, self._document["mapping"]["entity"])

    async def step(self) -> tuple[dict[str, Any], bool]:
        """Handles one page; answers the document to keep and whether that was the last page."""
        cursor, documents = await self._db.read(self._page)
        if documents:
            await self._handle(documents)
        self._document["cursor"] = cursor
        return dict(self._document), len(documents) < _PAGE

    async def _page(self, tx: Tx) -> tuple[int, list[dict[str, Any]]]:
        schema = await self._schemas.current(tx)
        source = schema.require(self._source)
        after = self._document["cursor"]
        rows = await tx.rows(
            select(entity.c.id)
            .where(entity.c.blueprint_id == source.id, entity.c.id > after)
            .order_by(entity.c.id)
            .limit(_PAGE)
        )
        ids = [row.id for row in rows]
        loaded = await load_by_id(tx, {source.id: source}, ids) if ids else []
        return (ids[-1] if ids else after), [stored.document(source) for _, stored in loaded]

    async def _handle(self, documents: list[dict[str, Any]]) -> None:
        mapping = self._document["mapping"]
        if mapping.get("itemsToParse"):
            program = self._jq.compile(mapping["itemsToParse"])
            expanded = await expand_items(self._jq, program, "item", documents, MAX_ITEMS)
            documents = [item for each in expanded for item in each.items]
            self._count("failureCount", sum(each.error is not None for each in expanded))
        if mapping.get("filter"):
            verdicts = await evaluate_selector(self._jq, self._jq.compile(mapping["filter"]), documents)
            documents = [each for each, verdict in zip(documents, verdicts, strict=True) if verdict.passed]
        mapped = await self._mapping.evaluate(documents)
        bodies = [each.fields for each in mapped]
        options = WriteOptions(Mode.UPSERT_MERGE)
        outcomes = await self._entities.write(self._caller, mapping["blueprint"], bodies, options) if bodies else []
        failed = sum(outcome.error is not None for outcome in outcomes)
        self._count("successCount", len(outcomes) - failed)
        self._count("failureCount", failed)

    def _count(self, name: str, more: int) -> None:
        self._document[name] = self._document.get(name, 0) + more
