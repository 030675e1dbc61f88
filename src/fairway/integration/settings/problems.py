"""One error that tells everything that is wrong with the settings (contract 2.2 [X], scenario 25)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairway.kit.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class SettingProblem:
    """One setting. The message never holds the value, which may be a secret."""

    variable: str
    """Its environment variable, wherever the value came from."""
    message: str
    source: str | None = None
    """``environment``, ``.env``, ``config.yaml``, ``arguments``; ``None`` when it was given nowhere."""

    def __str__(self) -> str:
        return f"{self.variable}{f' (from {self.source})' if self.source else ''}: {self.message}"


class InvalidSettings(InvalidRequest):
    """The integration cannot start like this."""

    code = "invalid_settings"

    def __init__(self, problems: Sequence[SettingProblem]) -> None:
        count = "1 setting is" if len(problems) == 1 else f"{len(problems)} settings are"
        super().__init__(f"{count} wrong:\n" + "\n".join(f"  {problem}" for problem in problems))
        self.problems = tuple(problems)
