"""Small checks that say where in the document something is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairway.kit.errors import InvalidRequest
from fairway.portal.catalog.properties.vocabulary import kind_of, listed, shown

Object = Mapping[str, Any]


def an_object(value: Any, where: str) -> Object:
    """``value`` as an object."""
    if not isinstance(value, Mapping):
        raise InvalidRequest(f"{where} must be an object, not {kind_of(value)}")
    return value


def an_array(value: Any, where: str) -> Sequence[Any]:
    """``value`` as an array."""
    if not isinstance(value, list):
        raise InvalidRequest(f"{where} must be an array, not {kind_of(value)}")
    return value


def a_text(value: Any, where: str, longest: int | None = None, shortest: int = 0) -> str:
    """``value`` as a string of bounded length."""
    if not isinstance(value, str):
        raise InvalidRequest(f"{where} must be a string, not {kind_of(value)}")
    if longest is not None and not shortest <= len(value) <= longest:
        bounds = f"{shortest} to {longest}" if shortest else f"at most {longest}"
        raise InvalidRequest(f"{where} must have {bounds} characters, it has {len(value)}")
    return value


def required(parent: Object, key: str, where: str) -> Any:
    """``parent[key]``, which must be there."""
    if parent.get(key) is None:
        raise InvalidRequest(f"{at(where, key)} is required")
    return parent[key]


def texts(parent: Object, where: str, **longest: int | None) -> None:
    """Optional string keys with their greatest lengths; null counts as absent."""
    for key, limit in longest.items():
        if parent.get(key) is not None:
            a_text(parent[key], at(where, key), limit)


def flags(parent: Object, where: str, *keys: str) -> None:
    """Optional boolean keys."""
    for key in keys:
        if parent.get(key) is not None and not isinstance(parent[key], bool):
            raise InvalidRequest(f"{at(where, key)} must be a boolean, not {kind_of(parent[key])}")


def one_of(value: Any, words: tuple[str, ...], where: str) -> str:
    """``value`` as one of a closed list of words."""
    if not isinstance(value, str) or value not in words:
        raise InvalidRequest(f"{where} must be {listed(words)}, not {shown(value)}")
    return value


def only(parent: Object, allowed: tuple[str, ...], where: str) -> None:
    """No other keys than these."""
    for key in parent:
        if key not in allowed:
            raise InvalidRequest(f"{at(where, key)} is not known here; known are {listed(allowed)}")


def at(where: str, key: str) -> str:
    """The path of a key."""
    return f"{where}.{key}" if where else key
