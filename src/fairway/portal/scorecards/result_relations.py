"""The relations of ``_rule_result`` to the blueprints that have scorecards (contract 2.9)."""

from __future__ import annotations

import re
from typing import Any

from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.system import RESULT_TARGET

_NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9@_=-]")
_MAX_KEY = 90


def relation_to(results: Blueprint, target: str) -> str | None:
    """The relation of ``_rule_result`` to entities of a blueprint."""
    for name, spec in (results.document.get("relations") or {}).items():
        if spec.get("type") == RESULT_TARGET and spec.get("target") == target:
            return str(name)
    return None


def with_relation_to(results: Blueprint, target: Blueprint) -> dict[str, Any]:
    """The document of ``_rule_result`` with such a relation."""
    relations = dict(results.document.get("relations") or {})
    base = name = _NOT_IN_KEYS.sub("_", target.identifier)[:_MAX_KEY]
    number = 1
    while name in relations:
        number += 1
        name = f"{base}_{number}"
    relations[name] = {
        "title": target.title[:100], "target": target.identifier, "required": False, "many": False,
        "type": RESULT_TARGET,
    }  # fmt: skip
    return {**results.document, "relations": relations}


def without_relation_to(results: Blueprint, target: str) -> dict[str, Any] | None:
    """The document without it; none when there is no such relation."""
    name = relation_to(results, target)
    if name is None:
        return None
    relations = {key: spec for key, spec in results.document["relations"].items() if key != name}
    return {**results.document, "relations": relations}
