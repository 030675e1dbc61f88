"""Messages for property values that do not fit: what came, what would be right. Section 2.9 of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jsonschema_rs

from fairway.gitops.spec.wording import cut, kind_of, listed, quoted, shown

_READABLE = {
    "url": "a URL such as https://example.com",
    "email": "an e-mail address",
    "idn-email": "an e-mail address",
    "user": "the e-mail address of a user",
    "date-time": "an RFC 3339 instant such as 2026-01-28T10:00:00Z",
    "timer": "an RFC 3339 instant such as 2026-01-28T10:00:00Z",
    "date": "a date such as 2026-01-28",
    "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
    "labeled-url": "a mapping with url and, if wanted, displayText",
}
_KINDS = {
    "string": "a string", "number": "a number", "integer": "a whole number", "boolean": "true or false",
    "array": "a list", "object": "a mapping", "null": "null",
}  # fmt: skip
_Kind = jsonschema_rs.ValidationErrorKind


def misfit(name: str, declared: Mapping[str, Any], error: jsonschema_rs.ValidationError) -> tuple[str, str]:
    """Code and message."""
    path = list(error.instance_path)
    place = f"Property {quoted(name)}" + "".join(_step(part) for part in path)
    spec = _declared(declared, path)
    value, kind = error.instance, error.kind
    wanted = _READABLE.get(str(spec.get("format")))
    if isinstance(kind, _Kind.Type):
        right = wanted or " or ".join(_KINDS.get(each, each) for each in kind.types)
        return "E_PROPERTY_TYPE", f"{place} is {_value(value)}; {right} is needed"
    if isinstance(kind, _Kind.Enum):
        allowed = ", ".join(shown(each) for each in kind.options[:50])
        more = f" and {len(kind.options) - 50} more" if len(kind.options) > 50 else ""
        return "E_PROPERTY_ENUM", f"{place} is {_value(value)}; allowed are {allowed}{more}"
    if isinstance(kind, _Kind.Constant):
        return "E_PROPERTY_ENUM", f"{place} is {_value(value)}; only {shown(kind.expected_value)} is allowed"
    return "E_PROPERTY_FORMAT", f"{place} {_format(spec, value, kind, wanted, error)}"


def _format(
    spec: Mapping[str, Any],
    value: Any,
    kind: jsonschema_rs.ValidationErrorKind,
    wanted: str | None,
    error: jsonschema_rs.ValidationError,
) -> str:
    if isinstance(kind, _Kind.Pattern) and kind.pattern == spec.get("pattern"):
        return f"is {shown(value)}, which does not match the pattern {cut(kind.pattern, 200)}"
    if wanted and isinstance(kind, _Kind.Format | _Kind.Pattern | _Kind.Required):
        return f"is {_value(value)}; {wanted} is needed"
    if isinstance(kind, _Kind.Required):
        return f"has no {quoted(kind.property)}, which is needed"
    if isinstance(kind, _Kind.AdditionalProperties):
        return f"may not have {listed(kind.unexpected, most=10)}"
    if isinstance(kind, _Kind.BacktrackLimitExceeded):
        return f"could not be matched with its pattern {cut(str(spec.get('pattern')), 200)} in reasonable time"
    return f"does not fit its blueprint: {cut(error.message, 200)}"


def _value(value: Any) -> str:
    """A value, and what it is unless that shows."""
    if value is None or isinstance(value, bool):
        return shown(value)
    return f"{shown(value)} ({kind_of(value)})"


def _step(part: str | int) -> str:
    return f"[{part}]" if isinstance(part, int) else f".{cut(part)}"


def _declared(declared: Mapping[str, Any], path: Sequence[str | int]) -> Mapping[str, Any]:
    """The part of the declaration that speaks of the value at ``path``, as far as it is plain."""
    spec: Any = declared
    for part in path:
        if not isinstance(spec, Mapping):
            break
        spec = spec.get("items") if isinstance(part, int) else (spec.get("properties") or {}).get(part)
    return spec if isinstance(spec, Mapping) else {}
