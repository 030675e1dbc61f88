"""A definition while it is read: what was found, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fairway.gitops.model import Mark
from fairway.gitops.spec.nodes import Node, Scalar
from fairway.gitops.spec.problems import Problem
from fairway.gitops.spec.wording import quoted

Path = tuple[str, ...]
VALUE = ""
"""First part of the path of a value in ``Definition.marks``; keys have their own path."""


@dataclass(slots=True)
class Draft:
    """Marks and problems of one definition."""

    marks: dict[Path, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def note(self, code: str, message: str, node: Node, hint: str | None = None) -> None:
        """A problem at a node."""
        self.problems.append(Problem(code, message, node.mark, hint, node.end_line))

    def key(self, path: Path, key: Scalar, value: Node) -> None:
        """Where a key and its value are."""
        self.marks[path] = key.mark
        self.marks[(VALUE, *path)] = value.mark

    def check_text(self, text: str, node: Node, what: str) -> None:
        """Warns of what only looks like a value. Section 2.7: values are literal."""
        if "\0" in text:
            self.note("E_FIELD_TYPE", f"{what} holds a NUL character, which cannot be stored", node)
        start = text.find("{{")
        if start >= 0 and text.find("}}", start) > 0:
            message = f"{what} is {quoted(text)}, which looks like a template that was not filled in"
            self.note("W_TEMPLATE_LEFTOVER", message, node, "Values are taken as they are written")

    @property
    def good(self) -> bool:
        """Whether nothing keeps it from being applied."""
        return not any(problem.is_error for problem in self.problems)


def value_mark(marks: Mapping[Path, Mark], path: Path) -> Mark:
    """Where a value is, or what it is in."""
    for length in range(len(path), -1, -1):
        for candidate in ((VALUE, *path[:length]), path[:length]):
            if candidate in marks:
                return marks[candidate]
    return Mark(1, 1)
