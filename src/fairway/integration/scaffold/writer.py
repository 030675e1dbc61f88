"""Writes the folder. Files are those of ``files``; ``{{name}}`` stands for a name, and lines between ``{{live}}`` (or
``{{not_live}}``) and ``{{end}}`` are for integrations with live events (or without)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from fairway.integration.scaffold.names import Names
from fairway.kit.errors import Conflict

_FILES = Path(__file__).parent / "files"
_SUFFIX = ".txt"
"""So that nobody takes the files for code of ours."""
_LIVE_FILES = frozenset({"live.py"})
_CHOICE = re.compile(r"^[^\n]*\{\{(live|not_live)\}\}[^\n]*\n(.*?)^[^\n]*\{\{end\}\}[^\n]*\n", re.DOTALL | re.MULTILINE)
_FIELD = re.compile(r"\{\{(\w+)\}\}")


def write_integration(folder: Path, names: Names, *, live: bool = False) -> list[Path]:
    """The files, relative to ``folder``, which is made.

    Raises:
        Conflict: there is something already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(f'"{folder}" is there already, and nothing is overwritten; give another place with --path')
    written: list[Path] = []
    for name, text in _files(names.fields(), live):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
        written.append(name)
    return written


def _files(fields: Mapping[str, str], live: bool) -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    for source in sorted(path for path in _FILES.rglob("*") if path.name.endswith(_SUFFIX)):
        name = Path(_filled(str(source.relative_to(_FILES)).removesuffix(_SUFFIX), fields))
        if live or name.name not in _LIVE_FILES:
            found.append((name, _filled(_chosen(source.read_text(encoding="utf-8"), live), fields)))
    return found


def _chosen(text: str, live: bool) -> str:
    wanted = "live" if live else "not_live"
    return _CHOICE.sub(lambda match: match[2] if match[1] == wanted else "", text)


def _filled(text: str, fields: Mapping[str, str]) -> str:
    return _FIELD.sub(lambda match: fields[match[1]], text)
