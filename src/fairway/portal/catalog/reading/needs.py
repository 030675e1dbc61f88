"""What of a blueprint has to be worked out for given options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairway.portal.catalog.model import Blueprint, Relation, Schema
from fairway.portal.catalog.reading.options import ReadOptions
from fairway.portal.catalog.reading.plans import Along, Plan, plan_of


@dataclass(frozen=True, slots=True)
class Need:
    """Names of properties and relations that are worked out, a superset of those shown."""

    blueprint: Blueprint
    plan: Plan
    own: Sequence[str]
    relations: Sequence[Relation]
    mirrors: Sequence[str]
    calculations: Sequence[str]
    aggregations: Sequence[str]
    team: bool

    @property
    def followed(self) -> list[Along]:
        """Values that lie at the end of relations."""
        found = [self.plan.mirrors[name] for name in self.mirrors if name in self.plan.mirrors]
        return [*found, self.plan.team] if self.team and self.plan.team else found


def needs_of(schema: Schema, blueprint: Blueprint, options: ReadOptions, *, scored: bool) -> Need:
    """A calculation needs the whole entity except other calculations; a scorecard needs those, too."""
    mirrors, calculations, aggregations = options.computed(blueprint)
    scored = scored and options.scorecards
    full = scored or bool(calculations)
    relations = [*blueprint.relations] if full else options.keys("relations", blueprint.relations)
    return Need(
        blueprint,
        plan_of(schema, blueprint),
        [*blueprint.properties] if full else options.keys("properties", blueprint.properties),
        [blueprint.relations[name] for name in relations],
        [*blueprint.mirrors] if full else mirrors,
        [*blueprint.calculations] if scored else calculations,
        [*blueprint.aggregations] if full else aggregations,
        full or options.field("team"),
    )


def need_for_names(schema: Schema, blueprint: Blueprint, names: Sequence[str]) -> Need:
    """For calculation and aggregation properties that something else mirrors or sums up."""
    calculations = [name for name in names if name in blueprint.calculations]
    full = bool(calculations)
    return Need(
        blueprint,
        plan_of(schema, blueprint),
        [*blueprint.properties] if full else [],
        [*blueprint.relations.values()] if full else [],
        [*blueprint.mirrors] if full else [],
        calculations,
        [*blueprint.aggregations] if full else [name for name in names if name in blueprint.aggregations],
        full,
    )
