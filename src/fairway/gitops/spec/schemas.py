"""From a property as its blueprint declares it to a check of its values (catalog contract 2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from fairway.gitops.spec.values import item_schema

_VERBATIM = (
    "type", "enum", "const", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "multipleOf", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "required",
)  # fmt: skip
_ONE = ("additionalItems", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else")
_LISTS = ("allOf", "anyOf", "oneOf")
_MAPS = ("properties", "patternProperties")
_MAX_DEPTH = 32

_URL = {"pattern": r"^[A-Za-z][A-Za-z0-9+.\-]*://\S+$"}
_LABELED_URL = {
    "required": ["url"],
    "properties": {"url": {"type": "string"}, "displayText": {"type": ["string", "null"]}},
}
_NOTHING: Mapping[str, Any] = {}
_FORMATS: Mapping[str, Mapping[str, Any]] = {
    "url": _URL,
    "user": {"format": "idn-email"},
    "timer": {"format": "date-time"},
    "labeled-url": _LABELED_URL,
    **dict.fromkeys(("team", "blueprints", "yaml", "markdown", "proto"), _NOTHING),
}
_LINEAR = jsonschema_rs.RegexOptions(size_limit=1 << 20, dfa_size_limit=1 << 20)
"""Matches in linear time whatever the pattern; knows neither look-around nor back-references."""
_BACKTRACKING = jsonschema_rs.FancyRegexOptions(backtrack_limit=20_000, size_limit=1 << 20, dfa_size_limit=1 << 20)
"""For patterns that need those: gives up, which counts as no match, after a few milliseconds."""
_EMAIL = jsonschema_rs.EmailOptions(allow_display_text=False)


def compile_property(declared: Mapping[str, Any]) -> jsonschema_rs.Draft7Validator | None:
    """The check of one property's values; None when the declaration is no JSON schema, so that only the catalog knows.

    Patterns cannot make it hang, and nothing is fetched.
    """
    schema = _schema(declared, 1)
    if declared.get("type") == "array" and not isinstance(declared.get("items"), list | bool):
        schema["items"] = _schema(item_schema(declared), 2)
    for patterns in (_LINEAR, _BACKTRACKING):
        try:
            return jsonschema_rs.Draft7Validator(
                schema, validate_formats=True, pattern_options=patterns, email_options=_EMAIL, offline=True
            )
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError):
            continue
    return None


def _schema(declared: Any, depth: int) -> Any:
    """What says something about values; titles, icons and references to other schemas are left out."""
    if not isinstance(declared, Mapping) or depth > _MAX_DEPTH:
        return declared if isinstance(declared, bool) else {}
    found: dict[str, Any] = {name: declared[name] for name in _VERBATIM if name in declared}
    name = declared.get("format")
    parts = [_FORMATS.get(name, {"format": name})] if isinstance(name, str) else []
    if isinstance(declared.get("pattern"), str):
        parts.append({"pattern": declared["pattern"]})
    for part in parts:
        if found.keys().isdisjoint(part):
            found.update(part)
        else:
            found.setdefault("allOf", []).append(dict(part))
    _add_inner(found, declared, depth + 1)
    return found


def _add_inner(found: dict[str, Any], declared: Mapping[str, Any], depth: int) -> None:
    for name in _ONE:
        if name in declared:
            found[name] = _schema(declared[name], depth)
    for name in _LISTS:
        if isinstance(declared.get(name), list):
            found[name] = [*found.get(name, ()), *(_schema(item, depth) for item in declared[name])]
    for name in _MAPS:
        if isinstance(declared.get(name), Mapping):
            inner = {key: _schema(item, depth) for key, item in declared[name].items()}
            found[name] = {**found.get(name, {}), **inner}
    items = declared.get("items")
    if isinstance(items, list):
        found["items"] = [_schema(item, depth) for item in items]
    elif items is not None:
        found["items"] = _schema(items, depth)
