"""Mapping the entities of one blueprint into another, page by page."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from fairway.jq import Engine, EntityMapping, evaluate_selector, expand_items
from fairway.portal.caller import Caller
from fairway.portal.catalog.entities.model import Mode, WriteOptions
from fairway.portal.catalog.entities.service import EntityService
from fairway.portal.catalog.reading.reader import EntityReader
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.catalog.tables import entity
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx

_PAGE = 100
MAX_ITEMS = 500


class MappingRun:
    """One migration in progress; its cursor is the key of the last entity handled."""

    def __init__(
        self,
        db: Database,
        schemas: SchemaCache,
        entities: EntityService,
        reader: EntityReader,
        jq: Engine,
        caller: Caller,
        row: Any,
    ) -> None:
        self._db = db
        self._reader = reader
        self._schemas = schemas
        self._entities = entities
        self._jq = jq
        self._caller = caller
        self._source = row.source_blueprint
        self._document: dict[str, Any] = dict(row.document)
        self._mapping = EntityMapping(jq, self._document["mapping"]["entity"])

    async def step(self) -> tuple[dict[str, Any], bool]:
        """Handles one page; answers the document to keep and whether that was the last page."""
        ids = await self._db.read(self._page)
        if ids:
            await self._handle(await self._reader.documents(ids))
            self._document["cursor"] = ids[-1]
        return dict(self._document), len(ids) < _PAGE

    async def _page(self, tx: Tx) -> list[int]:
        source = (await self._schemas.current(tx)).require(self._source)
        statement = (
            select(entity.c.id)
            .where(entity.c.blueprint_id == source.id, entity.c.id > self._document["cursor"])
            .order_by(entity.c.id)
            .limit(_PAGE)
        )
        return [row.id for row in await tx.rows(statement)]

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
