"""Whether a scorecard's results may change without a change of the entity: by time, or by other entities."""

from __future__ import annotations

from collections.abc import Iterator

from fairway.portal.catalog.model import META_PROPERTIES, Blueprint
from fairway.portal.catalog.search.rules import Group, Not, Preset, PropertyRule, RelationRule, Rule
from fairway.portal.scorecards.model import Scorecard

_BY_TIME = ("isExpired", "isNotExpired")


def is_volatile(scorecard: Scorecard, blueprint: Blueprint) -> bool:
    """Whether its results must be looked at again from time to time."""
    rules = [each.rule for each in scorecard.rules] + ([] if scorecard.filter is None else [scorecard.filter])
    return any(_leaf_is_volatile(leaf, blueprint) for rule in rules for leaf in _leaves(rule))


def _leaves(rule: Rule) -> Iterator[Rule]:
    match rule:
        case Group(_, rules):
            for inner in rules:
                yield from _leaves(inner)
        case Not(inner):
            yield from _leaves(inner)
        case _:
            yield rule


def _leaf_is_volatile(leaf: Rule, blueprint: Blueprint) -> bool:
    match leaf:
        case PropertyRule(str() as name, operator, value):
            if operator in _BY_TIME or isinstance(value, Preset):
                return True
            if name == "$team":
                return blueprint.inherited_team_path is not None
            own = name in blueprint.properties or name in blueprint.relations or name in META_PROPERTIES
            return not own
        case RelationRule(_, target, _, _):
            return target == "$title"
        case _:
            return True
