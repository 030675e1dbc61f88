"""What is wrong with the files of an integration."""

from __future__ import annotations

from collections.abc import Sequence

from fairway.kit.errors import InvalidRequest


class InvalidManifest(InvalidRequest):
    """Files of the integration's folder do not hold; ``problems`` has all of them, each with its file."""

    code = "invalid_manifest"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)
