"""Destructuring: ``$x``, ``[$a, [$b]]``, ``{a: $x, $y}``."""

from __future__ import annotations

from fairway.jq.syntax import Pattern, UnsupportedError
from fairway.jq.tokens import KEYWORDS, TokenStream


class PatternParser:
    """Reads one pattern from the cursor."""

    def __init__(self, stream: TokenStream) -> None:
        self._stream = stream
        self._found: list[tuple[str, tuple[str | int, ...]]] = []

    def pattern(self) -> Pattern:
        """The variables with their places; a name may occur only once."""
        self._read(())
        names = [name for name, _ in self._found]
        if len(set(names)) != len(names) or any(name in {"ENV", "__loc__", "__prog_args"} for name in names):
            raise UnsupportedError("unusual variable names")
        return tuple(self._found)

    def _read(self, path: tuple[str | int, ...]) -> None:
        token = self._stream.advance()
        if token.kind == "variable":
            self._found.append((token.text[1:], path))
        elif token.kind == "operator" and token.text == "[":
            self._items(path)
        elif token.kind == "operator" and token.text == "{":
            self._pairs(path)
        else:
            raise UnsupportedError("pattern expected")

    def _items(self, path: tuple[str | int, ...]) -> None:
        position = 0
        while True:
            self._read((*path, position))
            position += 1
            if not self._stream.take(","):
                break
        self._stream.expect("]")

    def _pairs(self, path: tuple[str | int, ...]) -> None:
        while True:
            token = self._stream.advance()
            if token.kind == "variable" and not self._stream.peek(":"):
                self._found.append((token.text[1:], (*path, token.text[1:])))
            elif token.kind == "word" and token.text not in KEYWORDS:
                self._stream.expect(":")
                self._read((*path, token.text))
            elif token.kind == "string" and len(token.parts) == 1:
                self._stream.expect(":")
                self._read((*path, token.parts[0]))
            else:
                raise UnsupportedError("pattern key expected")
            if not self._stream.take(","):
                break
        self._stream.expect("}")
