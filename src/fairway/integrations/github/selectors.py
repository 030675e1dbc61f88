"""What a mapping may say about how a kind is fetched."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Selector(BaseModel):
    """Of every kind: nothing but ``query``, which the framework reads."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class RepositorySelector(Selector):
    """Files arrive as ``__includedFiles``, by path; languages, with their bytes, as ``__languages``."""

    included_files: tuple[str, ...] = ()
    include_languages: bool = False


class PullRequestSelector(Selector):
    """``maxResults`` and ``since``, in days, limit closed ones of a repository; open ones are read all."""

    states: tuple[Literal["open", "closed"], ...] = ("open",)
    max_results: int = Field(100, ge=1, le=10_000)
    since: int = Field(60, ge=1)


class IssueSelector(Selector):
    """With ``labels`` those that have all of them."""

    states: tuple[Literal["open", "closed"], ...] = ("open",)
    labels: tuple[str, ...] = ()


class TeamSelector(Selector):
    """With ``members`` they arrive as ``__members``."""

    members: bool = True


class NewestSelector(Selector):
    """The newest ones of each repository."""

    max_results: int = Field(100, ge=1, le=1000)


class DependabotSelector(Selector):
    """Alerts in these states."""

    states: tuple[Literal["auto_dismissed", "dismissed", "fixed", "open"], ...] = ("open",)


class CodeScanningSelector(Selector):
    """Alerts in these states."""

    states: tuple[Literal["open", "dismissed", "fixed"], ...] = ("open",)


class RepositoryBranch(Selector):
    """A repository by name, and a branch if not the default one."""

    name: str
    branch: str | None = None


class FilePattern(Selector):
    """Files of all repositories, or of those named, by a glob on their path."""

    path: str
    organization: str | None = None
    repos: tuple[RepositoryBranch, ...] = ()
    skip_parsing: bool = False


class FileSelector(Selector):
    """Which files."""

    files: tuple[FilePattern, ...] = Field(min_length=1)


class FolderPattern(Selector):
    """Folders, as :class:`FilePattern`."""

    path: str
    organization: str | None = None
    repos: tuple[RepositoryBranch, ...] = ()


class FolderSelector(Selector):
    """Which folders."""

    folders: tuple[FolderPattern, ...] = Field(min_length=1)


SELECTORS: dict[str, type[Selector]] = {
    "organization": Selector,
    "repository": RepositorySelector,
    "pull-request": PullRequestSelector,
    "issue": IssueSelector,
    "team": TeamSelector,
    "user": Selector,
    "workflow": Selector,
    "workflow-run": NewestSelector,
    "release": Selector,
    "tag": Selector,
    "branch": Selector,
    "environment": Selector,
    "deployment": NewestSelector,
    "dependabot-alert": DependabotSelector,
    "code-scanning-alerts": CodeScanningSelector,
    "collaborator": Selector,
    "folder": FolderSelector,
    "file": FileSelector,
}
