"""Putting documents together (contract 3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairway.kit.clock import rfc3339
from fairway.portal.catalog.model import Blueprint, Relation
from fairway.portal.catalog.reading.follow import EndValues
from fairway.portal.catalog.reading.needs import Need
from fairway.portal.catalog.reading.options import ReadOptions
from fairway.portal.catalog.reading.rows import Edges, EntityRow

Document = dict[str, Any]


class Assembler:
    """Builds the documents of one blueprint on a page."""

    def __init__(
        self, need: Need, edges: Edges, values: EndValues, aggregated: Mapping[str, Mapping[int, Any]]
    ) -> None:
        self._need = need
        self._edges = edges
        self._values = values
        self._aggregated = aggregated

    def whole(self, row: EntityRow) -> Document:
        """Everything that is needed of an entity, except calculations."""
        return {
            "identifier": row.identifier,
            "title": row.title,
            "blueprint": self._need.blueprint.identifier,
            "icon": row.icon,
            "team": self._team(row),
            "properties": self._properties(row),
            "relations": {relation.identifier: self.relation(row, relation) for relation in self._need.relations},
            "createdAt": rfc3339(row.created_at),
            "createdBy": row.created_by,
            "updatedAt": rfc3339(row.updated_at),
            "updatedBy": row.updated_by,
        }

    def relation(self, row: EntityRow, relation: Relation, *, with_title: bool = False) -> Any:
        """A relation's value: identifiers, or objects with the title beside."""
        targets = self._edges.of(relation.id, row.id)
        if with_title:
            values: list[Any] = [{"identifier": each.identifier, "title": each.title} for each in targets]
        else:
            values = [each.identifier for each in targets]
        if relation.many:
            return values
        return values[0] if values else None

    def title_mirrors(self, row: EntityRow) -> Document:
        """Mirrors of ``$title`` as objects with the identifier beside."""
        return {
            name: self._values.value(self._edges, path, row.id, with_identifier=True)
            for name, path in self._need.plan.mirrors.items()
            if path.name == "$title" and name in self._need.mirrors
        }

    def _team(self, row: EntityRow) -> list[Any]:
        path = self._need.plan.team
        if path is None:
            return row.team
        return (self._values.value(self._edges, path, row.id) or []) if self._need.team else []

    def _properties(self, row: EntityRow) -> Document:
        stored = row.properties
        found: Document = {name: stored.get(name) for name in self._need.own}
        mirrors = self._need.plan.mirrors
        for name in self._need.mirrors:
            path = mirrors.get(name)
            found[name] = None if path is None else self._values.value(self._edges, path, row.id)
        for name in self._need.aggregations:
            found[name] = self._aggregated.get(name, {}).get(row.id)
        return found


def with_nulls(blueprint: Blueprint, own: Document) -> Document:
    """A document of own values with null for every property that is not set and everything computed."""
    names = (*blueprint.properties, *blueprint.mirrors, *blueprint.aggregations, *blueprint.calculations)
    return {**own, "properties": {**dict.fromkeys(names), **own.get("properties", {})}}


class View:
    """Cuts whole documents down to what options show."""

    def __init__(self, need: Need, options: ReadOptions) -> None:
        blueprint = need.blueprint
        computed = [name for names in options.computed(blueprint) for name in names]
        self._options = options
        self._fields = [name for name in _FIELDS if name == "identifier" or options.field(name)]
        self._properties = [*options.keys("properties", blueprint.properties), *computed]
        self._relations = options.keys("relations", blueprint.relations)
        self._need = need
        attached = options.attach_title_to_relation or options.attach_identifier_to_title_mirror_properties
        self._everything = options.include is None and not options.exclude and not attached

    def show(self, whole: Document, row: EntityRow, assembler: Assembler) -> Document:
        """The document as answered; scorecards are added by whoever has them."""
        if self._everything:
            return whole
        found = {name: whole[name] for name in self._fields}
        if "properties" in found:
            found["properties"] = self._shown_properties(whole["properties"], row, assembler)
        if "relations" in found:
            with_title = self._options.attach_title_to_relation
            relations = self._need.blueprint.relations
            found["relations"] = {
                name: assembler.relation(row, relations[name], with_title=True)
                if with_title
                else whole["relations"][name]
                for name in self._relations
            }
        return found

    def _shown_properties(self, properties: Document, row: EntityRow, assembler: Assembler) -> Document:
        if self._options.attach_identifier_to_title_mirror_properties:
            properties = {**properties, **assembler.title_mirrors(row)}
        return {name: properties[name] for name in self._properties}


_FIELDS = (
    "identifier", "title", "blueprint", "icon", "team", "properties", "relations",
    "createdAt", "createdBy", "updatedAt", "updatedBy",
)  # fmt: skip
