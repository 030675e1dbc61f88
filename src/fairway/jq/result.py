"""The outcome of one evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["value", "empty", "error", "limit"]


@dataclass(frozen=True, slots=True)
class Result:
    """The first output of a program, or why there is none.

    ``value`` is ``None`` unless ``kind`` is ``"value"`` (and may be ``None`` then, too).
    """

    value: Any = None
    error: str | None = None
    kind: Kind = "value"

    @property
    def failed(self) -> bool:
        """True for errors and overrun limits; an empty program is not a failure."""
        return self.error is not None


EMPTY = Result(kind="empty")
"""The program had no output."""


def failure(message: str) -> Result:
    """The program raised ``message``."""
    return Result(None, message, "error")


def overrun(message: str) -> Result:
    """The evaluation went over a limit."""
    return Result(None, message, "limit")
