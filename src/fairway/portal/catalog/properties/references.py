"""Do the other blueprints that a blueprint speaks of exist, and lead its paths where they should?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairway.kit.errors import InvalidRequest, NotFound
from fairway.portal.catalog.model import META_PROPERTIES, Schema
from fairway.portal.catalog.properties.computed_rules import relations_of_path_filter
from fairway.portal.catalog.properties.shape import Object

_PROPERTY_MAPS = ("mirrorProperties", "calculationProperties", "aggregationProperties")


def check_references(document: Object, schema: Schema) -> None:
    """Checks targets of relations and aggregations, and every step of mirror, ownership and filter paths, in the
    schema as it will be with ``document`` in it.

    Raises:
        NotFound: a target or a step does not exist.
        InvalidRequest: a path cannot be followed the way it is used.
    """
    model = _Model(document, schema)
    for name, relation in (document.get("relations") or {}).items():
        model.blueprint(relation["target"], f"relations.{name}.target")
    for name, mirror in (document.get("mirrorProperties") or {}).items():
        _check_mirror(model, document, mirror["path"], f"mirrorProperties.{name}.path")
    for name, spec in (document.get("aggregationProperties") or {}).items():
        _check_aggregation(model, document, spec, f"aggregationProperties.{name}")
    _check_ownership(model, document)


class _Model:
    """The schema with one document replaced or added."""

    def __init__(self, document: Object, schema: Schema) -> None:
        self._document = document
        self._schema = schema

    def blueprint(self, identifier: str, where: str) -> Object:
        if identifier == self._document["identifier"]:
            return self._document
        found = self._schema.get(identifier)
        if found is None:
            raise NotFound(f'{where}: blueprint with identifier "{identifier}" was not found')
        return found.document

    def follow(self, start: Object, path: Sequence[str], where: str, *, single: bool = False) -> Object:
        """The blueprint at the end of a path of relations."""
        here = start
        for step in path:
            relation = (here.get("relations") or {}).get(step)
            if relation is None:
                raise NotFound(f'{where}: blueprint "{here["identifier"]}" has no relation "{step}": it was not found')
            if single and relation.get("many"):
                raise InvalidRequest(f'{where}: relation "{step}" of "{here["identifier"]}" is many, one is needed')
            here = self.blueprint(relation["target"], where)
        return here


def _properties(document: Object) -> Mapping[str, Any]:
    declared: Mapping[str, Any] = (document.get("schema") or {}).get("properties") or {}
    return declared


def _check_mirror(model: _Model, document: Object, path: str, where: str) -> None:
    *steps, last = path.split(".")
    target = model.follow(document, steps, where)
    known = last in META_PROPERTIES or last in _properties(target)
    if not known and not any(last in (target.get(key) or {}) for key in _PROPERTY_MAPS):
        raise NotFound(f'{where}: blueprint "{target["identifier"]}" has no property "{last}": it was not found')


def _check_aggregation(model: _Model, document: Object, spec: Object, where: str) -> None:
    target = model.blueprint(spec["target"], f"{where}.target")
    calculation = spec["calculationSpec"]
    name = calculation.get("property")
    if name is not None:
        kind = _number_source(target, name)
        if kind is None:
            raise NotFound(
                f'{where}.calculationSpec.property: blueprint "{target["identifier"]}" has no property "{name}": '
                "it was not found"
            )
        if kind != "number":
            raise InvalidRequest(f'{where}.calculationSpec.property: "{name}" must be a number property, it is {kind}')
    _check_filter(model, document, target, spec, where)


def _number_source(target: Object, name: str) -> str | None:
    """The type of what an aggregation sums up; mirrors are taken at their word."""
    spec = _properties(target).get(name) or (target.get("calculationProperties") or {}).get(name)
    if spec is not None:
        return str(spec.get("type"))
    return "number" if any(name in (target.get(key) or {}) for key in _PROPERTY_MAPS) else None


def _check_filter(model: _Model, document: Object, target: Object, spec: Object, where: str) -> None:
    filtered = relations_of_path_filter(spec)
    if filtered is None:
        return
    path, origin = filtered
    place = f"{where}.pathFilter[0].path"
    start, goal = document, target
    if origin is not None:
        if origin != target["identifier"]:
            raise InvalidRequest(
                f'{where}.pathFilter[0].fromBlueprint must be the target "{target["identifier"]}", not "{origin}"'
            )
        start, goal = target, document
    end = model.follow(start, path, place)
    if end["identifier"] != goal["identifier"]:
        raise InvalidRequest(f'{place} ends at blueprint "{end["identifier"]}", it must end at "{goal["identifier"]}"')


def _check_ownership(model: _Model, document: Object) -> None:
    ownership = document.get("ownership") or {}
    if ownership.get("type") == "Inherited":
        model.follow(document, ownership["path"].split("."), "ownership.path", single=True)
