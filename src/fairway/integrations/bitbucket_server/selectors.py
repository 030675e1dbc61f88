"""What a mapping may say about how a kind is fetched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel


class Selector(BaseModel):
    """Of every kind: nothing but ``query``, which the framework reads."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class ProjectSelector(Selector):
    """Projects by key, and of those, or of all, the ones whose key ``projectFilterRegex`` finds."""

    projects: tuple[str, ...] = ()
    project_filter_regex: str | None = None

    @field_validator("project_filter_regex")
    @classmethod
    def _compiles(cls, text: str | None) -> str | None:
        try:
            re.compile(text or "")
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from None
        return text

    def wants(self, project: Mapping[str, Any]) -> bool:
        """Whether resyncs read the project. Personal ones are not listed, so they have to be named."""
        key = str(project.get("key"))
        named = key.lower() in {each.lower() for each in self.projects}
        if not named and (self.projects or project.get("type") == "PERSONAL"):
            return False
        return self.project_filter_regex is None or re.search(self.project_filter_regex, key) is not None


class RepositorySelector(ProjectSelector):
    """Files arrive as ``__includedFiles``, by path; the newest commit of the default branch as ``__latestCommit``."""

    included_files: tuple[str, ...] = ()
    include_latest_commit: bool = False


class PullRequestSelector(ProjectSelector):
    """Pull requests in these states."""

    states: tuple[Literal["OPEN", "MERGED", "DECLINED"], ...] = Field(("OPEN",), min_length=1)


SELECTORS: dict[str, type[Selector]] = {
    "project": ProjectSelector,
    "repository": RepositorySelector,
    "pull-request": PullRequestSelector,
    "user": Selector,
}
