"""JSON that a receiver may parse and print again before it checks the signature (contract 7.7).

Most receivers sign ``JSON.stringify(request.body)`` rather than the bytes, so the bytes are what JavaScript prints:
``1`` for ``1.0``, and names that look like indices of an array first. Integers above 2**53 keep all their digits,
which JavaScript does not: who gets those has to check the bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fairway.kit.jsonio import dumps
from fairway.wire.javascript import number_text

_INDICES = 2**32 - 1
_INDEX_DIGITS = 10


def dumps_stable(value: Any) -> bytes:
    """Compact UTF-8 JSON that ``JSON.stringify(JSON.parse(text))`` repeats byte for byte."""
    return dumps(value) if _plain(value) else b"".join(_written(value))


def _plain(value: Any) -> bool:
    """Whether our own print is JavaScript's, too."""
    if isinstance(value, Mapping):
        return isinstance(value, dict) and not any(_is_index(name) or not _plain(each) for name, each in value.items())
    if isinstance(value, list | tuple):
        return all(_plain(each) for each in value)
    return not isinstance(value, float)


def _written(value: Any) -> Iterator[bytes]:
    if isinstance(value, Mapping):
        yield b"{"
        for at, (name, each) in enumerate(sorted(value.items(), key=_place)):
            yield (b"," if at else b"") + dumps(name) + b":"
            yield from _written(each)
        yield b"}"
    elif isinstance(value, list | tuple):
        yield b"["
        for at, each in enumerate(value):
            if at:
                yield b","
            yield from _written(each)
        yield b"]"
    elif isinstance(value, float):
        yield number_text(value).encode()
    else:
        yield dumps(value)


def _place(item: tuple[str, Any]) -> int:
    """Indices in their order, then everything else as it stands: sorting is stable."""
    return int(item[0]) if _is_index(item[0]) else _INDICES


def _is_index(name: str) -> bool:
    if not name.isascii() or not name.isdigit() or len(name) > _INDEX_DIGITS:
        return False
    return (name == "0" or name[0] != "0") and int(name) < _INDICES
