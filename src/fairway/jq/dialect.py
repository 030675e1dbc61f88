"""Single-quoted strings, which the product accepts and jq does not (contracts: catalog API 6.7, framework 6.4).

``.properties.'my-prop'`` and ``'a' + .b`` become their double-quoted spelling. Double-quoted strings and comments stay
as they are, except for the interpolations ``\\( )`` inside strings, which are program text again.
"""

from __future__ import annotations


def translate(text: str) -> str:
    """``text`` with single-quoted strings made double-quoted; unbalanced quotes are left for libjq to reject."""
    return text if "'" not in text else Scanner(text).code()


class Scanner:
    """Walks program text, aware of strings, interpolations and brackets."""

    def __init__(self, text: str, at: int = 0) -> None:
        self._text = text
        self.at = at

    def code(self, until: str = "") -> str:
        """Translated program text up to ``until`` outside any bracket (``at`` then points there), or to the end.

        ``until`` is ``")"`` for interpolations and ``"}}"`` for templates, where ``#`` starts no comment, since it
        would hide the end.
        """
        out: list[str] = []
        depth = 0
        while self.at < len(self._text):
            char = self._text[self.at]
            if char in "\"'":
                out.append(self._quoted(char))
                continue
            if char == "#" and until != "}}":
                out.append(self._comment())
                continue
            if until and depth == 0 and self._text.startswith(until, self.at):
                break
            depth += (char in "([{") - (char in ")]}")
            out.append(char)
            self.at += 1
        return "".join(out)

    def _comment(self) -> str:
        end = self._text.find("\n", self.at)
        end = len(self._text) if end < 0 else end
        comment = self._text[self.at : end]
        self.at = end
        return comment

    def _quoted(self, quote: str) -> str:
        end = self._closing_apostrophe() if quote == "'" else -1
        self.at += 1
        if quote == "'" and end < 0:
            return quote
        out = ['"']
        while self.at < len(self._text):
            if (quote == '"' and self._text[self.at] == '"') or self.at == end:
                self.at += 1
                out.append('"')
                break
            out.append(self._character(quote))
        return "".join(out)

    def _character(self, quote: str) -> str:
        """One character of a string's content, an escape, or an interpolation without its closing parenthesis."""
        pair = self._text[self.at : self.at + 2]
        if pair == "\\(":
            self.at += 2
            return "\\(" + self.code(until=")")
        if pair[0] == "\\" and len(pair) == 2:
            self.at += 2
            return "'" if pair == "\\'" else pair
        self.at += 1
        return '\\"' if pair[0] == '"' and quote == "'" else pair[0]

    def _closing_apostrophe(self) -> int:
        """The quote that ends the string opened here: one that no word character follows, else simply the next."""
        first = -1
        at = self.at + 1
        while at < len(self._text):
            if self._text[at] == "\\":
                at += 2
                continue
            if self._text[at] == "'":
                first = at if first < 0 else first
                if not _word(self._text[at + 1 : at + 2]):
                    return at
            at += 1
        return first


def _word(char: str) -> bool:
    return char.isalnum() or char == "_"
