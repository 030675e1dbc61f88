"""Messages for values that do not fit: which property, what came, what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

import jsonschema_rs

from fairway.kit.errors import InvalidRequest
from fairway.portal.catalog.properties.vocabulary import kind_of, listed, shown

_REPORTED = 10
"""Problems told at once."""
_READABLE = {
    "url": "an absolute URL such as https://example.com",
    "email": "an e-mail address",
    "idn-email": "an e-mail address",
    "user": "the e-mail address of a user",
    "date-time": "an RFC 3339 instant such as 2026-01-28T10:00:00.000Z",
    "timer": "an RFC 3339 instant such as 2026-01-28T10:00:00.000Z",
    "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
    "labeled-url": 'an object {"url": string, "displayText"?: string}',
}
_COMPUTED = {
    "mirrorProperties": "a mirror property",
    "calculationProperties": "a calculation property",
    "aggregationProperties": "an aggregation property",
}


def mismatch(document: Mapping[str, Any], errors: Iterable[jsonschema_rs.ValidationError]) -> InvalidRequest:
    """The refusal of values that do not fit the blueprint."""
    problems: list[dict[str, str]] = []
    for error in islice(errors, _REPORTED):
        problems.extend(_problems(document, error))
    text = "; ".join(problem["message"] for problem in problems[:_REPORTED])
    return InvalidRequest(text, code="blueprint_schema_mismatch", details={"errors": problems[:_REPORTED]})


def missing(document: Mapping[str, Any], names: Sequence[str]) -> InvalidRequest:
    """The refusal of an entity without its required properties."""
    quoted = ", ".join(f'"{name}"' for name in names)
    words = "property {} is" if len(names) == 1 else "properties {} are"
    text = f'Required {words.format(quoted)} missing or null (blueprint "{document.get("identifier")}")'
    errors = [{"property": name, "message": "is required"} for name in names]
    return InvalidRequest(text, code="missing_property", details={"errors": errors})


def _problems(document: Mapping[str, Any], error: jsonschema_rs.ValidationError) -> list[dict[str, str]]:
    path = [*error.instance_path]
    kind = error.kind
    if not path and isinstance(kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
        return [{"property": name, "message": _unknown(document, name)} for name in kind.unexpected]
    name = str(path[0]) if path else ""
    place = f'Property "{name}"' + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path[1:])
    return [{"property": name, "message": f"{place} {_wrong(_spec(document, path), error)}"}]


def _unknown(document: Mapping[str, Any], name: str) -> str:
    blueprint = document.get("identifier")
    for key, what in _COMPUTED.items():
        if name in (document.get(key) or {}):
            return f'Property "{name}" of blueprint "{blueprint}" is {what}: it is computed and cannot be written'
    if name in (document.get("relations") or {}):
        return f'"{name}" is a relation of blueprint "{blueprint}": it belongs into "relations", not "properties"'
    known = (document.get("schema") or {}).get("properties") or {}
    near = difflib.get_close_matches(name[:100], known, 1)
    hint = f'; did you mean "{near[0]}"?' if near else ""
    return f'Blueprint "{blueprint}" has no property "{name[:100]}"{hint}'


def _spec(document: Mapping[str, Any], path: Sequence[str | int]) -> Mapping[str, Any]:
    """The part of the blueprint that speaks about the value at ``path``, as far as it is plain."""
    spec: Any = ((document.get("schema") or {}).get("properties") or {}).get(path[0]) if path else {}
    for part in path[1:]:
        if not isinstance(spec, Mapping):
            break
        spec = spec.get("items") if isinstance(part, int) else (spec.get("properties") or {}).get(part)
    return spec if isinstance(spec, Mapping) else {}


def _wrong(spec: Mapping[str, Any], error: jsonschema_rs.ValidationError) -> str:
    kinds, kind = jsonschema_rs.ValidationErrorKind, error.kind
    value = error.instance
    wanted = _READABLE.get(str(spec.get("format")))
    if isinstance(kind, kinds.Type):
        types = tuple(kind.types)
        right = wanted or _article(types)
        return f"must be {right}, not {kind_of(value)} ({shown(value)})"
    if isinstance(kind, kinds.Enum):
        return f"must be one of {', '.join(shown(each) for each in kind.options[:50])}, not {shown(value)}"
    if isinstance(kind, kinds.Pattern) and kind.pattern == spec.get("pattern"):
        return f"must match the pattern {kind.pattern}, which {shown(value)} does not"
    if wanted and isinstance(kind, kinds.Format | kinds.Pattern | kinds.Required):
        return f"must be {wanted}, not {shown(value)}"
    if isinstance(kind, kinds.BacktrackLimitExceeded):
        return f"could not be matched with the pattern {spec.get('pattern')} in reasonable time"
    return f"does not fit its schema: {error.message[:300]}"


def _article(types: tuple[str, ...]) -> str:
    if len(types) > 1:
        return listed(types)
    return f"{'an' if types[0][0] in 'aoi' else 'a'} {types[0]}"
