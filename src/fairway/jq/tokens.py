"""A cursor over tokens."""

from __future__ import annotations

from fairway.jq.lexer import Token
from fairway.jq.syntax import UnsupportedError

KEYWORDS = frozenset(
    [
        "def",
        "if",
        "then",
        "elif",
        "else",
        "end",
        "as",
        "reduce",
        "foreach",
        "try",
        "catch",
        "label",
        "import",
        "include",
        "and",
        "or",
        "__loc__",
        "module",
    ]
)


class TokenStream:
    """Looks at the current token and moves past it. Words count as keywords only when asked for by name."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def current(self) -> Token:
        """The token under the cursor."""
        return self._tokens[self._at]

    def advance(self) -> Token:
        """The token under the cursor, which then moves on."""
        token = self._tokens[self._at]
        if token.kind == "end":
            raise UnsupportedError("the program ends early")
        self._at += 1
        return token

    def peek(self, *texts: str) -> bool:
        """Whether the current token is one of these operators or keywords."""
        token = self.current
        return token.kind in {"operator", "word"} and token.text in texts

    def take(self, *texts: str) -> str | None:
        """Moves past the token if it is one of these operators or keywords, and says which."""
        return self.advance().text if self.peek(*texts) else None

    def expect(self, text: str) -> None:
        """Moves past exactly this token."""
        if not self.take(text):
            raise UnsupportedError(f"{text} expected")

    def expect_end(self) -> None:
        """There must be nothing left."""
        if self.current.kind != "end":
            raise UnsupportedError("something is left over")
