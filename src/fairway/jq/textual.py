"""Values as text: ``tojson``, ``tostring`` and the way back."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from fairway.jq.program import Budget
from fairway.jq.runtime import JqError, UncertainError, is_number, kind, show, spend

_QUOTE = json.JSONEncoder(ensure_ascii=False).encode
_HUGE = 10**17
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,14})?")
_PLAIN = re.compile(r"[ -!#-\[\]-~]*")


def quoted(text: str) -> str:
    """A JSON string as jq writes it."""
    if _PLAIN.fullmatch(text):
        return f'"{text}"'
    return _QUOTE(text).replace("\x7f", "\\u007f")


def number_text(value: float) -> str:
    """A number as jq writes it."""
    if type(value) is int:
        if -_HUGE < value < _HUGE:
            return str(value)
        raise UncertainError
    text = repr(value)
    if "e" in text or "n" in text or value == 0:
        raise UncertainError
    return text


def tojson(value: Any, budget: Budget) -> str:
    """Compact JSON."""
    spend(budget, 1)
    if type(value) is str:
        spend(budget, len(value) >> 4)
        return quoted(value)
    if value is None:
        return "null"
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is int or type(value) is float:
        return number_text(value)
    if type(value) is list:
        return f"[{','.join([tojson(item, budget) for item in value])}]"
    if type(value) is dict:
        return "{" + ",".join([f"{quoted(key)}:{tojson(item, budget)}" for key, item in value.items()]) + "}"
    raise UncertainError


def tostring(value: Any, budget: Budget) -> str:
    """Strings as they are, others as JSON."""
    return value if type(value) is str else tojson(value, budget)


def glue(parts: tuple[str, ...], budget: Budget) -> str:
    """The parts of an interpolated string as one."""
    spend(budget, sum(map(len, parts)) >> 4)
    return "".join(parts)


def tonumber(value: Any, budget: Budget) -> Any:
    """A number from its plain decimal spelling."""
    if type(value) is str:
        if not _NUMBER.fullmatch(value):
            raise UncertainError
        found = float(value) if "." in value else int(value)
        if number_text(found or 1) != value and value != "0":
            raise UncertainError
        return found
    if is_number(value):
        return value
    raise JqError(f"{show(value)} cannot be parsed as a number")


def fromjson(value: Any, budget: Budget) -> Any:
    """JSON whose meaning is beyond doubt; the rest is left to libjq."""
    if type(value) is not str:
        raise JqError(f"{show(value)} only strings can be parsed")
    spend(budget, len(value) >> 3)
    if "\\ud" in value.lower() or not value.strip():
        raise UncertainError
    try:
        return json.loads(value, parse_float=_float, parse_int=_int, parse_constant=_float)
    except (ValueError, RecursionError):
        raise UncertainError from None


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or repr(value) != text or value == 0:
        raise UncertainError
    return value


def _int(text: str) -> int:
    if len(text) > 16 or text == "-0":
        raise UncertainError
    return int(text)


def type_name(value: Any, budget: Budget) -> str:
    """``type``"""
    return kind(value)
