"""What a mapping would make of the raw examples that an integration has handed in (framework contract 6): nothing is
looked up or written, so relations are shown as the mapping gives them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fairway.jq import Engine, EntityMapping, JqSyntaxError, Program, evaluate_selector, expand_items
from fairway.kit.errors import InvalidRequest
from fairway.portal.access.decisions import require_admin
from fairway.portal.caller import Caller
from fairway.portal.http.requests import optional, require
from fairway.portal.sources.integrations import repository
from fairway.portal.sources.integrations.service import require_integration
from fairway.portal.storage import Database

_MAX_RESOURCES = 100
_MAX_EXAMPLES = 50
_MAX_ITEMS = 500


@dataclass(slots=True)
class _Item:
    raw: Any
    result: str = "kept"
    mapped: dict[str, Any] | None = None
    errors: list[dict[str, str]] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        return {"raw": self.raw, "result": self.result, "mapped": self.mapped, "errors": self.errors}


class MappingPreview:
    """Raw, mapped and errors for every resource of a mapping."""

    def __init__(self, db: Database, engine: Engine) -> None:
        self._db = db
        self._engine = engine

    async def preview(self, caller: Caller, identifier: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        """For the mapping of the body, or the integration's own.

        Raises:
            Forbidden: the caller is no Admin.
            NotFound: nothing is registered under that id.
            InvalidRequest: the mapping has the wrong shape, or an expression is not jq.
        """
        require_admin(caller, "preview the mappings of integrations")
        given = optional(body, "config", dict)
        found = await self._db.read(lambda tx: require_integration(tx, identifier))
        config = (found.document.get("config") or {}) if given is None else given
        rows = await self._db.read(lambda tx: repository.kinds(tx, found.id))
        examples = {row.kind: row.examples[:_MAX_EXAMPLES] for row in rows}
        resources = optional(config, "resources", list, where="config") or []
        if len(resources) > _MAX_RESOURCES:
            raise InvalidRequest(f'"resources" has {len(resources)} entries; a preview takes {_MAX_RESOURCES}')
        programs = [_Resource(self._engine, at, each) for at, each in enumerate(resources)]
        return [await each.run(examples.get(each.kind)) for each in programs]


class _Resource:
    """One entry of ``resources``, compiled."""

    def __init__(self, engine: Engine, index: int, definition: Any) -> None:
        where = f"resources[{index}]"
        if not isinstance(definition, dict):
            raise InvalidRequest(f"{where} must be an object")
        self._engine = engine
        self._index = index
        self.kind: str = require(definition, "kind", str, where=where)
        selector = optional(definition, "selector", dict, where=where) or {}
        self._query = self._program(selector, "query", f"{where}.selector")
        port = optional(definition, "port", dict, where=where) or {}
        self._items = self._program(port, "itemsToParse", f"{where}.port")
        self._name = optional(port, "itemsToParseName", str, where=f"{where}.port") or "item"
        entity = optional(port, "entity", dict, where=f"{where}.port") or {}
        self._mapping = self._entity(optional(entity, "mappings", dict, where=where) or {}, f"{where}.port.entity")

    async def run(self, examples: list[Any] | None) -> dict[str, Any]:
        """``{kind, index, examples, kept, dropped, failed, items}``."""
        items: list[_Item] = []
        documents: list[Any] = []
        for raw in examples or []:
            for item, document in await self._expanded(raw):
                items.append(item)
                documents.append(document)
        await self._select(items, documents)
        await self._map(items, documents)
        counts = {name: sum(item.result == name for item in items) for name in ("kept", "dropped", "failed")}
        return {
            "kind": self.kind,
            "index": self._index,
            "examples": len(examples or []),
            **counts,
            "items": [item.shown() for item in items],
        }

    async def _expanded(self, raw: Any) -> list[tuple[_Item, Any]]:
        if self._items is None:
            return [(_Item(raw), raw)]
        (expanded,) = await expand_items(self._engine, self._items, self._name, [raw], _MAX_ITEMS)
        if expanded.error is not None:
            error = {"field": "itemsToParse", "program": self._items.text, "message": expanded.error}
            return [(_Item(raw, "failed", errors=[error]), None)]
        return [(_Item(document.get(self._name)), document) for document in expanded.items]

    async def _select(self, items: list[_Item], documents: list[Any]) -> None:
        if self._query is None:
            return
        pairs = zip(items, documents, strict=True)
        open_items = [(item, document) for item, document in pairs if item.result == "kept"]
        selected = await evaluate_selector(self._engine, self._query, [document for _, document in open_items])
        for (item, _), verdict in zip(open_items, selected, strict=True):
            if not verdict.passed:
                item.result = "dropped" if verdict.error is None else "failed"
            if verdict.error is not None:
                item.errors.append({"field": "selector", "program": self._query.text, "message": verdict.error})

    async def _map(self, items: list[_Item], documents: list[Any]) -> None:
        kept = [(item, document) for item, document in zip(items, documents, strict=True) if item.result == "kept"]
        for (item, _), entity in zip(
            kept, await self._mapping.evaluate([document for _, document in kept]), strict=True
        ):
            item.mapped = entity.fields
            item.errors += [{"field": x.field, "program": x.program, "message": x.error} for x in entity.problems]
            missing = [name for name in ("identifier", "blueprint") if not entity.fields.get(name)]
            if missing:
                item.result = "failed"
                item.errors.append({"field": missing[0], "program": "", "message": "is empty: no entity can be made"})

    def _program(self, holder: dict[str, Any], key: str, where: str) -> Program | None:
        text = optional(holder, key, str, where=where)
        if not text:
            return None
        try:
            return self._engine.compile(text)
        except JqSyntaxError as error:
            raise InvalidRequest(f"{where}.{key}: {error.message}", details=error.details) from None

    def _entity(self, mappings: dict[str, Any], where: str) -> EntityMapping:
        try:
            return EntityMapping(self._engine, mappings)
        except JqSyntaxError as error:
            name = (error.details or {}).get("field", "")
            raise InvalidRequest(f"{where}.mappings.{name}: {error.message}", details=error.details) from None
