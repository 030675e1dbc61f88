"""Entities of events as full read entities, as they were at the time of the event (contract 6.5).

Own values are those of the event, however often the entity was written since. Computed ones are kept nowhere: mirrors
and aggregations are those of now, as long as the relation that they follow is the same, and calculations are worked out
on what the document holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from fairway.jq import Engine, JqSyntaxError
from fairway.portal.catalog.entities.lookup import find_keys
from fairway.portal.catalog.model import Blueprint, Schema
from fairway.portal.catalog.reading.documents import with_nulls
from fairway.portal.catalog.reading.reader import EntityReader
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.storage import Database, Tx

Document = dict[str, Any]
Wanted = Sequence[tuple[str, Document]]
"""Blueprint identifier and own values of each."""
_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,), "boolean": (bool,), "object": (dict,), "array": (list,), "number": (int, float),
}  # fmt: skip


class EventDocuments:
    """Completes stored documents."""

    def __init__(self, db: Database, schemas: SchemaCache, reader: EntityReader, jq: Engine) -> None:
        self._db = db
        self._schemas = schemas
        self._reader = reader
        self._jq = jq

    async def completed(self, wanted: Wanted) -> list[Document]:
        """Each document in the shape of contract 3.5, in order."""
        schema, ids = await self._db.read(lambda tx: self._ids(tx, wanted))
        present = {(each["blueprint"], each["identifier"]): each for each in await self._reader.documents(ids)}
        found = []
        for name, own in wanted:
            blueprint = schema.get(name)
            now = present.get((name, own.get("identifier")))
            found.append(own if blueprint is None else await self._completed(blueprint, own, now))
        return found

    async def _ids(self, tx: Tx, wanted: Wanted) -> tuple[Schema, list[int]]:
        schema = await self._schemas.current(tx)
        names: dict[str, set[str]] = defaultdict(set)
        for name, own in wanted:
            if schema.get(name) is not None:
                names[name].add(str(own["identifier"]))
        ids: list[int] = []
        for name, identifiers in names.items():
            ids += (await find_keys(tx, schema.require(name).id, sorted(identifiers))).values()
        return schema, ids

    async def _completed(self, blueprint: Blueprint, own: Document, now: Document | None) -> Document:
        whole = with_nulls(blueprint, own)
        whole["scorecards"] = {} if now is None else now["scorecards"]
        if now is None:
            return {**whole, "properties": await self._calculated(blueprint, whole)}
        properties = whole["properties"]
        for name in blueprint.aggregations:
            properties[name] = now["properties"].get(name)
        for name, spec in blueprint.mirrors.items():
            relation = str(spec["path"]).split(".")[0]
            if own["relations"].get(relation) == now["relations"].get(relation):
                properties[name] = now["properties"].get(name)
        return {**whole, "properties": await self._calculated(blueprint, whole)}

    async def _calculated(self, blueprint: Blueprint, whole: Document) -> Document:
        properties = dict(whole["properties"])
        for name, spec in blueprint.calculations.items():
            try:
                program = self._jq.compile(str(spec["calculation"]))
            except JqSyntaxError:
                continue
            result = await self._jq.first(program, whole)
            properties[name] = None if result.failed else _of_type(result.value, spec)
        return properties


def _of_type(value: Any, spec: Mapping[str, Any]) -> Any:
    fits = isinstance(value, _KINDS.get(str(spec.get("type")), (object,))) and (
        not isinstance(value, bool) or spec.get("type") == "boolean"
    )
    return value if fits else None
