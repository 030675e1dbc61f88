"""Dates and ``@`` formats, as far as their results are beyond doubt."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from fairway.jq.program import Budget
from fairway.jq.runtime import JqError, UncertainError, spend
from fairway.jq.textual import tostring

_INSTANT = re.compile(r"(19[7-9][0-9]|[2-9][0-9]{3})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z", re.ASCII)
_LAST = 253402300799
_SPACE = " \t\n\r\f\v"


def from_date(value: Any, budget: Budget) -> int:
    """``fromdate``: seconds since 1970 of an instant spelled with a Z."""
    if type(value) is not str:
        raise JqError("strptime/1 requires string inputs and arguments")
    match = _INSTANT.fullmatch(value)
    if not match:
        raise UncertainError
    try:
        instant = datetime(*map(int, match.groups()), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        raise UncertainError from None
    return int(instant.timestamp())


def to_date(value: Any, budget: Budget) -> str:
    """``todate``"""
    if type(value) is int and 0 <= value <= _LAST:
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if type(value) is str:
        raise JqError("strftime/1 requires parsed datetime inputs")
    raise UncertainError


def as_base64(value: Any, budget: Budget) -> str:
    """``@base64``"""
    text = tostring(value, budget)
    spend(budget, len(text) >> 3)
    return base64.b64encode(text.encode()).decode()


def as_uri(value: Any, budget: Budget) -> str:
    """``@uri``"""
    text = tostring(value, budget)
    spend(budget, len(text) >> 1)
    return quote(text, safe="-_.~")


def trim(value: Any, budget: Budget) -> str:
    """``trim``; other alphabets have other spaces."""
    return _ascii(value, "trim").strip(_SPACE)


def ltrim(value: Any, budget: Budget) -> str:
    """``ltrim``"""
    return _ascii(value, "ltrim").lstrip(_SPACE)


def rtrim(value: Any, budget: Budget) -> str:
    """``rtrim``"""
    return _ascii(value, "rtrim").rstrip(_SPACE)


def _ascii(value: Any, name: str) -> str:
    if type(value) is not str:
        raise JqError(f"{name} input must be a string")
    if not value.isascii():
        raise UncertainError
    return value
