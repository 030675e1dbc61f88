"""Strings with ``{{ program }}`` in them, taken apart."""

from __future__ import annotations

from dataclasses import dataclass

from fairway.jq.dialect import Scanner

_OPEN, _CLOSE = "{{", "}}"


@dataclass(frozen=True, slots=True)
class Expression:
    """The text between ``{{`` and ``}}``, without outer white space."""

    text: str


Part = str | Expression


def parse(text: str) -> list[Part]:
    """Literals and expressions in order. A ``{{`` that nothing closes is literal text."""
    parts: list[Part] = []
    at = 0
    while (start := text.find(_OPEN, at)) >= 0:
        end = _end(text, start + 2)
        if end < 0:
            break
        if start > at:
            parts.append(text[at:start])
        parts.append(Expression(text[start + 2 : end].strip()))
        at = end + 2
    if at < len(text):
        parts.append(text[at:])
    return parts


def whole(parts: list[Part]) -> Expression | None:
    """The only expression of a string that holds nothing else but white space around it."""
    if len(parts) == 1 and isinstance(parts[0], Expression):
        return parts[0]
    expressions = [part for part in parts if isinstance(part, Expression)]
    blank = all(not part.strip() for part in parts if isinstance(part, str))
    return expressions[0] if len(expressions) == 1 and blank else None


def _end(text: str, start: int) -> int:
    """Where the closing braces of the expression at ``start`` are.

    Braces inside jq strings and objects do not count; in text that never balances the nearest closing braces do.
    """
    scanner = Scanner(text, start)
    scanner.code(until=_CLOSE)
    return scanner.at if text.startswith(_CLOSE, scanner.at) else text.find(_CLOSE, start)
