"""JSON as JavaScript's ``JSON.stringify`` prints it: senders sign that text, so receivers must be able to repeat it."""

from __future__ import annotations

import math
from typing import Any

from fairway.kit.jsonio import dumps


def dumps_like_javascript(value: Any) -> bytes:
    """Compact JSON, raw Unicode, keys in order, numbers as ECMAScript's Number::toString prints them."""
    parts: list[bytes] = []
    _write(value, parts)
    return b"".join(parts)


def _write(value: Any, parts: list[bytes]) -> None:
    if isinstance(value, dict):
        parts.append(b"{")
        for at, (name, each) in enumerate(value.items()):
            parts.append((b"," if at else b"") + dumps(str(name)) + b":")
            _write(each, parts)
        parts.append(b"}")
    elif isinstance(value, list | tuple):
        parts.append(b"[")
        for at, each in enumerate(value):
            if at:
                parts.append(b",")
            _write(each, parts)
        parts.append(b"]")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        parts.append(number_text(value).encode())
    else:
        parts.append(dumps(value))


def number_text(number: int | float) -> str:
    """ECMAScript 2023, 6.1.6.1.20: shortest digits; exponent form outside of 1e-7 to 1e21."""
    value = float(number)
    if not math.isfinite(value):
        return "null"
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    digits, exponent = _shortest(abs(value))
    count, point = len(digits), exponent + 1
    if count <= point <= 21:
        text = digits + "0" * (point - count)
    elif 0 < point <= 21:
        text = f"{digits[:point]}.{digits[point:]}"
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        mantissa = digits[0] + (f".{digits[1:]}" if count > 1 else "")
        text = f"{mantissa}e{'+' if exponent >= 0 else '-'}{abs(exponent)}"
    return sign + text


def _shortest(value: float) -> tuple[str, int]:
    """Digits without trailing zeros, and the power of ten of the first one; ``repr`` is shortest too."""
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    power = int(exponent or 0) + len(whole) - 1
    digits = whole + ("" if fraction == "0" else fraction)
    stripped = digits.lstrip("0")
    power -= len(digits) - len(stripped)
    return stripped.rstrip("0") or "0", power
