"""Findings for people: with the line of the file, and a mark below the place."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from fairway.gitops.check.checker import Checked
from fairway.gitops.check.folder import Folder
from fairway.gitops.diagnostics import Diagnostic, Severity
from fairway.gitops.model import Mark
from fairway.gitops.spec.limits import MAX_BYTES
from fairway.gitops.spec.wording import printable

_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.NOTICE: "36"}
_BEFORE, _WIDTH = 80, 120
"""Characters of a long line before the place, and altogether."""


def render(checked: Checked, *, coloured: bool, here: Path) -> Iterator[str]:
    """The lines to print; paths are as seen from the folder ``here``."""
    lines = _Lines(Folder(checked.root))
    for found in checked.diagnostics:
        path = os.path.relpath(checked.root / found.path, here)
        yield f"{_headline(found, printable(path), coloured=coloured)}"
        yield from _excerpt(lines.at(found), found.mark)
        if found.hint:
            yield f"      hint: {printable(found.hint)}"
    yield summary(checked)


def summary(checked: Checked) -> str:
    """How much there was, and how much of it is wrong."""
    counted = [
        _several(checked.count(severity), word)
        for severity, word in ((Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.NOTICE, "notice"))
        if checked.count(severity) or severity is Severity.ERROR
    ]
    looked = f"{_several(len(checked.paths), 'spec file')}, {_several(checked.entities, 'good definition')}"
    return f"{looked}: {', '.join(counted)}"


def _several(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _headline(found: Diagnostic, path: str, *, coloured: bool) -> str:
    entity = f' (entity "{found.entity}")' if found.entity else ""
    code = f"\x1b[{_COLOURS[found.severity]}m{found.code}\x1b[0m" if coloured else found.code
    return f"{path}:{found.mark.line}:{found.mark.column}: {code}: {printable(found.message)}{entity}"


def _excerpt(line: str | None, mark: Mark) -> Iterator[str]:
    if line is None:
        return
    start = max(0, mark.column - 1 - _BEFORE)
    before, after = _clean(line[start : mark.column - 1]), _clean(line[mark.column - 1 : start + _WIDTH])
    if start:
        before = f"…{before}"
    number = str(mark.line).rjust(5)
    yield f"{number} | {before}{after}".rstrip()
    yield f"      | {' ' * _columns(before)}^"


def _clean(text: str) -> str:
    return printable(text.replace("\t", " "))


def _columns(text: str) -> int:
    """Columns on a terminal: letters of East Asian scripts take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


class _Lines:
    """The lines of the files, one file at a time."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._path: str | None = None
        self._lines: list[str] = []

    def at(self, found: Diagnostic) -> str | None:
        if found.path != self._path:
            content = self._folder.read(found.path, MAX_BYTES)
            text = content.decode(errors="replace") if isinstance(content, bytes) else ""
            self._path, self._lines = found.path, text.removeprefix("\ufeff").split("\n")
        number = found.mark.line - 1
        return self._lines[number].rstrip("\r") if number < len(self._lines) and any(self._lines) else None
