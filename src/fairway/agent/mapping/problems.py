"""What is wrong with a mapping file."""

from __future__ import annotations

from collections.abc import Sequence

from fairway.kit.errors import InvalidRequest


class MappingInvalid(InvalidRequest):
    """The file cannot be used; every problem is listed, not only the first."""

    def __init__(self, where: str, problems: Sequence[str]) -> None:
        listed = "".join(f"\n  - {problem}" for problem in problems)
        super().__init__(f'The mapping file "{where}" cannot be used:{listed}', details={"problems": list(problems)})
        self.problems = tuple(problems)


class MappingUndecided(InvalidRequest):
    """Whether a mapping applies, or what it sends, could not be computed: the run fails with the cause."""
