"""An object of expressions: every text in it is a program, everything else stands for itself (contract 8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairway.jq import Program, Result

Compile = Callable[[str, str], Program]
"""Text and place of a program."""


@dataclass(frozen=True, slots=True)
class _Slot:
    """The place of a program's value."""

    at: int


class Template:
    """Compiled once, filled with the first outputs of its programs."""

    def __init__(self, value: str | Mapping[str, Any], place: str, compile_text: Compile) -> None:
        self.programs: list[Program] = []
        self.places: list[str] = []
        self._compile = compile_text
        self._shape = self._walk(value, place)

    @property
    def whole(self) -> bool:
        """Whether one program makes all of it."""
        return isinstance(self._shape, _Slot)

    def fill(self, results: Sequence[Result]) -> Any:
        """The value, given a result for each of ``programs``; a failed one counts as null."""
        return _fill(self._shape, results)

    def _walk(self, value: Any, place: str) -> Any:
        if isinstance(value, str):
            self.programs.append(self._compile(value, place))
            self.places.append(place)
            return _Slot(len(self.programs) - 1)
        if isinstance(value, Mapping):
            walked = ((name, self._walk(child, f"{place}.{name}"), child) for name, child in value.items())
            return {name: shape for name, shape, child in walked if shape != {} or not isinstance(child, Mapping)}
        if isinstance(value, list):
            return [self._walk(child, f"{place}[{at}]") for at, child in enumerate(value)]
        return value


def _fill(shape: Any, results: Sequence[Result]) -> Any:
    if isinstance(shape, _Slot):
        return results[shape.at].value
    if isinstance(shape, dict):
        return {name: _fill(child, results) for name, child in shape.items()}
    if isinstance(shape, list):
        return [_fill(child, results) for child in shape]
    return shape
