"""The words of contract 2.3: types, formats, specs, colours."""

from __future__ import annotations

TYPES = ("string", "number", "boolean", "object", "array")

FORMATS = (
    "url", "email", "idn-email", "user", "team", "date-time", "timer", "ipv4", "ipv6", "yaml", "markdown", "proto",
    "labeled-url", "blueprints",
)  # fmt: skip

STANDARD_FORMATS = (
    "date", "time", "duration", "hostname", "idn-hostname", "uri", "uri-reference", "uri-template", "iri",
    "iri-reference", "uuid", "regex", "json-pointer", "relative-json-pointer",
)  # fmt: skip
"""Formats of JSON Schema beyond the contract's table: rare, meaningful, and therefore accepted."""

SPECS = ("open-api", "async-api", "embedded-url")

COLOURS = (
    "blue", "turquoise", "orange", "purple", "pink", "yellow", "green", "red", "gold", "silver", "paleBlue",
    "darkGray", "lightGray", "bronze", "lime", "olive", "brown",
)  # fmt: skip

MAX_PROPERTIES = 1000
"""Properties of all kinds and relations in one blueprint."""
MAX_DOCUMENT_BYTES = 1_048_576
"""Size of a blueprint: that of the largest request body."""
MAX_SCHEMA_DEPTH = 32
"""Nesting of JSON schemas inside one property."""
MAX_PATTERN = 2000
"""Characters of a regular expression."""


def listed(words: tuple[str, ...]) -> str:
    """``"a", "b" or "c"``: for messages."""
    quoted = [f'"{word}"' for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def kind_of(value: object) -> str:
    """What JSON calls a value: ``a string``, ``an object``, ``null``."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an array" if isinstance(value, list) else "an object"


def shown(value: object) -> str:
    """A value as messages quote it: JSON, cut when long."""
    from fairway.kit.jsonio import dumps_text

    text = dumps_text(value)
    return text if len(text) <= 100 else f"{text[:99]}…"
