"""JSON across the process border, without losing what jq keeps: integers of any size stay exact."""

from __future__ import annotations

import json
import sys
from typing import Any

import orjson

from fairway.jq.result import EMPTY, Result, failure, overrun


def encode(document: Any) -> bytes:
    """``document`` as JSON text; dates become ISO text.

    Raises:
        ValueError: it is not JSON, or nested too deep.
    """
    try:
        return orjson.dumps(document)
    except TypeError:
        # Integers beyond 64 bits, lone surrogates and deep nesting are beyond orjson but legal here.
        return _encode_slowly(document)


def _encode_slowly(document: Any) -> bytes:
    try:
        return json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode()
    except (TypeError, RecursionError) as error:
        raise ValueError(f"the document is not JSON: {error}") from None


def decode(text: bytes) -> Any:
    """The value of libjq's JSON text.

    Raises:
        ValueError: nested deeper, or with longer numbers, than Python reads.
    """
    try:
        return json.loads(text, parse_float=_number if b"E+" in text else None)
    except RecursionError:
        raise ValueError("the output is nested too deep") from None


def _number(text: str) -> float:
    """A number as libjq prints it: those beyond a double's range are cut to its largest."""
    value = float(text)
    return max(-sys.float_info.max, min(sys.float_info.max, value))


def results(answer: bytes, count: int, output_bytes: int) -> list[Result]:
    """The results in one answer of a worker to a program of :func:`fairway.jq.source.first_outputs`."""
    tag, content = answer[:1], answer[1:]
    if tag == b"v":
        try:
            return [_result(item) for item in decode(content)]
        except ValueError as error:
            return [overrun(str(error))] * count
    if tag == b"o":
        return [overrun(f"the output is larger than {output_bytes >> 20} MiB")] * count
    make = overrun if tag == b"l" else failure
    return [make(content.decode(errors="replace"))] * count


def _result(item: list[Any]) -> Result:
    if item[0] == 0:
        return Result(item[1])
    return EMPTY if item[0] == 2 else failure(message(item[1]))


def message(error: Any) -> str:
    """The text of an error value: strings as they are, others as JSON."""
    return error if isinstance(error, str) else json.dumps(error, ensure_ascii=False, separators=(",", ":"))
