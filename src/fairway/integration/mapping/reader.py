"""Collects the problems of a document on the way through it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fairway.integration.model import Problem

_SHOWN = 80


def pointer(*parts: str | int) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def shown(value: Any, length: int = _SHOWN) -> str:
    """A value as JSON text, cut to be part of a message."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= length else text[: length - 1] + "…"


class Reader:
    """Each method returns a value that can be used, and notes a problem when the document's could not."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, where: str, rule: str, value: Any) -> None:
        """``value`` at ``where`` breaks ``rule``."""
        self.problems.append(Problem(where, f"{rule}, not {shown(value)}"))

    def missing(self, where: str, what: str) -> None:
        """``where`` is absent."""
        self.problems.append(Problem(where, f"is missing: {what}"))

    def switch(self, owner: Mapping[str, Any], key: str, where: str, default: bool = True) -> bool:
        """A strict boolean: the text "false" is none."""
        value = owner.get(key, default)
        if isinstance(value, bool):
            return value
        self.wrong(f"{where}/{key}", "must be true or false", value)
        return default
