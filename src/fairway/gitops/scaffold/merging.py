"""Lines of people, with only those changed that have to be.

The writer lays out a whole file in its own way. What it makes of the file before and after a change differs where the
change is, and nowhere else; that difference is carried over to the lines as people wrote them.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple


class _Hunk(NamedTuple):
    """Lines ``start`` to ``end`` of the base are ``lines`` instead."""

    start: int
    end: int
    lines: Sequence[str]


def carry_over(original: Sequence[str], before: Sequence[str], after: Sequence[str]) -> list[str]:
    """``original`` with the changes from ``before`` to ``after``; where they meet other layout, ``after`` counts."""
    layout = _hunks(before, original)
    changes = _hunks(before, after)
    merged: list[str] = []
    at = 0
    for start, end, is_change in _regions(layout, changes):
        merged += before[at:start]
        merged += _side(before, changes if is_change else layout, start, end)
        at = end
    return merged + list(before[at:])


def _hunks(base: Sequence[str], other: Sequence[str]) -> list[_Hunk]:
    """The difference, without looking at the lines that both begin and end with."""
    head = 0
    while head < min(len(base), len(other)) and base[head] == other[head]:
        head += 1
    tail = 0
    while tail < min(len(base), len(other)) - head and base[-1 - tail] == other[-1 - tail]:
        tail += 1
    old, new = base[head : len(base) - tail], other[head : len(other) - tail]
    matcher = SequenceMatcher(None, old, new, autojunk=len(old) > 5000)
    return [
        _Hunk(start + head, end + head, new[first:last])
        for tag, start, end, first, last in matcher.get_opcodes()
        if tag != "equal"
    ]


def _regions(layout: Sequence[_Hunk], changes: Sequence[_Hunk]) -> list[tuple[int, int, bool]]:
    """Parts of the base that differ on either side; those that overlap are one, and a change in it makes it one."""
    found: list[tuple[int, int, bool]] = []
    every = [(hunk.start, hunk.end, False) for hunk in layout] + [(hunk.start, hunk.end, True) for hunk in changes]
    for start, end, is_change in sorted(every):
        if found and start < found[-1][1]:
            before = found.pop()
            found.append((before[0], max(before[1], end), before[2] or is_change))
        else:
            found.append((start, end, is_change))
    return found


def _side(base: Sequence[str], hunks: Sequence[_Hunk], start: int, end: int) -> list[str]:
    """What one side has between two lines of the base that none of its hunks cross."""
    lines: list[str] = []
    at = start
    for hunk in hunks:
        if hunk.end < start or hunk.start > end or hunk.start < start or hunk.end > end:
            continue
        lines += base[at : hunk.start]
        lines += hunk.lines
        at = hunk.end
    return lines + list(base[at:end])
