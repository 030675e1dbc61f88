"""From a property as its writer sent it to the JSON schema its values are checked against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from fairway.kit.errors import InvalidRequest
from fairway.portal.catalog.properties.vocabulary import MAX_PATTERN, MAX_SCHEMA_DEPTH

_VERBATIM = (
    "type", "enum", "const", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "multipleOf", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "required",
)  # fmt: skip
_ONE_SCHEMA = ("additionalItems", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else")
_SCHEMA_LISTS = ("allOf", "anyOf", "oneOf")
_SCHEMA_MAPS = ("properties", "patternProperties")
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")

_URL = {"pattern": r"^[A-Za-z][A-Za-z0-9+.\-]*://\S+$"}
"""Any scheme: the contract refuses none."""
_LABELED_URL = {
    "required": ["url"],
    "properties": {"url": {"type": "string"}, "displayText": {"type": ["string", "null"]}},
}
_FORMATS: Mapping[str, Mapping[str, Any]] = {
    "url": _URL,
    "email": {"format": "email"},
    "idn-email": {"format": "idn-email"},
    "user": {"format": "idn-email"},
    "date-time": {"format": "date-time"},
    "timer": {"format": "date-time"},
    "ipv4": {"format": "ipv4"},
    "ipv6": {"format": "ipv6"},
    "labeled-url": _LABELED_URL,
    "team": {},
    "blueprints": {},
    "yaml": {},
    "markdown": {},
    "proto": {},
}

_LINEAR = jsonschema_rs.RegexOptions(size_limit=1 << 20, dfa_size_limit=1 << 20)
"""Matches in linear time whatever the pattern; knows neither look-around nor back-references."""
_BACKTRACKING = jsonschema_rs.FancyRegexOptions(backtrack_limit=20_000, size_limit=1 << 20, dfa_size_limit=1 << 20)
"""For patterns that need those: gives up, which counts as no match, after a few milliseconds."""
_EMAIL = jsonschema_rs.EmailOptions(allow_display_text=False)


def value_schema(spec: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The JSON schema of one property's values.

    Raises:
        InvalidRequest: it refers to other schemas, or is nested too deeply; ``where`` names the property.
    """
    schema: dict[str, Any] = _clean(spec, where, 1)
    if spec.get("type") == "array" and not isinstance(spec.get("items"), list):
        schema["items"] = _items(spec.get("items"), where)
    return schema


def _items(items: Any, where: str) -> Any:
    if isinstance(items, bool):
        return items
    cleaned = _clean(items or {}, f"{where}.items", 2)
    if "type" not in cleaned:
        cleaned["type"] = "object" if (items or {}).get("format") == "labeled-url" else "string"
    return cleaned


def _clean(spec: Any, where: str, depth: int) -> Any:
    """Keeps what says something about values; names, icons and unknown keys are only echoed."""
    if isinstance(spec, bool):
        return spec
    if not isinstance(spec, Mapping):
        raise InvalidRequest(f"{where} must be a JSON schema, that is an object")
    if depth > MAX_SCHEMA_DEPTH:
        raise InvalidRequest(f"{where} is nested deeper than {MAX_SCHEMA_DEPTH} schemas")
    for name in _REFERENCES:
        if isinstance(spec.get(name), str):
            raise InvalidRequest(f'{where} uses "{name}"; write the schema out in place instead')
    found: dict[str, Any] = {name: spec[name] for name in _VERBATIM if name in spec}
    extra = [_FORMATS.get(spec["format"], {"format": spec["format"]})] if isinstance(spec.get("format"), str) else []
    if "pattern" in spec:
        extra.append({"pattern": _pattern(spec["pattern"], where)})
    for part in extra:
        if found.keys().isdisjoint(part):
            found.update(part)
        else:
            found.setdefault("allOf", []).append(dict(part))
    _add_subschemas(found, spec, where, depth + 1)
    return found


def _add_subschemas(found: dict[str, Any], spec: Mapping[str, Any], where: str, depth: int) -> None:
    for name in _ONE_SCHEMA:
        if name in spec:
            found[name] = _clean(spec[name], f"{where}.{name}", depth)
    for name in _SCHEMA_LISTS:
        if isinstance(spec.get(name), list):
            each = [_clean(item, f"{where}.{name}[{at}]", depth) for at, item in enumerate(spec[name])]
            found[name] = [*found.get(name, ()), *each]
    for name in _SCHEMA_MAPS:
        if isinstance(spec.get(name), Mapping):
            each_named = {key: _clean(item, f"{where}.{name}.{key}", depth) for key, item in spec[name].items()}
            found[name] = {**found.get(name, {}), **each_named}
    items = spec.get("items")
    if isinstance(items, list):
        found["items"] = [_clean(item, f"{where}.items[{at}]", depth) for at, item in enumerate(items)]
    elif items is not None:
        found["items"] = _clean(items, f"{where}.items", depth)


def _pattern(pattern: Any, where: str) -> str:
    if not isinstance(pattern, str) or len(pattern) > MAX_PATTERN:
        raise InvalidRequest(f"{where}.pattern must be a regular expression of at most {MAX_PATTERN} characters")
    return pattern


def compile_schema(schema: Mapping[str, Any]) -> jsonschema_rs.Draft7Validator:
    """A validator that cannot hang on a pattern and never fetches anything.

    Raises:
        jsonschema_rs.ValidationError: this is no JSON schema, or a pattern no regular expression.
    """
    try:
        return _compile(schema, _LINEAR)
    except jsonschema_rs.ValidationError:
        return _compile(schema, _BACKTRACKING)


def _compile(
    schema: Mapping[str, Any], patterns: jsonschema_rs.RegexOptions | jsonschema_rs.FancyRegexOptions
) -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator(
        dict(schema), validate_formats=True, pattern_options=patterns, email_options=_EMAIL, offline=True
    )
