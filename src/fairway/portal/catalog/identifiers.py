"""Patterns of identifiers (contract 1.6). Letters of any script count, spaces never do."""

from __future__ import annotations

import re
from typing import Any

from fairway.kit.errors import InvalidRequest

# \w without \d and _ is exactly the letters; digits are ASCII, as in the contract's \p{L}0-9.
_LETTER = r"[^\W\d_]"
_BLUEPRINT = re.compile(rf"(?!\.{{1,2}}$)(?:{_LETTER}|[0-9@_.+:\\/-])+\Z")
_ENTITY = re.compile(rf"(?!\.{{1,2}}$)(?:{_LETTER}|[0-9@_.+:\\/=-])+\Z")
_KEY = re.compile(r"[A-Za-z0-9@_=\-]+\Z")

MAX_ENTITY = 1000
MAX_BLUEPRINT = 100
MAX_KEY = 100


def check_entity_identifier(value: Any) -> str:
    """The identifier of an entity.

    Raises:
        InvalidRequest: not a string, too long, or with a character that is not allowed.
    """
    return _check(value, _ENTITY, MAX_ENTITY, "Entity identifier", "letters, digits and @ _ . + : \\ / = -")


def check_blueprint_identifier(value: Any) -> str:
    """The identifier of a blueprint; raises like :func:`check_entity_identifier`."""
    return _check(value, _BLUEPRINT, MAX_BLUEPRINT, "Blueprint identifier", "letters, digits and @ _ . + : \\ / -")


def check_key(value: Any, what: str) -> str:
    """The identifier of a property, relation, mirror, calculation or aggregation."""
    return _check(value, _KEY, MAX_KEY, what, "ASCII letters, digits and @ _ = -")


def _check(value: Any, pattern: re.Pattern[str], longest: int, what: str, allowed: str) -> str:
    if not isinstance(value, str):
        raise InvalidRequest(f"{what} must be a string, not {type(value).__name__}")
    if not 0 < len(value) <= longest:
        raise InvalidRequest(f'{what} "{value[:80]}" must have 1 to {longest} characters, it has {len(value)}')
    if not pattern.match(value):
        raise InvalidRequest(f'{what} "{value[:80]}" may hold {allowed}, and may not be "." or ".."')
    return value
