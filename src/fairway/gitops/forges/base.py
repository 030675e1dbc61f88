"""What the synchronisation asks of every forge. Sections 3 to 5 of the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from fairway.gitops.diagnostics import Diagnostic
from fairway.gitops.forges.gate import Lane
from fairway.gitops.model import Repository, Tip
from fairway.gitops.patterns import Patterns


class ForgeKind(StrEnum):
    """Whose API it is."""

    BITBUCKET_SERVER = "bitbucket-server"
    GITHUB = "github"
    GITLAB = "gitlab"
    GITEA = "gitea"
    GIT = "git"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to find out about a repository, and what is known of it, so that the forge can take the cheapest way.

    Without anything known everything is read.
    """

    patterns: Patterns
    branch: str | None = None
    """None: the default branch."""
    commit: str | None = None
    """A commit to read instead of the branch's tip: the head of a pull request."""
    known_tip: str | None = None
    known_files: Mapping[str, str] = field(default_factory=dict)
    """Path of each spec file to the ``version`` its content had."""
    dependencies: Mapping[str, str] = field(default_factory=dict)
    """Path of each file that spec files refer to, to its ``version``."""
    lane: Lane = "pass"
    """``event`` when somebody waits for it: a pass leaves a reserve of the forge's rate limit, and may read a branch
    without asking for its commit."""


@dataclass(frozen=True, slots=True)
class SpecBytes:
    """A spec file at the tip. ``content`` is None when its version is the known one, so that nothing was read."""

    version: str
    """Changes whenever the content does: a blob id, or the SHA-256 of the content."""
    content: bytes | None
    size: int | None = None
    """Bytes; above the limit of spec files ``content`` holds nothing and ``too_big`` is true."""
    too_big: bool = False


@dataclass(frozen=True, slots=True)
class Examined:
    """What a repository holds. ``files`` are all spec files at the tip: a path that is not here does not exist."""

    tip: Tip | None
    """None: no commit yet, or no such branch. Its commit is empty when a pass read a single file without asking for it
    (Bitbucket Server), and its branch when the forge did not name it; then there is no tip to remember."""
    unchanged: bool = False
    """The tip is the known one; ``files`` is empty and means nothing."""
    files: Mapping[str, SpecBytes] = field(default_factory=dict)
    changed_dependencies: frozenset[str] | None = None
    """Those of ``Wanted.dependencies`` whose content is another; None: unknown, so all may have changed."""
    ignored: tuple[str, ...] = ()
    """Files in the root whose names are nearly right, as ``PORT.YML``."""


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What a commit or a pull request is told. ``state`` is success, failure, error or pending."""

    state: str
    title: str
    summary: str
    link: str | None = None
    diagnostics: Sequence[Diagnostic] = ()
    request: str | None = None
    """The pull request's number, where notes and comments go."""
    idle: bool = False
    """There are no spec files, and there were none: nobody needs to be told."""


@dataclass(slots=True)
class ForgeFigures:
    """What a client has used so far."""

    requests: int = 0
    retries: int = 0
    not_modified: int = 0
    rate_limited: int = 0
    budget_left: int | None = None
    unknown: tuple[str, ...] = ()
    """What the settings name and the last listing did not have: projects that are not there, or not to be seen."""


class Forge(Protocol):
    """A client of one source. All calls may raise the errors of ``forges/errors.py``.

    ``read`` and ``examine`` never answer from a moving branch: they say at which commit they looked.
    """

    kind: ForgeKind
    figures: ForgeFigures

    async def identity(self) -> str:
        """Who the credentials are, as one line that stays the same; checks that they work.

        Raises:
            ForgeRefused: the credentials are wrong or locked.
        """
        ...

    def listing(self) -> AsyncIterator[Sequence[Repository]]:
        """All repositories the credentials see within the source's projects, page by page.

        Raises:
            ListingIncomplete: a page failed, repeated, or never ended; nothing may be deleted because of this listing.
        """
        ...

    async def repository(self, repository: str) -> Repository | None:
        """A repository by the id or label that an event names; None when there is none, or it may not be seen."""
        ...

    async def examine(self, repository: Repository, wanted: Wanted) -> Examined:
        """Looks at a repository in as few requests as the forge allows.

        Raises:
            RepositoryGone: there is none any more, or it may not be seen.
        """
        ...

    async def read(self, repository: Repository, commit: str, path: str, limit: int) -> bytes | None:
        """A file's exact bytes at a commit; None when there is none.

        Raises:
            FileTooBig: it holds more than ``limit`` bytes.
        """
        ...

    async def report(self, repository: Repository, commit: str, report: StatusReport) -> None:
        """Shows the outcome at a commit, in place of the one shown before."""
        ...

    def file_url(self, repository: Repository, commit: str, path: str, line: int | None = None) -> str:
        """Where people see a line of a file."""
        ...

    async def close(self) -> None:
        """Closes the connections."""
        ...
