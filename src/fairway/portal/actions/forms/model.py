"""What forms hand to others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class CheckedInputs:
    """Inputs that passed, completed with defaults, in three forms of the same."""

    raw: Mapping[str, Any]
    """As submitted; encrypted ones are sealed. What ``rawProperties`` shows and a re-run submits again."""
    shown: Mapping[str, Any]
    """For people: entity inputs as ``{identifier, title}``, sealed ones masked. What ``properties`` shows."""
    inputs: Mapping[str, Any]
    """For templates: entity inputs as entity documents, sealed ones as their sealed text (contract 6.7)."""
    encrypted: tuple[str, ...] = ()
    """Identifiers of the inputs whose values are sealed under the organisation's secret (contract 6.4)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A part of the definition that could not be worked out for the values given."""

    key: str
    """``default``, ``enum``, ``dataset`` and so on."""
    message: str

    def document(self) -> dict[str, str]:
        """As answered."""
        return {"key": self.key, "message": self.message}


@dataclass(frozen=True, slots=True)
class InputError:
    """A value that will not do."""

    input: str
    place: str
    """Where inside the value, such as ``[2].url``; empty for the value itself."""
    message: str
    expected: str

    def document(self) -> dict[str, str]:
        """As answered."""
        return {"input": self.input, "path": self.place, "message": self.message, "expected": self.expected}
