"""Analyses each endpoint once for a test process, instead of once for each of thousands of applications.

An application is made for nearly every test, from the same two hundred endpoints; what FastAPI reads out of their
signatures is the same each time and takes most of the time of making one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from types import CodeType
from typing import Any

import fastapi.routing
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_dependant, get_typed_return_annotation

_known: dict[tuple[str, CodeType], Dependant] = {}
_returns: dict[CodeType, Any] = {}


def _remembered(*, path: str, call: Callable[..., Any], **options: Any) -> Dependant:
    code = getattr(call, "__code__", None)
    if code is None:
        return get_dependant(path=path, call=call, **options)
    found = _known.get((path, code))
    if found is None:
        found = _known[path, code] = get_dependant(path=path, call=call, **options)
    return dataclasses.replace(found, call=call, dependencies=list(found.dependencies))


def _remembered_return(call: Callable[..., Any]) -> Any:
    code = getattr(call, "__code__", None)
    if code is None:
        return get_typed_return_annotation(call)
    if code not in _returns:
        _returns[code] = get_typed_return_annotation(call)
    return _returns[code]


def remember_endpoints() -> None:
    """Makes FastAPI ask here."""
    fastapi.routing.get_dependant = _remembered
    fastapi.routing.get_typed_return_annotation = _remembered_return
