"""Which paths of a repository are spec files. Section 3 of the contract."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

EVERYWHERE = ("**/port.yml", "**/port.yaml")
ROOT = ("port.yml", "port.yaml")
_SPECIAL = frozenset("*?[{")


@dataclass(frozen=True, slots=True)
class Patterns:
    """Globs in order; the last that matches decides, and ``!`` in front excludes."""

    globs: tuple[str, ...] = EVERYWHERE

    @classmethod
    def of(cls, globs: Sequence[str] | str) -> Patterns:
        """Patterns from a source's ``specPath``: one or a list."""
        return cls((globs,) if isinstance(globs, str) else tuple(globs))

    def matches(self, path: str) -> bool:
        """Whether the file at ``path``, relative to the root, is a spec file."""
        found = False
        for glob in self.globs:
            if _compiled(glob.removeprefix("!")).fullmatch(path):
                found = not glob.startswith("!")
        return found

    @property
    def root_names(self) -> tuple[str, ...] | None:
        """The names when only plain files in the root are wanted, which bulk calls can answer; else None."""
        plain = [glob.removeprefix("/") for glob in self.globs]
        if any(_SPECIAL & set(glob) or "/" in glob or glob.startswith("!") for glob in plain):
            return None
        return tuple(dict.fromkeys(plain))


@lru_cache(maxsize=1024)
def _compiled(glob: str) -> re.Pattern[str]:
    components = glob.removeprefix("/").split("/")
    last = len(components) - 1
    text = ""
    for index, component in enumerate(components):
        if component == "**":
            text += ".*" if index == last else "(?:[^/]+/)*"
        else:
            text += _component(component) + ("" if index == last else "/")
    return re.compile(text, re.DOTALL)


def _component(glob: str) -> str:
    """One path component as a regular expression; brackets and braces that do not close stand for themselves."""
    text, at, depth = "", 0, 0
    while at < len(glob):
        char = glob[at]
        at += 1
        if char == "*":
            text += "[^/]*"
        elif char == "?":
            text += "[^/]"
        elif char == "[" and (end := glob.find("]", at + 1)) > 0:
            inner = glob[at:end].replace("\\", "\\\\").replace("[", "\\[")
            text += f"(?!/)[{'^' + inner[1:] if inner[0] in '!^' else inner}]"
            at = end + 1
        elif char == "{" and "}" in glob[at:]:
            text, depth = text + "(?:", depth + 1
        elif char == "}" and depth:
            text, depth = text + ")", depth - 1
        elif char == "," and depth:
            text += "|"
        else:
            text += re.escape(char)
    return text
