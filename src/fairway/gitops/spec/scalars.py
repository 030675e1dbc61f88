"""What scalars mean: the core schema of YAML 1.2, and the source text. Section 2.4 of the contract."""

from __future__ import annotations

import re

from fairway.gitops.spec.nodes import Scalar

CoreValue = None | bool | int | float | str

CORE_TAGS = ("str", "int", "float", "bool", "null")

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_NUMBER_START = frozenset("-+.0123456789")
_LEAST, _MOST = -(1 << 63), (1 << 64) - 1
"""Whole numbers that JSON libraries carry exactly; beyond they become floats, as in request bodies."""


def core_value(scalar: Scalar) -> CoreValue:
    """The value of a scalar where nothing else is known of its target."""
    text, tag = scalar.text, scalar.tag
    if tag == "str" or (tag is None and not scalar.plain):
        return text
    if tag == "null" or (tag is None and text in _NULL):
        return None
    if text in _BOOLEANS and tag in (None, "bool"):
        return _BOOLEANS[text]
    if text[:1] in _NUMBER_START and (number := _number(text, tag)) is not None:
        return number
    return text


def text_value(scalar: Scalar) -> str | None:
    """The value of a scalar whose target is a string: what is written, but null stays null."""
    return None if is_null(scalar) else scalar.text


def is_null(scalar: Scalar) -> bool:
    """Whether it is written as null."""
    return scalar.tag == "null" or (scalar.plain and scalar.tag is None and scalar.text in _NULL)


def fits_tag(scalar: Scalar) -> bool:
    """Whether the text of an explicitly tagged scalar can be what the tag says."""
    text = scalar.text
    return {
        None: True,
        "str": True,
        "null": text in _NULL,
        "bool": text in _BOOLEANS,
        "int": _INTEGER.fullmatch(text) is not None,
        "float": _FLOAT.fullmatch(text) is not None or _SPECIAL.fullmatch(text) is not None,
    }[scalar.tag]


def _number(text: str, tag: str | None) -> int | float | None:
    if tag in (None, "int") and _INTEGER.fullmatch(text):
        return _integer(text)
    if tag in (None, "float"):
        if _FLOAT.fullmatch(text):
            return float(text)
        if _SPECIAL.fullmatch(text):
            return float(text.replace(".", "").lower())
    return None


def _integer(text: str) -> int | float:
    if len(text) > 24:
        # No whole number of 64 bits has that many digits, unless they are leading zeros.
        digits = text.lstrip("+-0")
        if text[:2] in ("0x", "0o"):
            return _exact(int(text, 16 if text[1] == "x" else 8))
        if len(digits) > 20:
            return float(text)
        text = ("-" if text[0] == "-" else "") + (digits or "0")
    if text[:2] in ("0x", "0o"):
        return _exact(int(text[2:], 16 if text[1] == "x" else 8))
    return _exact(int(text))


def _exact(number: int) -> int | float:
    if _LEAST <= number <= _MOST:
        return number
    try:
        return float(number)
    except OverflowError:
        return float("inf")
