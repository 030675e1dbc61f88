"""Regular expressions that mean the same to Python and to libjq's Oniguruma, and cannot run away.

Covered: characters, ``.``, classes, groups, alternatives, anchors at the ends of alternatives, and quantifiers on
single characters. The rest, and non-ASCII subjects where ``\\d``, ``\\w``, ``\\s`` or case matter, is left to libjq.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from fairway.jq.program import Budget
from fairway.jq.runtime import JqError, UncertainError, show, spend
from fairway.jq.syntax import UnsupportedError

_ATOM = re.compile(
    r"""(?P<escape>\\[\\.\-/+*?()\[\]{}|^$])
      | (?P<kind>\\[dDwWsS])
      | (?P<set>\[\^?(?:[a-zA-Z0-9 _.,:;=@%\#/!<>"'~+*?(){}|$]|\\[\\.\-/+*?()\[\]{}|^$dws]|(?<=[\[^a-zA-Z0-9_.])-(?=\])
                |a-z|A-Z|0-9)+-?\])
      | (?P<any>\.)
      | (?P<literal>[^\\.\[\](){}|^$*+?])
    """,
    re.VERBOSE,
)
_QUANTIFIER = re.compile(r"(?:[*+]|\{[0-9]{1,2}(?:,[0-9]{0,2})?\}|\?)\??")
_WIDEST = 3
"""Unbounded quantifiers in one expression: each adds a power to the worst case."""


_MOST_CHOICES = 6
"""Optional parts and alternatives within groups: each may double the work."""


@dataclass(frozen=True, slots=True)
class Regex:
    """A compiled expression with what is known about its cost."""

    pattern: re.Pattern[str]
    unbounded: int
    ascii_only: bool
    choices: int
    anchored: bool

    def subject(self, value: Any, budget: Budget) -> str:
        """``value`` if it may be searched here; long ones are left to libjq, which bounds its own work."""
        if type(value) is not str:
            raise JqError(f"{show(value)} cannot be matched, as it is not a string")
        if self.ascii_only and not value.isascii():
            raise UncertainError
        worst = (len(value) + 1) ** (self.unbounded + (not self.anchored)) << self.choices
        spend(budget, min(worst, 2**62) >> (8 if self.unbounded else 4))
        return value

    def test(self, value: Any, budget: Budget) -> bool:
        """``test(re)``"""
        return self.pattern.search(self.subject(value, budget)) is not None

    def replace(self, value: Any, replacement: str, count: int, budget: Budget) -> str:
        """``sub`` (count 1) and ``gsub`` (count 0) with a constant replacement."""
        subject = self.subject(value, budget)
        spend(budget, (len(subject) * (len(replacement) + 1)) >> 4)
        return self.pattern.sub(lambda _: replacement, subject, count=count)


def compile_regex(text: str, flags: str = "", *, replacing: bool = False) -> Regex:
    """The expression for ``text``.

    Raises:
        UnsupportedError: it may mean something else to libjq, or may be slow, or (``replacing``) may match nothing.
    """
    if flags not in {"", "i"}:
        raise UnsupportedError("regex flags")
    reader = _Reader(text)
    reader.alternatives(0)
    if reader.at != len(text) or reader.unbounded > _WIDEST or reader.choices > _MOST_CHOICES:
        raise UnsupportedError("regex")
    if flags and not text.isascii():
        raise UnsupportedError("case of non-ASCII text")
    pattern = re.compile(text, re.ASCII | (re.IGNORECASE if flags else 0))
    if (replacing and pattern.match("")) or (replacing and ("^" in text or "$" in text) and _can_be_empty(text)):
        raise UnsupportedError("empty matches")
    anchored = text.startswith("^") and "|" not in text
    return Regex(pattern, reader.unbounded, reader.ascii_only or bool(flags), reader.choices, anchored)


def _can_be_empty(text: str) -> bool:
    """Whether the expression matches without taking a character anywhere, anchors aside."""
    return re.compile(text.replace("^", "").replace("$", ""), re.ASCII).match("") is not None


class _Reader:
    """Checks an expression; nothing is translated, because the covered part is spelled alike."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0
        self.unbounded = 0
        self.choices = 0
        self.ascii_only = False

    def alternatives(self, depth: int) -> None:
        if depth > 5:
            raise UnsupportedError("regex depth")
        self._sequence(depth)
        while self._take("|"):
            self.choices += depth > 0
            self._sequence(depth)

    def _sequence(self, depth: int) -> None:
        self._take("^")
        while self.at < len(self._text) and self._text[self.at] not in "|)$":
            if self._take("(?:") or self._take("("):
                self._group(depth)
            else:
                self._atom()
        self._take("$")

    def _group(self, depth: int) -> None:
        before = self.unbounded
        self.alternatives(depth + 1)
        if not self._take(")"):
            raise UnsupportedError("regex group")
        following = self._text[self.at : self.at + 1]
        if following == "?" and self.unbounded == before:
            self.at += 1
            self.choices += 1
            following = self._text[self.at : self.at + 1]
        if following and following in "*+?{":
            raise UnsupportedError("quantified group")

    def _atom(self) -> None:
        match = _ATOM.match(self._text, self.at)
        if not match:
            raise UnsupportedError("regex")
        self.at = match.end()
        self.ascii_only |= match.lastgroup == "kind" or (
            match.lastgroup == "set" and bool(re.search(r"\\[dws]", match.group()))
        )
        quantifier = _QUANTIFIER.match(self._text, self.at)
        if quantifier:
            self._quantified(quantifier)

    def _quantified(self, quantifier: re.Match[str]) -> None:
        self.at = quantifier.end()
        self.choices += quantifier.group().startswith("?")
        self.unbounded += quantifier.group() not in {"?", "??"} and not quantifier.group().endswith(("}", "}?"))
        self.unbounded += quantifier.group().startswith("{") and "," in quantifier.group()
        if self._text[self.at : self.at + 1] in {"*", "+", "?", "{"}:
            raise UnsupportedError("doubled quantifier")
        if quantifier.group().startswith("{") and not _ordered_bounds(quantifier.group()):
            raise UnsupportedError("bounds")

    def _take(self, text: str) -> bool:
        if self._text.startswith(text, self.at):
            self.at += len(text)
            return True
        return False


def _ordered_bounds(quantifier: str) -> bool:
    low, comma, high = quantifier.rstrip("?").strip("{}").partition(",")
    return not quantifier.endswith("?") and (not comma or not high or int(low) <= int(high))
