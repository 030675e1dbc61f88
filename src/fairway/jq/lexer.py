"""Tokens of the covered subset. What is not recognised here is left to libjq."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from fairway.jq.syntax import UnsupportedError

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+|\#[^\n\\\r]*(?=\n|$))
      | (?P<field>\.[a-zA-Z_][a-zA-Z_0-9]*)
      | (?P<variable>\$[a-zA-Z_][a-zA-Z_0-9]*)
      | (?P<format>@[a-zA-Z0-9_]+)
      | (?P<word>[a-zA-Z_][a-zA-Z_0-9]*)
      | (?P<number>(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)(?![0-9a-zA-Z_.])
      | (?P<operator>\?//|//|==|!=|<=|>=|[.\[\]{}()|,:;=<>+\-*/%?])
    """,
    re.VERBOSE | re.ASCII,
)
_AMBIGUOUS = re.compile(r"(?:\.\.|\|=|[-+*/%]=|//=|::|\$ )")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_PLAIN = re.compile(r'[^"\\]+')
_UNICODE = re.compile(r"u([0-9a-fA-F]{4})(?:\\u([dD][c-fC-F][0-9a-fA-F]{2}))?")


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is field, variable, format, word, number, operator, string or end."""

    kind: str
    text: str
    start: int
    end: int
    parts: list[Any] = field(default_factory=list)
    """Of strings: texts, and token lists for interpolations."""


class Lexer:
    """Turns text into tokens; strings nest, because interpolations are program text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def tokens(self, *, nested: bool = False) -> list[Token]:
        """All tokens, up to the closing parenthesis of an interpolation when ``nested``."""
        found: list[Token] = []
        depth = 0
        while self._at < len(self._text):
            token = self._next()
            if token is None:
                continue
            depth += (token.text == "(") - (token.text == ")") if token.kind == "operator" else 0
            if nested and depth < 0:
                break
            found.append(token)
        else:
            if nested:
                raise UnsupportedError("unterminated interpolation")
        found.append(Token("end", "", self._at, self._at))
        return found

    def _next(self) -> Token | None:
        start = self._at
        if self._text[start] == '"':
            parts = self._string()
            return Token("string", "", start, self._at, parts)
        if _AMBIGUOUS.match(self._text, start):
            raise UnsupportedError(f"operator at {start}")
        match = _TOKEN.match(self._text, start)
        if not match:
            raise UnsupportedError(f"character at {start}")
        self._at = match.end()
        kind = match.lastgroup or ""
        return None if kind == "space" else Token(kind, match.group(), start, self._at)

    def _string(self) -> list[Any]:
        parts: list[Any] = [""]
        self._at += 1
        while self._at < len(self._text):
            plain = _PLAIN.match(self._text, self._at)
            if plain:
                parts[-1] += plain.group()
                self._at = plain.end()
            elif self._text[self._at] == '"':
                self._at += 1
                return parts
            elif self._text.startswith("\\(", self._at):
                self._at += 2
                parts += [self.tokens(nested=True), ""]
            else:
                parts[-1] += self._escape()
        raise UnsupportedError("unterminated string")

    def _escape(self) -> str:
        char = self._text[self._at + 1 : self._at + 2]
        if char in _ESCAPES and char:
            self._at += 2
            return _ESCAPES[char]
        match = _UNICODE.match(self._text, self._at + 1)
        if not match:
            raise UnsupportedError("unknown escape")
        self._at = match.end()
        return _decode(match)


def _decode(match: re.Match[str]) -> str:
    high = int(match.group(1), 16)
    low = int(match.group(2), 16) if match.group(2) else None
    if 0xD800 <= high < 0xDC00 and low is not None:
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    if 0xD800 <= high < 0xE000 or low is not None:
        raise UnsupportedError("unpaired surrogate")
    return chr(high)
