"""Names of cached results."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

from pydantic import BaseModel


def key_of(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """A name that is the same for equal arguments, in every process.

    Raises:
        TypeError: an argument has no stable form; the decorator's ``key`` has to name it.
    """
    text = json.dumps([_plain(function, value) for value in (args, kwargs)], sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    return f"{function.__module__}.{function.__qualname__}:{digest}"


def _plain(function: Callable[..., Any], value: Any) -> Any:
    if value is None or (isinstance(value, bool | int | float | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, list | tuple):
        return [_plain(function, each) for each in value]
    if isinstance(value, Mapping):
        return ["map", sorted((_plain(function, list(pair)) for pair in value.items()), key=str)]
    if isinstance(value, set | frozenset):
        return ["set", sorted((_plain(function, each) for each in value), key=str)]
    return [type(value).__qualname__, _plain_object(function, value)]


def _plain_object(function: Callable[..., Any], value: Any) -> Any:
    if isinstance(value, Enum | date | datetime | bytes):
        return str(value)
    if isinstance(value, BaseModel):
        return _plain(function, value.model_dump())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _plain(function, {field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
    raise TypeError(
        f'An argument of "{function.__qualname__}" is of type "{type(value).__qualname__}", which cannot name a cached '
        "result; give the decorator a `key` function"
    )
