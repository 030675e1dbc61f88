"""What is wrong with a spec file, where, and what would be right. Codes and messages: section 2.9 of the contract."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from fairway.gitops.model import EntityKey, Mark

START = Mark(1, 1)
"""Where findings about a whole file point to."""


class Severity(StrEnum):
    """Errors keep a definition from being applied; warnings do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. ``path`` is relative to the root of the repository; ``repository`` is its label, for messages."""

    code: str
    message: str
    path: str
    mark: Mark = START
    end_line: int | None = None
    entity: EntityKey | None = None
    hint: str | None = None
    repository: str | None = None
    commit: str | None = None
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        where = f"{self.path}:{self.mark.line}:{self.mark.column}"
        entity = f' (entity "{self.entity}")' if self.entity else ""
        return f"{where}: {self.code}: {self.message}{entity}"

    def document(self) -> dict[str, object]:
        """The JSON form of reports and answers."""
        return {
            "severity": self.severity.value,
            "code": self.code,
            "message": self.message,
            "path": self.path,
            "line": self.mark.line,
            "column": self.mark.column,
            "endLine": self.end_line,
            "entity": None if self.entity is None else {"blueprint": self.entity[0], "identifier": self.entity[1]},
            "hint": self.hint,
            "repository": self.repository,
            "commit": self.commit,
        }


def errors(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Those that keep something from being applied."""
    return [each for each in found if each.severity is Severity.ERROR]
