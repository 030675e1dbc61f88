"""Does a definition fit its blueprint? Sections 2.7 and 2.9 of the contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

import jsonschema_rs

from fairway.gitops.catalog import BlueprintShape
from fairway.gitops.diagnostics import Diagnostic, Severity
from fairway.gitops.model import Definition, Mark
from fairway.gitops.spec.draft import Path, value_mark
from fairway.gitops.spec.links import TEAM
from fairway.gitops.spec.misfits import misfit
from fairway.gitops.spec.problems import Problem
from fairway.gitops.spec.schemas import compile_property
from fairway.gitops.spec.shapes import META
from fairway.gitops.spec.wording import did_you_mean, listed, quoted

_REPORTED = 10
"""Findings told of one property."""
_META = (
    "$identifier",
    "$title",
    "$team",
    "$icon",
    "$blueprint",
    "$createdAt",
    "$createdBy",
    "$updatedAt",
    "$updatedBy",
)

Shapes = Mapping[str, BlueprintShape]


def validate(
    definition: Definition,
    shape: BlueprintShape | None,
    path: str,
    *,
    exists: bool | None,
    shapes: Shapes | None = None,
) -> list[Diagnostic]:
    """What keeps a definition of the file ``path`` from being applied; empty when nothing does.

    Args:
        shape: of the definition's blueprint; None: there is no such blueprint.
        exists: whether the catalog has the entity, so that what is required may be there already. None: unknown;
            then what is missing is a notice.
        shapes: all blueprints, for names that are nearly right and for what searches look at.
    """
    if shape is None:
        problems = [_no_blueprint(definition, shapes or {})]
    else:
        problems = [*_properties(definition, shape), *_relations(definition, shape, shapes or {})]
        problems.extend(_required(definition, shape, exists=exists))
        if isinstance(definition.team, dict) and shapes and TEAM in shapes:
            problems.extend(_search(definition, definition.team, shapes[TEAM], ("team",)))
    return sorted((problem.at(path, definition.key) for problem in problems), key=lambda found: found.mark)


def _no_blueprint(definition: Definition, shapes: Shapes) -> Problem:
    name = definition.key.blueprint
    near = did_you_mean(name, shapes)
    few = f"There are {listed(sorted(shapes), most=20)}" if shapes and not near else None
    message = f"There is no blueprint {quoted(name)}{near}"
    return Problem("E_BLUEPRINT_UNKNOWN", message, value_mark(definition.marks, ("blueprint",)), few)


def _properties(definition: Definition, shape: BlueprintShape) -> Iterator[Problem]:
    for name, value in definition.properties.items():
        path = ("properties", name)
        declared = shape.properties.get(name)
        if declared is None:
            yield _unknown_property(name, shape, definition.marks[path])
        elif value is None:
            if name in shape.required:
                message = (
                    f"Property {quoted(name)} is required by blueprint {quoted(shape.identifier)} and cannot be null"
                )
                yield Problem("E_REQUIRED", message, value_mark(definition.marks, path))
        else:
            yield from _misfits(definition, name, value, declared)


def _misfits(definition: Definition, name: str, value: Any, declared: Mapping[str, Any]) -> Iterator[Problem]:
    validator = _validator(_Declared(declared))
    if validator is None or validator.is_valid(value):
        return
    for error in islice(validator.iter_errors(value), _REPORTED):
        code, message = misfit(name, declared, error)
        inner = tuple(str(part) for part in error.instance_path)
        yield Problem(code, message, value_mark(definition.marks, ("properties", name, *inner)))


def _unknown_property(name: str, shape: BlueprintShape, mark: Mark) -> Problem:
    message = f"Blueprint {quoted(shape.identifier)} has no property {quoted(name)}"
    hint = None
    if name in shape.relations:
        hint = f'{quoted(name)} is a relation: put it under "relations"'
    elif name in shape.searchable:
        hint = f"{quoted(name)} is computed by the catalog and cannot be written"
    return Problem("E_PROPERTY_UNKNOWN", message + did_you_mean(name, shape.properties), mark, hint)


def _relations(definition: Definition, shape: BlueprintShape, shapes: Shapes) -> Iterator[Problem]:
    for name, value in definition.relations.items():
        path = ("relations", name)
        relation = shape.relations.get(name)
        if relation is None:
            hint = f'{quoted(name)} is a property: put it under "properties"' if name in shape.properties else None
            message = f"Blueprint {quoted(shape.identifier)} has no relation {quoted(name)}"
            message += did_you_mean(name, shape.relations)
            yield Problem("E_RELATION_UNKNOWN", message, definition.marks[path], hint)
        elif isinstance(value, list) and not relation.many and len(value) != 1:
            message = f"Relation {quoted(name)} holds one entity, but {len(value)} are listed"
            hint = "Write null to clear it" if not value else "Keep one, or let the blueprint's relation be to many"
            yield Problem("E_RELATION_ARITY", message, value_mark(definition.marks, path), hint)
        elif value is None and relation.required:
            message = f"Relation {quoted(name)} is required by blueprint {quoted(shape.identifier)} and cannot be null"
            yield Problem("E_REQUIRED", message, value_mark(definition.marks, path))
        elif isinstance(value, dict) and relation.target in shapes:
            yield from _search(definition, value, shapes[relation.target], path)


def _search(definition: Definition, group: Mapping[str, Any], target: BlueprintShape, path: Path) -> Iterator[Problem]:
    """Properties of searches must be there, and must not be computed from others."""
    for number, rule in enumerate(group.get("rules") or ()):
        place = (*path, "rules", str(number))
        if "rules" in rule:
            yield from _search(definition, rule, target, place)
            continue
        name = rule.get("property", "")
        if name in target.properties or name in target.searchable or name in META:
            continue
        known = {*target.properties, *target.searchable, *META}
        message = f"Entities of blueprint {quoted(target.identifier)} cannot be searched by {quoted(name)}"
        hint = "Properties, mirror properties, $identifier and $title can be searched; calculations cannot"
        mark = value_mark(definition.marks, (*place, "property"))
        yield Problem("E_SEARCH_RULE", message + did_you_mean(name, known), mark, hint)


def _required(definition: Definition, shape: BlueprintShape, *, exists: bool | None) -> Iterator[Problem]:
    if exists:
        return
    relations = {name for name, relation in shape.relations.items() if relation.required}
    groups = (("property", "properties", shape.required, definition.properties),
              ("relation", "relations", relations, definition.relations))  # fmt: skip
    for one, several, names, given in groups:
        missing = sorted(names - given.keys())
        if missing:
            word = f"{one} {listed(missing)} is" if len(missing) == 1 else f"{several} {listed(missing)} are"
            unless = ", unless the entity exists already" if exists is None else ""
            message = f"The {word} required by blueprint {quoted(shape.identifier)} and missing{unless}"
            mark = definition.marks.get((several,), definition.mark)
            yield Problem("E_REQUIRED", message, mark, severity=Severity.NOTICE if exists is None else None)


class _Declared:
    """A declaration as a key of the cache: by identity, and kept alive by it."""

    __slots__ = ("spec",)

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.spec = spec

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Declared) and other.spec is self.spec

    def __hash__(self) -> int:
        return id(self.spec)


@lru_cache(maxsize=2048)
def _validator(declared: _Declared) -> jsonschema_rs.Draft7Validator | None:
    return compile_property(declared.spec)
