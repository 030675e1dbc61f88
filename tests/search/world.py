"""Small catalogs for search tests: a schema, entities put straight into the tables, and the same as documents."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from fairway.kit.clock import rfc3339
from fairway.kit.jsonio import dumps_text
from fairway.portal.catalog.model import Blueprint, Relation, Schema
from fairway.portal.catalog.search.bind import Reaches, Related
from fairway.portal.catalog.search.index import index_rows
from fairway.portal.catalog.tables import datasource, entity, prop_index, relation_edge
from fairway.portal.storage.tx import Tx

_numbers = itertools.count(1)


def fresh_id() -> int:
    """A surrogate key no other world of this process uses."""
    return next(_numbers)


def make_blueprint(
    identifier: str,
    properties: Mapping[str, Any],
    relations: Mapping[str, Mapping[str, Any]] | None = None,
    indexed: Sequence[str] = (),
    **document: Any,
) -> Blueprint:
    """A blueprint with the given own properties; ``indexed`` ones are searchable through the index."""
    built = {
        name: Relation(fresh_id(), name, spec["target"], spec.get("many", False), spec.get("required", False))
        for name, spec in (relations or {}).items()
    }
    return Blueprint(
        fresh_id(),
        identifier,
        {
            "identifier": identifier,
            "schema": {"properties": dict(properties)},
            "relations": relations or {},
            **document,
        },
        {},
        False,
        built,
        {name: fresh_id() for name in indexed},
        frozenset(indexed),
        0,
        "t",
        0,
        "t",
    )


@dataclass
class Item:
    """One entity of a world."""

    blueprint: str
    identifier: str
    properties: dict[str, Any] = field(default_factory=dict)
    relations: dict[str, list[str]] = field(default_factory=dict)
    team: list[str] | None = None
    title: str | None = None
    icon: str | None = None
    datasource: str = "curl/8"
    created_at: int = 1_704_067_200_000
    updated_at: int = 1_704_067_200_000
    id: int = field(default_factory=fresh_id)


@dataclass
class World:
    """A schema with entities."""

    schema: Schema
    items: list[Item]

    def __post_init__(self) -> None:
        self._by_name = {(item.blueprint, item.identifier): item for item in self.items}

    def find(self, blueprint: str, identifier: str) -> Item | None:
        """An entity by its names."""
        return self._by_name.get((blueprint, identifier))

    async def store(self, tx: Tx) -> None:
        """Puts the entities, their edges and index rows into the database."""
        sources = {}
        for value in {item.datasource for item in self.items}:
            await tx.insert_ignore(datasource, {"id": fresh_id(), "value": value})
            sources[value] = await tx.scalar(select(datasource.c.id).where(datasource.c.value == value))
        entities, edges, index = [], [], []
        for item in self.items:
            blueprint = self.schema.require(item.blueprint)
            stored = {name: value for name, value in item.properties.items() if value is not None}
            entities.append(
                (
                    item.id,
                    blueprint.id,
                    item.identifier,
                    item.title,
                    item.icon,
                    None if item.team is None else dumps_text(item.team),
                    dumps_text(stored),
                    sources[item.datasource],
                    item.created_at,
                    "t",
                    item.updated_at,
                    "t",
                )
            )
            for name, targets in item.relations.items():
                relation = blueprint.relations[name]
                for position, target in enumerate(targets):
                    found = self.find(relation.target, target)
                    assert found is not None
                    edges.append((item.id, relation.id, found.id, position))
            rows = index_rows(blueprint, stored, item.team)
            index += [(item.id, key, place, text, number) for place, (key, text, number) in enumerate(rows)]
        for table, rows in ((entity, entities), (relation_edge, edges), (prop_index, index)):
            if rows:
                await tx.insert_many(table, [column.name for column in table.columns], rows)

    def targets(self, item: Item, relation: str) -> list[Item]:
        """The entities that one relation of an entity names."""
        declared = self.schema.require(item.blueprint).relations.get(relation)
        if declared is None:
            return []
        found = (self.find(declared.target, name) for name in item.relations.get(relation, ()))
        return [each for each in found if each is not None]

    def document(self, item: Item) -> dict[str, Any]:
        """The entity as contract 3.5 shows it, assembled in the most obvious way."""
        blueprint = self.schema.require(item.blueprint)
        properties = {name: item.properties.get(name) for name in blueprint.properties}
        for name, spec in blueprint.mirrors.items():
            properties[name] = self._mirror(item, spec["path"].split("."))
        for name in blueprint.calculations:
            properties[name] = f"{item.identifier}!"
        relations: dict[str, Any] = {}
        for name, relation in blueprint.relations.items():
            targets = [{"identifier": each.identifier, "title": each.title} for each in self.targets(item, name)]
            relations[name] = targets if relation.many else (targets[0] if targets else None)
        return {
            "identifier": item.identifier,
            "title": item.title,
            "icon": item.icon,
            "blueprint": item.blueprint,
            "team": self._team(item) or [],
            "properties": properties,
            "relations": relations,
            "createdAt": rfc3339(item.created_at),
            "createdBy": "t",
            "updatedAt": rfc3339(item.updated_at),
            "updatedBy": "t",
            "$datasource": item.datasource,
        }

    def _team(self, item: Item) -> list[str] | None:
        path = self.schema.require(item.blueprint).inherited_team_path
        if path is None:
            return item.team
        found = [item]
        for step in path:
            found = [target for each in found for target in self.targets(each, step)]
        return self._team(found[0]) if found else None

    def _mirror(self, item: Item, path: list[str]) -> Any:
        found, many = [item], False
        for step in path[:-1]:
            relation = self.schema.require(found[0].blueprint).relations[step] if found else None
            many = many or bool(relation and relation.many)
            found = [target for each in found for target in self.targets(each, step)]
        values = [self._end(each, path[-1]) for each in found]
        if not many:
            return values[0] if values else None
        flat = [part for value in values for part in (value if isinstance(value, list) else [value])]
        return flat if found else None

    def _end(self, item: Item, name: str) -> Any:
        document = self.document(item)
        if name == "$team":
            return document["team"]
        return document.get(name[1:]) if name.startswith("$") else document["properties"].get(name)

    def graph(self, rule: Related | Reaches, document: Mapping[str, Any]) -> bool:
        """Positive answers about the graph, by walking it."""
        item = self.find(document["blueprint"], document["identifier"])
        assert item is not None
        if isinstance(rule, Related):
            return item.id in self._related(rule)
        return item.id in self._reaching(rule) if rule.rule.from_blueprint else self._reaches(rule, item)

    def _related(self, bound: Related) -> set[int]:
        rule = bound.rule
        given = {found.id for name in rule.identifiers if (found := self.find(rule.blueprint, name))}
        edges = [
            (item.id, target.id)
            for item in self.items
            for name, relation in self.schema.require(item.blueprint).relations.items()
            if rule.required is None or relation.required == rule.required
            for target in self.targets(item, name)
        ]
        reached: set[int] = set()
        if rule.direction != "downstream":
            reached |= _closure(given, edges)
        if rule.direction != "upstream":
            reached |= _closure(given, [(end, start) for start, end in edges])
        return reached - given

    def _walk(self, start: list[Item], bound: Reaches) -> list[Item]:
        found = start
        for hop in bound.rule.path:
            reached: dict[int, Item] = {}
            for _ in range(hop.max_hops):
                found = [target for each in found for target in self.targets(each, hop.relation)]
                reached.update({each.id: each for each in found})
            found = list(reached.values())
        return found

    def _reaches(self, bound: Reaches, item: Item) -> bool:
        return any(each.identifier in bound.identifiers for each in self._walk([item], bound))

    def _reaching(self, bound: Reaches) -> set[int]:
        start = bound.rule.from_blueprint or ""
        given = [found for name in bound.identifiers if (found := self.find(start, name))]
        return {each.id for each in self._walk(given, bound)}


def _closure(start: set[int], edges: list[tuple[int, int]]) -> set[int]:
    reached: set[int] = set()
    frontier = set(start)
    while frontier:
        frontier = {end for begin, end in edges if begin in frontier} - reached
        reached |= frontier
    return reached
