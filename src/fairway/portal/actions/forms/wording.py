"""What is said about values that will not do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jsonschema_rs

from fairway.portal.catalog.properties.vocabulary import kind_of, shown

_MOST_OPTIONS = 50
_FORMATS = {
    "url": "an absolute URL such as https://example.com",
    "email": "an e-mail address",
    "idn-email": "an e-mail address",
    "user": "the e-mail address of a user",
    "team": "the name or identifier of a team",
    "entity": "the identifier of an entity",
    "date-time": "an RFC 3339 instant such as 2026-01-28T10:00:00.000Z",
    "timer": "an RFC 3339 instant such as 2026-01-28T10:00:00.000Z",
    "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
    "labeled-url": 'an object {"url": string, "displayText"?: string}',
}
_LIMITS = {
    "minLength": "text of at least {} characters",
    "maxLength": "text of at most {} characters",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minItems": "an array of at least {} items",
    "maxItems": "an array of at most {} items",
    "minProperties": "an object of at least {} keys",
    "maxProperties": "an object of at most {} keys",
}
_FORMAL = ("type", "format", "pattern", "required")


def place_of(path: Sequence[str | int]) -> str:
    """``[2].url``: a place inside a value."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)


def expectation(error: jsonschema_rs.ValidationError, schema: Mapping[str, Any], spec: Mapping[str, Any]) -> str:
    """What would have been right, where a value of ``spec`` broke its ``schema``."""
    keyword = error.kind.name
    limit = _at(schema, error.schema_path)
    wanted = _FORMATS.get(str(_spec_at(spec, error.instance_path).get("format")))
    if keyword == "pattern" and _spec_at(spec, error.instance_path).get("pattern") == limit:
        return f"text that matches the pattern {limit}"
    if wanted is not None and keyword in _FORMAL:
        return wanted
    if keyword in _LIMITS:
        return _LIMITS[keyword].format(limit)
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.BacktrackLimitExceeded):
        return "text that its pattern can be matched with in reasonable time"
    describe = _DESCRIBED.get(keyword)
    return describe(limit) if describe else f"what its schema asks for ({keyword}: {shown(limit)})"


def options(values: Any) -> str:
    """``one of "a", "b"``."""
    if not isinstance(values, list) or not values:
        return "left empty: there are no options for the other values given"
    more = ", …" if len(values) > _MOST_OPTIONS else ""
    return f"one of {', '.join(shown(each) for each in values[:_MOST_OPTIONS])}{more}"


def refusal(name: str, place: str, expected: str, value: Any, *, secret: bool) -> str:
    """A sentence about a value, which is not shown when it is ``secret``."""
    what = kind_of(value) if secret else shown(value)
    return f'Input "{name}"{place} must be {expected}, not {what}'


def _at(schema: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        try:
            schema = schema[part]
        except (KeyError, IndexError, TypeError):
            return None
    return schema


def _spec_at(spec: Any, path: Sequence[str | int]) -> Mapping[str, Any]:
    """The part of the definition that speaks about the value at ``path``, as far as it is plain."""
    for part in path:
        if not isinstance(spec, Mapping):
            break
        spec = spec.get("items") if isinstance(part, int) else (spec.get("properties") or {}).get(part)
    return spec if isinstance(spec, Mapping) else {}


def _types(limit: Any) -> str:
    names = [str(each) for each in limit] if isinstance(limit, list) else [str(limit)]
    return " or ".join(f"{'an' if name[0] in 'aoi' else 'a'} {name}" for name in names)


_DESCRIBED: Mapping[str, Callable[[Any], str]] = {
    "enum": options,
    "type": _types,
    "uniqueItems": lambda _: "an array without repetitions",
}
