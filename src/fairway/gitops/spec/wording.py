"""How messages quote what a file says, and what they suggest instead."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

CUT = 80
"""Characters of a value in a message. Section 2.9."""
_NEAR = 2
"""Edit distance of a suggestion. Section 2.3."""


def printable(text: str) -> str:
    """``text`` without anything that a terminal would act on: control characters, direction marks, line ends."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    number = ord(char)
    return f"\\u{number:04X}" if number <= 0xFFFF else f"\\U{number:08X}"


def cut(text: str, limit: int = CUT) -> str:
    """At most ``limit`` characters, and printable."""
    return printable(text if len(text) <= limit else f"{text[: limit - 1]}…")


def quoted(text: str, limit: int = CUT) -> str:
    """A name or a text between double quotes."""
    return f'"{cut(text, limit)}"'


def shown(value: Any) -> str:
    """A value as JSON, cut."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, dict | list) and len(value) > CUT:
        return f"{kind_of(value)} of {len(value)}"
    return cut(json.dumps(value, ensure_ascii=False, default=str))


def kind_of(value: Any) -> str:
    """What a value is, in the words of YAML."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a list" if isinstance(value, list) else "a mapping"


def listed(words: Iterable[str], join: str = "and", most: int = 50) -> str:
    """``"a", "b" and "c"``; no more than ``most`` of them."""
    names = [quoted(word) for word in words]
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {join} {names[-1]}"


def characters(found: Sequence[str]) -> str:
    """Offending characters: themselves, and their code points where that says more."""
    named = []
    for char in dict.fromkeys(found):
        point = f"U+{ord(char):04X}"
        named.append("a space" if char == " " else f'"{char}"' if char.isprintable() and char.isascii() else point)
    return ", ".join(named[:10]) + (", …" if len(named) > 10 else "")


def nearest(word: str, known: Iterable[str], most: int = 3) -> list[str]:
    """Those of ``known`` that ``word`` is a slip of, the nearest first."""
    word = word[:100]
    found = []
    for name in known:
        if abs(len(name) - len(word)) <= _NEAR and (name[:1] == word[:1] or name[-1:] == word[-1:]):
            far = distance(word, name)
            if far <= _NEAR and far < len(name):
                found.append((far, name))
    return [name for _, name in sorted(found)[:most]]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``; did you mean "properties"?``, or nothing."""
    near = nearest(word, known)
    return f"; did you mean {listed(near, 'or')}?" if near else ""


def distance(left: str, right: str) -> int:
    """How many characters to insert, drop, replace or swap with the next one."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, char in enumerate(left, 1):
        last, before, row = before, row, [i]
        for j, other in enumerate(right, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (char != other))
            if i > 1 and j > 1 and char == right[j - 2] and left[i - 2] == other:
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return row[-1]
