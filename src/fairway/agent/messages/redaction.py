"""Takes secrets out of everything that is logged or shown: by value, in the spellings in which values travel."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "***"
_SHORTEST = 4
"""Shorter values stay: taking every ``a`` out of a log would hide the log and not the secret."""
_QUOTED = 3
"""How often JSON is quoted in JSON: a body in the text of an answer in a log line."""
_SENSITIVE = re.compile(
    r"(pass(word|wd|phrase)?|secret|token|authorization|api[-_]?key|private[-_]?key|access[-_]?key|cookie|credential"
    r"|signature)s?$",
    re.IGNORECASE,
)


def sensitive(name: str) -> bool:
    """Whether a header, key or variable of this name holds a secret."""
    return _SENSITIVE.search(name) is not None


def secrets_in(value: Any) -> list[str]:
    """Texts below sensitive names, at any depth."""
    found: list[str] = []
    stack: list[tuple[Any, bool]] = [(value, False)]
    while stack:
        each, secret = stack.pop()
        if isinstance(each, dict):
            stack.extend((child, sensitive(str(name))) for name, child in each.items())
        elif isinstance(each, list):
            stack.extend((child, secret) for child in each)
        elif secret and isinstance(each, str):
            found.append(each)
            found.extend(each.split(" ", 1)[1:])  # "Bearer <token>": the token alone, too
    return found


class Redactor:
    """Replaces known secrets by ``***``."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = frozenset(text for text in secrets if len(text) >= _SHORTEST)
        spellings = {spelling for text in self._secrets for spelling in _spellings(text)}
        longest_first = sorted(spellings, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def adding(self, secrets: Iterable[str]) -> Redactor:
        """One that knows these as well."""
        more = self._secrets.union(secrets)
        return self if more == self._secrets else Redactor(more)

    def of_length(self, shortest: int) -> Redactor:
        """One that knows only the secrets that have so many characters: for links and ids, which a short word taken out
        of them would break."""
        return Redactor(text for text in self._secrets if len(text) >= shortest)

    def text(self, text: str) -> str:
        """``text`` without secrets."""
        return self._pattern.sub(HIDDEN, text) if self._pattern else text

    def value(self, value: Any) -> Any:
        """A copy of a JSON value without secrets in its texts and keys."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(str(name)): self.value(child) for name, child in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(child) for child in value]
        return value


def _spellings(text: str) -> set[str]:
    """As it is, inside JSON, which may be quoted in JSON again, and inside a URL."""
    found = {text}
    for _ in range(_QUOTED):
        found |= {json.dumps(each, ensure_ascii=ascii_only)[1:-1] for each in found for ascii_only in (True, False)}
    return found | {quote(text, safe=""), quote(text), quote_plus(text)}
