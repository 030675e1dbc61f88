"""Takes secrets out of everything that is logged or shown: by value, in the spellings in which values travel."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
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


_PLAIN = re.compile(r"[A-Za-z0-9_.~-]+")
"""The same everywhere."""
_UNQUOTED = re.compile(r"[ !#-\[\]-~]+")
"""The same inside JSON."""


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

    def __init__(self, secrets: Iterable[str] = (), known: Mapping[str, frozenset[str]] | None = None) -> None:
        """``known`` are spellings of secrets from elsewhere: every run has a redactor of its own, so making one is
        cheap, and the pattern is only made for a text that holds a secret."""
        known = known or {}
        self._spellings = {
            text: known.get(text) or frozenset(_spellings(text)) for text in secrets if len(text) >= _SHORTEST
        }
        self._needles = [each for spellings in self._spellings.values() for each in spellings]
        self._pattern: re.Pattern[str] | None = None

    def adding(self, secrets: Iterable[str]) -> Redactor:
        """One that knows these as well."""
        more = {text for text in secrets if text not in self._spellings}
        return Redactor([*self._spellings, *more], self._spellings) if more else self

    def of_length(self, shortest: int) -> Redactor:
        """One that knows only the secrets that have so many characters: for links and ids, which a short word taken out
        of them would break."""
        return Redactor((text for text in self._spellings if len(text) >= shortest), self._spellings)

    def text(self, text: str) -> str:
        """``text`` without secrets."""
        if not any(needle in text for needle in self._needles):
            return text
        if self._pattern is None:
            longest_first = sorted(set(self._needles), key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))
        return self._pattern.sub(HIDDEN, text)

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
    if _PLAIN.fullmatch(text):
        return {text}
    found = {text}
    for _ in range(0 if _UNQUOTED.fullmatch(text) else _QUOTED):
        found |= {json.dumps(each, ensure_ascii=ascii_only)[1:-1] for each in found for ascii_only in (True, False)}
    return found | {quote(text, safe=""), quote(text), quote_plus(text)}
