"""From a payload to entities: one mapping of a webhook, compiled (contract 9.2, 9.3)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from fairway.jq import Engine, EntityMapping, JqSyntaxError, MappedEntity, Program, expand_items
from fairway.kit.errors import InvalidRequest
from fairway.portal.http.requests import optional, require
from fairway.portal.sources.webhooks.search_objects import as_programs, is_search

MAX_ITEMS = 500
"""Elements that ``itemsToParse`` may give."""

Operation = Literal["create", "delete"]
Result = Literal["filtered", "failed", "created", "updated", "unchanged", "deleted", "missing"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong with an item; ``field`` and ``program`` when an expression is to blame."""

    message: str
    field: str | None = None
    program: str | None = None

    def shown(self) -> dict[str, Any]:
        """As records and previews show it."""
        named = {"field": self.field, "program": self.program}
        return {**{key: value for key, value in named.items() if value is not None}, "message": self.message}


@dataclass(slots=True)
class Item:
    """One item on its way: ``result`` is set when it has arrived or been left behind."""

    raw: Any
    mapped: dict[str, Any] | None = None
    problems: list[Problem] = field(default_factory=list)
    result: Result | None = None

    def fail(self, problem: Problem) -> None:
        """Leaves the item behind."""
        self.problems.append(problem)
        self.result = "failed"


@dataclass(slots=True)
class Mapped:
    """What one mapping made of a payload."""

    mapping: CompiledMapping
    items: list[Item]
    problem: Problem | None = None
    """Why there are no items at all."""

    def copy(self) -> Mapped:
        """With items of its own."""
        copies = [replace(x, mapped=x.mapped and dict(x.mapped), problems=list(x.problems)) for x in self.items]
        return Mapped(self.mapping, copies, self.problem)


class CompiledMapping:
    """A mapping whose programs are compiled.

    Raises:
        InvalidRequest: the shape is wrong or an expression is not jq; the message begins with the place.
    """

    def __init__(self, engine: Engine, index: int, definition: Any) -> None:
        where = f"mappings[{index}]"
        if not isinstance(definition, dict):
            raise InvalidRequest(f"{where} must be an object")
        self.index = index
        self.blueprint: str = require(definition, "blueprint", str, where=where)
        self.operation, self.delete_dependents = _operation(definition.get("operation"), where)
        entity = require(definition, "entity", dict, where=where)
        require(entity, "identifier", (str, dict), where=f"{where}.entity")
        self._engine = engine
        self._filter = self._program(definition, "filter", where)
        self._items = self._program(definition, "itemsToParse", where)
        self._entity = self._compile_entity(entity, f"{where}.entity")

    async def evaluate(self, context: dict[str, Any]) -> Mapped:
        """Items with what they map to; nothing is looked up or written."""
        documents: list[Any] = [context]
        if self._items is not None:
            (expanded,) = await expand_items(self._engine, self._items, "item", [context], MAX_ITEMS)
            if expanded.error is not None:
                return await self._without_items(context, expanded.error)
            documents = expanded.items
        items = [Item(each.get("item") if self._items is not None else None) for each in documents]
        await self._select(items, documents)
        await self._map(items, documents)
        return Mapped(self, items)

    async def _without_items(self, context: dict[str, Any], error: str) -> Mapped:
        """``itemsToParse`` failed. That is no problem when the filter says that the payload is of another kind."""
        if self._filter is not None and (await self._engine.first(self._filter, context)).value is False:
            return Mapped(self, [Item(None, result="filtered")])
        return Mapped(self, [], Problem(error, "itemsToParse", self._items.text if self._items else None))

    async def _select(self, items: list[Item], documents: list[Any]) -> None:
        if self._filter is None:
            return
        results = await self._engine.first_many(self._filter, documents)
        for item, result in zip(items, results, strict=True):
            if result.value is True:
                continue
            item.result = "failed" if result.kind == "limit" else "filtered"
            if result.error is not None:
                item.problems.append(Problem(result.error, "filter", self._filter.text))

    async def _map(self, items: list[Item], documents: list[Any]) -> None:
        kept = [(item, document) for item, document in zip(items, documents, strict=True) if item.result is None]
        mapped = await self._entity.evaluate([document for _, document in kept])
        for (item, _), entity in zip(kept, mapped, strict=True):
            self._take(item, entity)

    def _take(self, item: Item, entity: MappedEntity) -> None:
        item.mapped = {"blueprint": self.blueprint, **entity.fields}
        item.problems.extend(Problem(each.error, f"entity.{each.field}", each.program) for each in entity.problems)
        if any(each.kind == "limit" for each in entity.problems):
            item.result = "failed"
            return
        identifier = entity.fields.get("identifier")
        if isinstance(identifier, int | float) and not isinstance(identifier, bool):
            item.mapped["identifier"] = identifier = str(identifier)
        if not identifier or not isinstance(identifier, str | dict):
            item.fail(Problem("The identifier is empty or no text", "entity.identifier"))

    def _program(self, definition: dict[str, Any], key: str, where: str) -> Program | None:
        text = optional(definition, key, str, where=where)
        if not text:
            return None
        try:
            return self._engine.compile(text)
        except JqSyntaxError as error:
            raise InvalidRequest(f"{where}.{key}: {error.message}", details=error.details) from None

    def _compile_entity(self, entity: dict[str, Any], where: str) -> EntityMapping:
        for key in ("properties", "relations"):
            optional(entity, key, dict, where=where)
        shape = {key: as_programs(value) if is_search(value) else value for key, value in entity.items()}
        if isinstance(entity.get("relations"), dict):
            shape["relations"] = {
                name: as_programs(value) if is_search(value) else value for name, value in entity["relations"].items()
            }
        try:
            return EntityMapping(self._engine, shape)
        except JqSyntaxError as error:
            field = (error.details or {}).get("field", "")
            raise InvalidRequest(f"{where}.{field}: {error.message}", details=error.details) from None


def _operation(value: Any, where: str) -> tuple[Operation, bool]:
    kind = value.get("type") if isinstance(value, dict) else value
    if kind not in (None, "create", "delete"):
        raise InvalidRequest(f'"operation" of {where} must be "create" or "delete", not "{str(kind)[:50]}"')
    dependents = optional(value, "deleteDependents", bool, where=where) if isinstance(value, dict) else None
    return "delete" if kind == "delete" else "create", dependents is not False
