"""Which paths of a repository are spec files. Section 3 of the contract."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from fairway.gitops.model import SPEC_NAMES
from fairway.kit.errors import InvalidRequest

EVERYWHERE = ("**/port.yml", "**/port.yaml")
ROOT = SPEC_NAMES
MAX_ALTERNATIVES = 1000
"""Globs that the braces of one glob may stand for."""
_SPECIAL = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Patterns:
    """Globs in order; the last that matches decides, and ``!`` in front excludes.

    Raises:
        InvalidRequest: the braces of a glob stand for more than :data:`MAX_ALTERNATIVES` globs.
    """

    globs: tuple[str, ...] = EVERYWHERE

    def __post_init__(self) -> None:
        for glob in self.globs:
            if len(_alternatives(glob)) > MAX_ALTERNATIVES:
                raise InvalidRequest(f'The braces of "{glob[:80]}" stand for more than {MAX_ALTERNATIVES} globs')

    @classmethod
    def of(cls, globs: Sequence[str] | str) -> Patterns:
        """Patterns from a source's ``specPath``: one or a list."""
        return cls((globs,) if isinstance(globs, str) else tuple(globs))

    def nearly(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Files in the root that may be taken for spec files and are none: ``PORT.YML``, ``port.yml.txt``."""
        return tuple(sorted(path for path in paths if _looks_like_one(path) and not self.matches(path)))

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
        return _root_names(self.globs)


@lru_cache(maxsize=64)
def _root_names(globs: tuple[str, ...]) -> tuple[str, ...] | None:
    plain = [each.removeprefix("/") for glob in globs for each in _alternatives(glob)]
    if any(not name or _SPECIAL & set(name) or "/" in name or name.startswith("!") for name in plain):
        return None
    return tuple(dict.fromkeys(plain))


@lru_cache(maxsize=1024)
def _compiled(glob: str) -> re.Pattern[str]:
    return re.compile("|".join(_glob(each.removeprefix("/")) for each in _alternatives(glob)), re.DOTALL)


@lru_cache(maxsize=1024)
def _alternatives(glob: str) -> tuple[str, ...]:
    """What the braces stand for; one more than allowed when there are too many."""
    done: list[str] = []
    waiting = [glob]
    while waiting and len(done) + len(waiting) <= MAX_ALTERNATIVES:
        each = waiting.pop()
        group = _first_group(each)
        if group is None:
            done.append(each)
        else:
            start, commas, end = group
            edges = [start, *commas, end]
            options = [each[left + 1 : right] for left, right in pairwise(edges)]
            waiting.extend(each[:start] + option + each[end + 1 :] for option in reversed(options))
    return (*done, *waiting)[: MAX_ALTERNATIVES + 1]


def _first_group(glob: str) -> tuple[int, list[int], int] | None:
    """Where the first group in braces that closes begins, its commas, and where it ends."""
    opened: list[tuple[int, list[int]]] = []
    found: tuple[int, list[int], int] | None = None
    for at, char in _outside_classes(glob):
        if char == "{":
            opened.append((at, []))
        elif char == "," and opened:
            opened[-1][1].append(at)
        elif char == "}" and opened:
            start, commas = opened.pop()
            if found is None or start < found[0]:
                found = start, commas, at
            if not opened:
                break
    return found


def _outside_classes(glob: str) -> Iterator[tuple[int, str]]:
    at = 0
    while at < len(glob):
        end = _class_end(glob, at) if glob[at] == "[" else -1
        if end < 0:
            yield at, glob[at]
        at = max(at, end) + 1


def _class_end(glob: str, start: int) -> int:
    """Where the class that begins at ``start`` is closed, or -1. A ``]`` in front is a member."""
    first = start + 2 if glob[start + 1 : start + 2] in ("!", "^") else start + 1
    end = glob.find("]", first + 1)
    return -1 if "/" in glob[start:end] else end


def _glob(glob: str) -> str:
    """A glob without braces. Stars stop at the first fit, which is enough, so that nothing is tried over and over."""
    runs: list[list[str]] = [[]]
    for component in glob.split("/"):
        if component == "**":
            runs.append([])
        else:
            runs[-1].append(_component(component))
    first, *rest = ("/".join(run) for run in runs)
    if not rest:
        return first
    last = rest.pop()
    text = f"{first}/" if first else ""
    text += "".join(f"(?>(?:[^/]+/)*?{run}/)" for run in rest if run)
    return text + (f"(?:[^/]+/)*{last}" if last else ".+")


def _component(glob: str) -> str:
    """One path component; brackets that do not close stand for themselves."""
    chunks, at = [""], 0
    while at < len(glob):
        char, end = glob[at], -1
        if char == "*":
            chunks.append("")
        elif char == "?":
            chunks[-1] += "[^/]"
        elif char == "[" and (end := _class_end(glob, at)) > 0:
            chunks[-1] += _class(glob[at + 1 : end])
        else:
            chunks[-1] += re.escape(char)
        at = max(at, end) + 1
    first, *rest = chunks
    if not rest:
        return first
    last = rest.pop()
    # A star takes at least something where the component would be empty otherwise.
    text = f"(?=[^/]){first}" + "".join(f"(?>[^/]*?{chunk})" for chunk in rest if chunk)
    return f"{text}[^/]*{last}"


def _class(members: str) -> str:
    """``[abc]``, ``[a-c]``, ``[!abc]``; never ``/``. A range that runs backwards has no members."""
    negated = members[0] in "!^"
    members = members[1:] if negated else members
    text, at = "", 0
    while at < len(members):
        if members[at + 1 : at + 2] == "-" and at + 2 < len(members):
            low, high = members[at], members[at + 2]
            text += f"{re.escape(low)}-{re.escape(high)}" if low <= high else ""
            at += 3
        else:
            text += re.escape(members[at])
            at += 1
    if negated:
        return f"[^/{text}]"
    return f"(?!/)[{text}]" if text else "(?!)"


def _looks_like_one(path: str) -> bool:
    lower = path.lower()
    return any(lower == name or lower.startswith(f"{name}.") for name in SPEC_NAMES) and path not in SPEC_NAMES
