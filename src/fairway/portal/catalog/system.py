"""System blueprints: they exist in every organisation and the portal keeps their core (contract 2.9)."""

from __future__ import annotations

import copy
from typing import Any

from fairway.portal.catalog.model import Blueprint, Relation

_ROLES = ["Admin", "Moderator", "Member"]
_STATUSES = ["Staged", "Invited", "Active", "Disabled"]


def _string(title: str, **more: Any) -> dict[str, Any]:
    return {"title": title, "type": "string", **more}


def _percentage(passed: str, tested: str) -> str:
    return (
        f'if (.properties."{tested}" // 0) == 0 then 0 else (.properties."{passed}" / .properties."{tested}" * 100) end'
    )


def _count(
    title: str, target: str, query: dict[str, Any] | None = None, path: list[str] | None = None
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "title": title,
        "type": "number",
        "target": target,
        "calculationSpec": {"func": "count", "calculationBy": "entities"},
    }
    if query:
        found["query"] = query
    if path:
        found["pathFilter"] = [{"path": path, "fromBlueprint": target}]
    return found


_PASSED = {"combinator": "and", "rules": [{"property": "result", "operator": "=", "value": "Passed"}]}

_USER: dict[str, Any] = {
    "identifier": "_user",
    "title": "User",
    "icon": "User",
    "schema": {
        "properties": {
            "port_role": _string("Role", enum=_ROLES, default="Member"),
            "port_type": _string("Type", enum=["Standard", "Service Account"], default="Standard"),
            "status": _string("Status"),
            "moderated_blueprints": {"title": "Moderated blueprints", "type": "array", "items": {"type": "string"}},
        },
        "required": [],
    },
    "relations": {"team": {"title": "Teams", "target": "_team", "required": False, "many": True}},
    "mirrorProperties": {},
    "calculationProperties": {},
    "aggregationProperties": {},
}
_TEAM: dict[str, Any] = {
    "identifier": "_team",
    "title": "Team",
    "icon": "Team",
    "schema": {"properties": {"description": _string("Description")}, "required": []},
    "relations": {},
    "mirrorProperties": {},
    "calculationProperties": {},
    "aggregationProperties": {"size": _count("Size", "_user", path=["team"])},
}
_SCORECARD: dict[str, Any] = {
    "identifier": "_scorecard",
    "title": "Scorecard",
    "icon": "Scorecards",
    "schema": {
        "properties": {
            "blueprint": _string("Blueprint", format="blueprints"),
            "filter": {"title": "Filter", "type": "object"},
            "levels": {"title": "Levels", "type": "array", "items": {"type": "object"}},
        },
        "required": [],
    },
    "relations": {},
    "mirrorProperties": {},
    "calculationProperties": {
        "of_rules_passed": {
            "title": "% of rules passed",
            "type": "number",
            "calculation": _percentage("rules_passed", "rules_tested"),
        }
    },
    "aggregationProperties": {
        "rules_tested": _count("Rules tested", "_rule_result", path=["rule", "scorecard"]),
        "rules_passed": _count("Rules passed", "_rule_result", _PASSED, ["rule", "scorecard"]),
    },
}
_RULE: dict[str, Any] = {
    "identifier": "_rule",
    "title": "Rule",
    "icon": "Scorecards",
    "schema": {
        "properties": {
            "level": _string("Level"),
            "query": {"title": "Query", "type": "object"},
            "rule_description": _string("Rule description"),
        },
        "required": [],
    },
    "relations": {"scorecard": {"title": "Scorecard", "target": "_scorecard", "required": False, "many": False}},
    "mirrorProperties": {},
    "calculationProperties": {
        "of_entities_passed": {
            "title": "% of entities passed",
            "type": "number",
            "calculation": _percentage("entities_passed", "entities_tested"),
        }
    },
    "aggregationProperties": {
        "entities_tested": _count("Entities tested", "_rule_result", path=["rule"]),
        "entities_passed": _count("Entities passed", "_rule_result", _PASSED, ["rule"]),
    },
}
_RULE_RESULT: dict[str, Any] = {
    "identifier": "_rule_result",
    "title": "Rule result",
    "icon": "Scorecards",
    "schema": {
        "properties": {
            "entity": _string("Entity"),
            "result": _string("Result", enum=["Passed", "Not passed"]),
            "result_last_change": _string("Result last change", format="date-time"),
        },
        "required": [],
    },
    "relations": {"rule": {"title": "Rule", "target": "_rule", "required": False, "many": False}},
    "mirrorProperties": {
        "blueprint": {"title": "Blueprint", "path": "rule.scorecard.blueprint"},
        "level": {"title": "Level", "path": "rule.level"},
        "scorecard": {"title": "Scorecard", "path": "rule.scorecard.$title"},
    },
    "calculationProperties": {
        "entity_link": {
            "title": "Entity link",
            "type": "string",
            "format": "url",
            "calculation": '"/" + (.properties.blueprint // "") + "Entity?identifier=" + (.properties.entity // "")',
        }
    },
    "aggregationProperties": {},
}

ORDER = ("_team", "_user", "_scorecard", "_rule", "_rule_result")
"""Creation order: a relation's target exists before it."""

RESULT_TARGET = "rule_result_target"
_STRUCTURES = {each["identifier"]: each for each in (_USER, _TEAM, _SCORECARD, _RULE, _RULE_RESULT)}
_MAPS = ("relations", "mirrorProperties", "calculationProperties", "aggregationProperties")
_FIXED_OWNERSHIP = ("_user", "_rule_result")


def structure(identifier: str) -> dict[str, Any] | None:
    """The pristine definition of a system blueprint, or none."""
    found = _STRUCTURES.get(identifier)
    return copy.deepcopy(found) if found else None


def managed_properties(identifier: str) -> frozenset[str]:
    """Properties that the portal itself maintains."""
    found = _STRUCTURES.get(identifier)
    return frozenset(found["schema"]["properties"]) if found else frozenset()


def is_result_target(owner: Blueprint, relation: Relation) -> bool:
    """Whether the relation leads from results of scorecards to what they are about: it goes with its target."""
    spec = (owner.document.get("relations") or {}).get(relation.identifier) or {}
    return spec.get("type") == RESULT_TARGET


def with_core(identifier: str, document: dict[str, Any], current: dict[str, Any]) -> dict[str, Any]:
    """A user's version of a system blueprint with the managed core put back: additions stay, the core wins."""
    core = _STRUCTURES[identifier]
    kept = {**document, "identifier": identifier}
    schema = kept.get("schema") or {}
    kept["schema"] = {**schema, "properties": {**(schema.get("properties") or {}), **core["schema"]["properties"]}}
    for name in _MAPS:
        kept[name] = {**(kept.get(name) or {}), **core[name]}
    for name, spec in (current.get("relations") or {}).items():
        if spec.get("type") == RESULT_TARGET:
            kept["relations"].setdefault(name, spec)
    if identifier in _FIXED_OWNERSHIP:
        kept.pop("ownership", None)
    return kept
