"""What a mapping may say about how a kind is fetched."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel


class Selector(BaseModel):
    """Of every kind."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class OfProjectsSelector(Selector):
    """Whether archived projects, and what is in them, are left out."""

    include_only_active_projects: bool = False


class ProjectSelector(OfProjectsSelector):
    """Files arrive as ``__includedFiles``, by path; languages, with their percentages, as ``__languages``."""

    include_languages: bool = False
    included_files: tuple[str, ...] = ()


class GroupSelector(Selector):
    """Whether groups that are to be deleted, or archived, are left out."""

    include_only_active_groups: bool = False


class MembersSelector(GroupSelector):
    """Bots are users of tokens; inherited members are those of the groups above."""

    include_bot_members: bool = False
    include_inherited_members: bool = False


class MergeRequestSelector(Selector):
    """Open ones are read all, others when they changed in the last ``updatedAfter`` days."""

    states: tuple[Literal["opened", "closed", "merged"], ...] = ("opened",)
    updated_after: int = Field(90, ge=1)


class IssueSelector(Selector):
    """As for merge requests; with ``labels`` those that have all of them."""

    states: tuple[Literal["opened", "closed"], ...] = ("opened",)
    updated_after: int = Field(90, ge=1)
    labels: tuple[str, ...] = ()


class NewestSelector(OfProjectsSelector):
    """The newest ones of each project."""

    max_results: int = Field(100, ge=1, le=10_000)


class FilePattern(Selector):
    """Files of all projects, or of those named by their full path, by a glob."""

    path: str
    repos: tuple[str, ...] = ()
    branch: str | None = None
    skip_parsing: bool = False


class FileSelector(OfProjectsSelector):
    """Which files: one pattern, or a list."""

    files: tuple[FilePattern, ...] = Field(min_length=1)

    @field_validator("files", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [value] if isinstance(value, dict) else value


SELECTORS: dict[str, type[Selector]] = {
    "project": ProjectSelector,
    "group": GroupSelector,
    "group-with-members": MembersSelector,
    "member": MembersSelector,
    "merge-request": MergeRequestSelector,
    "issue": IssueSelector,
    "pipeline": NewestSelector,
    "job": NewestSelector,
    "release": OfProjectsSelector,
    "tag": OfProjectsSelector,
    "branch": OfProjectsSelector,
    "environment": OfProjectsSelector,
    "deployment": NewestSelector,
    "file": FileSelector,
}
