"""Files of repositories as raw items: which paths are wanted, and what their content is (contract section 18)."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

import yaml

from fairway.kit.errors import InvalidRequest

MOST_BYTES = 1024 * 1024
"""Larger files are left out."""
_MOST_GLOB = 1000
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MOST_NODES = 200_000
"""Values of a document; aliases count each time they are used, so that a small file cannot become a huge one."""


def matches(glob: str, path: str) -> bool:
    """Whether ``path`` is meant by ``glob``: ``*`` and ``?`` stay within a folder, ``**`` does not, ``{a,b}`` and
    ``[a-z]`` are choices.

    Raises:
        InvalidRequest: the glob is none.
    """
    return compiled(glob).fullmatch(path.strip("/")) is not None


def is_glob(text: str) -> bool:
    """Whether it stands for more than one path."""
    return any(char in text for char in "*?[{")


@lru_cache(maxsize=1024)
def compiled(glob: str) -> re.Pattern[str]:
    """The expression of a glob.

    Raises:
        InvalidRequest: it is too long, or its brackets do not match.
    """
    text = glob.strip().removeprefix("./").strip("/")
    if not text or len(text) > _MOST_GLOB:
        raise InvalidRequest(f'"{glob[:80]}" is no glob of up to {_MOST_GLOB} characters')
    try:
        return re.compile("".join(_Translation(text).parts()), re.DOTALL)
    except re.error as error:
        raise InvalidRequest(f'"{glob[:80]}" is no glob: {error}') from None


class _Translation:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def parts(self) -> list[str]:
        found: list[str] = []
        while self._at < len(self._text):
            found.append(self._next())
        if self._depth:
            raise InvalidRequest(f'"{self._text[:80]}" is no glob: a brace is not closed')
        return found

    def _next(self) -> str:
        rest = self._text[self._at :]
        for token, expression in (("**/", "(?:.*/)?"), ("**", ".*"), ("*", "[^/]*"), ("?", "[^/]")):
            if rest.startswith(token):
                self._at += len(token)
                return expression
        if rest[0] == "[" and "]" in rest[2:]:
            return self._choice(rest)
        self._at += 1
        return self._brace(rest[0])

    def _choice(self, rest: str) -> str:
        end = rest.index("]", 2)
        inner = rest[1:end].replace("\\", "\\\\").replace("[", "\\[")
        self._at += end + 1
        return f"(?!/)[{'^' + inner[1:] if inner[0] == '!' else inner}]"

    def _brace(self, char: str) -> str:
        if char == "{":
            self._depth += 1
            return "(?:"
        if char == "}" and self._depth:
            self._depth -= 1
            return ")"
        return "|" if char == "," and self._depth else re.escape(char)


def parsed(path: str, content: bytes, *, skip: bool = False) -> Any:
    """The content of JSON and YAML files, where several YAML documents are a list; the text of others, of those that
    are neither after all, and of all with ``skip``."""
    text = content.decode("utf-8", errors="replace").removeprefix("\ufeff")
    suffix = path.rpartition(".")[2].lower()
    if skip or suffix not in ("json", "yaml", "yml"):
        return text
    try:
        found = json.loads(text) if suffix == "json" else _documents(text)
        return _plain(found, [_MOST_NODES])
    except (ValueError, yaml.YAMLError, RecursionError):
        return text


def _documents(text: str) -> Any:
    documents = list(yaml.load_all(text, Loader=_LOADER))
    return documents[0] if len(documents) == 1 else documents


def _plain(value: Any, left: list[int]) -> Any:
    """``value`` as JSON has it; dates, as YAML knows them, are text.

    Raises:
        ValueError: it is too large.
    """
    left[0] -= 1
    if left[0] < 0:
        raise ValueError("too large")
    if isinstance(value, dict):
        return {str(key): _plain(inner, left) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(inner, left) for inner in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
