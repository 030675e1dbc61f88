"""What can go wrong with an expression, as seen by callers."""

from __future__ import annotations

from fairway.kit.errors import InvalidRequest

_SHOWN = 120


def shorten(text: str, length: int = _SHOWN) -> str:
    """``text`` on one line, cut to ``length`` characters: programs in messages must stay readable."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


class JqSyntaxError(InvalidRequest):
    """The program text is not jq. The message names the text and the reason of libjq."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"The JQ expression `{shorten(text)}` is not valid: {reason}", details={"reason": reason})
        self.reason = reason


class JqLimitExceeded(InvalidRequest):
    """An evaluation ran over its time, its memory or its size of output (contract 15.23)."""


class NotCompiledError(TypeError):
    """A program outside the compiled subset was given to a synchronous call: a mistake of the caller."""
