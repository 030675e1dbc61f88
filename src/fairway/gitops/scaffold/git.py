"""Scaffolding on plain git: a branch is pushed, and people take it from there. Section 13 of the contract."""

from __future__ import annotations

from collections.abc import Sequence

from fairway.gitops.forges.errors import ForgeBroken, RepositoryGone
from fairway.gitops.forges.git.client import GitForge
from fairway.gitops.forges.git.committing import FileChange
from fairway.gitops.forges.requests import SPEC_BYTES
from fairway.gitops.model import Repository
from fairway.gitops.scaffold.model import EditConflict
from fairway.gitops.scaffold.workspace import Base, FileAt, OpenRequest, RequestText, Write, is_commit
from fairway.kit.clock import Clock

_MOVED = (
    "fetch first",
    "non-fast-forward",
    "already exists",
    "failed to update",
    "cannot lock",
    "stale",
    "failed to lock",
)


class GitWorkspace:
    """A :class:`~fairway.gitops.scaffold.workspace.Workspace`. ``author`` is ``Name <mail>`` of the bot."""

    def __init__(self, forge: GitForge, repository: Repository, clock: Clock, author: str) -> None:
        self._label = repository.label
        self._opened = forge.opened(repository)
        self._default = repository.address.get("branch")
        self._clock = clock
        self._author = author

    async def base(self, branch: str | None) -> Base:
        """See :class:`Workspace`."""
        wanted = branch or self._default
        tip = await self._opened.tip(wanted)
        if tip is not None:
            return Base(tip.branch, tip.commit)
        if branch is not None:
            raise RepositoryGone(f'"{self._label}" has no branch "{branch}"')
        return Base(wanted or "main", None)

    async def branches(self, prefix: str, own: str) -> Sequence[str]:
        """See :class:`Workspace`. Only that of this run: whether another one still waits is not known here."""
        return [] if await self._opened.tip(own) is None else [own]

    async def open_request(self, branch: str) -> OpenRequest | None:
        """There are none."""
        return None

    async def read(self, path: str, ref: str) -> FileAt | None:
        """See :class:`Workspace`."""
        commit = ref if is_commit(ref) else (await self.base(ref)).commit
        content = None if commit is None else await self._opened.read(commit, path, SPEC_BYTES)
        return None if content is None or commit is None else FileAt(path, content, commit)

    async def write(self, write: Write) -> None:
        """See :class:`Workspace`. The push says where the branch was, so that the server notices when it is not."""
        old = None if write.start is not None else (await self.base(write.branch)).commit
        parent = write.start.commit if write.start is not None else old
        if write.start is None and write.file is not None and write.file.token != old:
            raise EditConflict(f'The branch "{write.branch}" of "{self._label}" moved meanwhile')
        change = FileChange(write.path, write.content, write.message, self._author, self._clock.now())
        commit = await self._opened.commit(parent, change)
        refusal = await self._opened.push(f"refs/heads/{write.branch}", old, commit)
        if refusal is not None and any(words in refusal for words in _MOVED):
            raise EditConflict(f'"{self._label}" was changed by somebody else meanwhile: {refusal}')
        if refusal is not None:
            raise ForgeBroken(f'"{self._label}" refuses the push: {refusal}')

    async def request(self, branch: str, base: Base, text: RequestText) -> OpenRequest | None:
        """There are none."""
        return None

    async def update(self, request: OpenRequest, text: RequestText) -> None:
        """There are none.

        Raises:
            ForgeBroken: always.
        """
        raise ForgeBroken("Plain git has no pull requests")
