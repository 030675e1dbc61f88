"""Findings before it is known which entity they are about."""

from __future__ import annotations

from dataclasses import dataclass

from fairway.gitops.diagnostics import Diagnostic, Severity
from fairway.gitops.model import EntityKey, Mark
from fairway.gitops.spec.limits import MAX_DIAGNOSTICS


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding at one place. Codes that begin with W are warnings."""

    code: str
    message: str
    mark: Mark
    hint: str | None = None
    end_line: int | None = None
    severity: Severity | None = None

    def at(self, path: str, entity: EntityKey | None = None) -> Diagnostic:
        """The diagnostic of a file and an entity."""
        severity = self.severity or (Severity.WARNING if self.code.startswith("W_") else Severity.ERROR)
        return Diagnostic(
            self.code, self.message, path, self.mark,
            end_line=self.end_line, entity=entity, hint=self.hint, severity=severity,
        )  # fmt: skip

    @property
    def is_error(self) -> bool:
        """Whether the definition is not to be applied because of it."""
        return not self.code.startswith("W_") and self.severity in (None, Severity.ERROR)


class Unreadable(Exception):
    """The file cannot be read as definitions at all; says why. Never leaves this package."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*(problem.message for problem in problems))
        self.problems = problems


def limited(found: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """In the order of the file, and no more than anybody would read; errors are kept before warnings."""
    if len(found) > MAX_DIAGNOSTICS:
        kept = sorted(found, key=lambda each: each.severity is not Severity.ERROR)[: MAX_DIAGNOSTICS - 1]
        rest = Diagnostic(
            "E_TOO_MANY",
            f"The file has {len(found)} findings; {len(found) - len(kept)} of them are not shown",
            found[0].path, kept[-1].mark, severity=Severity.WARNING,
        )  # fmt: skip
        found = [*kept, rest]
    return tuple(sorted(found, key=lambda each: each.mark))
