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
from fastapi.dependencies.utils import get_dependant

_known: dict[tuple[str, CodeType], Dependant] = {}


def _remembered(*, path: str, call: Callable[..., Any], **options: Any) -> Dependant:
    code = getattr(call, "__code__", None)
    if code is None:
        return get_dependant(path=path, call=call, **options)
    found = _known.get((path, code))
    if found is None:
        found = _known[path, code] = get_dependant(path=path, call=call, **options)
    return dataclasses.replace(found, call=call, dependencies=list(found.dependencies))


def remember_endpoints() -> None:
    """Makes FastAPI ask here."""
    fastapi.routing.get_dependant = _remembered
