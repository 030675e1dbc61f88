"""What the computed properties of a blueprint come down to, worked out once per version of the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fairway.portal.catalog.model import Blueprint, Schema

MAX_STEPS = 32
"""Relations that mirrors of mirrors may follow together; mirrors that refer to each other in a circle end here."""
_CACHE_KEY = "reading.plan"

EndKind = Literal["own", "meta", "computed"]


@dataclass(frozen=True, slots=True)
class Along:
    """A value at the end of relations."""

    steps: tuple[int, ...]
    """Relation ids."""
    many: bool
    end: Blueprint
    name: str
    """The property or meta property there."""
    kind: EndKind


@dataclass(frozen=True, slots=True)
class Calculation:
    """A jq program and the type its result must have."""

    name: str
    program: str
    type: str


@dataclass(frozen=True, slots=True)
class Aggregation:
    """A number over related entities of ``target``."""

    name: str
    target: Blueprint
    func: str
    property: str | None
    average_of: str | None
    measure_time_by: str
    query: dict[str, Any] | None
    path: tuple[int, ...] | None
    """Relations between here and there; ``None`` means related in any way."""
    from_target: bool
    """``path`` starts at the target and ends here."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The computed side of a blueprint. A mirror or aggregation that leads nowhere is absent: its value is null."""

    mirrors: dict[str, Along]
    team: Along | None
    """Where an inherited team comes from."""
    calculations: dict[str, Calculation]
    aggregations: dict[str, Aggregation]


def plan_of(schema: Schema, blueprint: Blueprint) -> Plan:
    """The plan of a blueprint of this snapshot."""
    found: Plan | None = blueprint.cache.get(_CACHE_KEY)
    if found is None:
        found = blueprint.cache[_CACHE_KEY] = _plan(schema, blueprint)
    return found


def _plan(schema: Schema, blueprint: Blueprint) -> Plan:
    mirrors = {name: _mirror(schema, blueprint, str(spec["path"]), 0) for name, spec in blueprint.mirrors.items()}
    path = blueprint.inherited_team_path
    aggregations = {name: _aggregation(schema, blueprint, name) for name in blueprint.aggregations}
    return Plan(
        {name: found for name, found in mirrors.items() if found},
        _along(schema, blueprint, path, "$team", 0) if path else None,
        {
            name: Calculation(name, str(spec["calculation"]), str(spec["type"]))
            for name, spec in blueprint.calculations.items()
        },
        {name: found for name, found in aggregations.items() if found},
    )


def _mirror(schema: Schema, start: Blueprint, path: str, above: int) -> Along | None:
    *steps, end = path.split(".")
    return _along(schema, start, steps, end, above)


def _along(schema: Schema, start: Blueprint, path: Sequence[str], end: str, above: int) -> Along | None:
    """Follows a path; a mirror (or inherited team) at its end is followed on."""
    walked = walk(schema, start, path)
    if walked is None or not path or above + len(path) > MAX_STEPS:
        return None
    steps, many, target = walked
    further = _further(schema, target, end, above + len(path))
    if further is not None:
        return Along((*steps, *further.steps), many or further.many, further.end, further.name, further.kind)
    kind = _end_kind(target, end)
    return None if kind is None else Along(steps, many, target, end, kind)


def _further(schema: Schema, blueprint: Blueprint, name: str, above: int) -> Along | None:
    if name == "$team" and blueprint.inherited_team_path:
        return _along(schema, blueprint, blueprint.inherited_team_path, "$team", above)
    if name in blueprint.mirrors and name not in blueprint.properties:
        return _mirror(schema, blueprint, str(blueprint.mirrors[name]["path"]), above)
    return None


def _end_kind(blueprint: Blueprint, name: str) -> EndKind | None:
    if name.startswith("$"):
        return None if name == "$team" and blueprint.inherited_team_path else "meta"
    if name in blueprint.properties:
        return "own"
    return "computed" if name in blueprint.calculations or name in blueprint.aggregations else None


def walk(schema: Schema, start: Blueprint, path: Sequence[str]) -> tuple[tuple[int, ...], bool, Blueprint] | None:
    """Relation ids of a path, whether one of them is many, and the blueprint at the end."""
    steps: list[int] = []
    many, here = False, start
    for name in path:
        relation = here.relations.get(name)
        target = None if relation is None else schema.get(relation.target)
        if relation is None or target is None:
            return None
        steps.append(relation.id)
        many, here = many or relation.many, target
    return tuple(steps), many, here


def _aggregation(schema: Schema, blueprint: Blueprint, name: str) -> Aggregation | None:
    spec = blueprint.aggregations[name]
    target = schema.get(str(spec["target"]))
    if target is None:
        return None
    path, from_target = None, False
    filters = spec.get("pathFilter") or []
    if filters:
        from_target = filters[0].get("fromBlueprint") is not None
        walked = walk(schema, target if from_target else blueprint, filters[0]["path"])
        if walked is None or walked[2] is not (blueprint if from_target else target):
            return None
        path = walked[0]
    calculation = spec["calculationSpec"]
    return Aggregation(
        name, target, calculation["func"], calculation.get("property"), calculation.get("averageOf"),
        calculation.get("measureTimeBy") or "$createdAt", spec.get("query"), path, from_target,
    )  # fmt: skip
