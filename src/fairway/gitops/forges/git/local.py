"""Bare repositories of this machine, read in place. Contract section 4.5."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ParamSpec, TypeVar

from dulwich.errors import ChecksumMismatch, FileFormatException, NotGitRepository
from dulwich.object_store import DiskObjectStore
from dulwich.objects import ObjectID
from dulwich.refs import DiskRefsContainer, Ref, RefsContainer
from dulwich.repo import Repo, UnsupportedExtension, UnsupportedVersion

from fairway.gitops.forges.base import Examined, SpecBytes, Wanted
from fairway.gitops.forges.errors import FileTooBig, ForgeBroken, RepositoryGone
from fairway.gitops.forges.git.committing import FileChange, NewCommit, commit_file
from fairway.gitops.forges.git.local_push import push_locally
from fairway.gitops.forges.git.objects import CommitFiles, blob_bytes, stored_size
from fairway.gitops.forges.git.selection import select
from fairway.gitops.forges.git.settings import GitLimits
from fairway.gitops.forges.requests import SPEC_BYTES
from fairway.gitops.model import Tip

_HEADS = b"refs/heads/"
LOCAL_THREADS = 2
P = ParamSpec("P")
T = TypeVar("T")


def git_folder(path: Path) -> Path | None:
    """The folder with the objects, in a bare repository or a working copy; None when ``path`` is neither."""
    for folder in (path, path / ".git"):
        if (folder / "HEAD").is_file() and (folder / "objects").is_dir():
            return folder
    return None


@dataclass(frozen=True, slots=True)
class LocalRepository:
    """One repository. The work is done in threads, so that slow disks hold up nobody."""

    path: Path
    limits: GitLimits
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LOCAL_THREADS))
    """Shared by all of one source: the work holds the interpreter, and more threads only get into each other's way."""

    async def examine(self, wanted: Wanted) -> Examined:
        """See :meth:`Forge.examine`."""
        return await self._in_thread(self._examine, wanted)

    async def read(self, commit: str, path: str, limit: int) -> bytes | None:
        """See :meth:`Forge.read`."""
        return await self._in_thread(self._read, commit, path, limit)

    async def commit(self, parent: str | None, change: FileChange) -> NewCommit:
        """A commit on top of ``parent`` that changes one file; nothing is written."""
        return await self._in_thread(self._commit, parent, change)

    def _commit(self, parent: str | None, change: FileChange) -> NewCommit:
        with self._open() as store:
            files = None if parent is None else CommitFiles(store, parent, self.limits)
            return commit_file(files, change)

    async def push(self, ref: str, old: str | None, new: NewCommit) -> str | None:
        """Moves a reference as a push does, hooks included; answers why it was refused."""
        return await push_locally(self._folder(), ref, old, new)

    async def tip(self, branch: str | None) -> Tip | None:
        """What a branch points at; None: the default branch."""
        return await self._in_thread(self._tip, branch)

    async def _in_thread(self, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        async with self.gate:
            return await asyncio.to_thread(work, *args, **named)

    def _folder(self) -> Path:
        found = git_folder(self.path)
        if found is None:
            raise RepositoryGone(f'There is no git repository at "{self.path}"')
        return found

    def _tip(self, branch: str | None) -> Tip | None:
        folder = self._folder()
        if (folder / "reftable").is_dir():
            return self._tip_of_table(folder, branch)
        return _look_up(DiskRefsContainer(folder), branch)

    def _tip_of_table(self, folder: Path, branch: str | None) -> Tip | None:
        try:
            with Repo(str(folder)) as repository:
                return _look_up(repository.refs, branch)
        except (NotGitRepository, UnsupportedVersion, UnsupportedExtension) as error:
            raise ForgeBroken(f'"{self.path}" is a repository of another kind than is read: {error}') from None

    def _examine(self, wanted: Wanted) -> Examined:
        tip = self._tip(wanted.branch)
        if wanted.commit is not None:
            tip = Tip(wanted.branch or (tip.branch if tip else ""), wanted.commit)
        if tip is None or tip.commit == wanted.known_tip:
            return Examined(tip, unchanged=tip is not None)
        if len(tip.commit) != 40:
            raise ForgeBroken(f'"{self.path}" has object ids of sha256; only those of sha1 are read')
        with self._open() as store:
            selected = select(CommitFiles(store, tip.commit, self.limits), wanted)
            unread = selected.unread(wanted)
            files = {
                path: _spec_bytes(store, blob) if path in unread else SpecBytes(blob.decode(), None)
                for path, blob in selected.files.items()
            }
        changed = selected.changed(wanted.dependencies)
        return Examined(tip, files=files, changed_dependencies=changed, ignored=tuple(selected.ignored))

    def _read(self, commit: str, path: str, limit: int) -> bytes | None:
        with self._open() as store:
            blob = CommitFiles(store, commit, self.limits).find(path)
            if blob is None:
                return None
            size = stored_size(store, blob)
            if size > limit:
                raise FileTooBig(f'"{path}" holds {size} bytes; at most {limit} are read')
            return blob_bytes(store, blob)

    @contextmanager
    def _open(self) -> Iterator[DiskObjectStore]:
        """The objects alone: reading the configuration, too, would take as long again."""
        store = DiskObjectStore(self._folder() / "objects")
        try:
            yield store
        except (KeyError, FileFormatException, ChecksumMismatch) as error:
            raise ForgeBroken(f'"{self.path}" lacks an object, or one is damaged: {error}') from None
        finally:
            store.close()


def _spec_bytes(store: DiskObjectStore, blob: ObjectID) -> SpecBytes:
    size = stored_size(store, blob)
    if size > SPEC_BYTES:
        return SpecBytes(blob.decode(), b"", size, too_big=True)
    return SpecBytes(blob.decode(), blob_bytes(store, blob), size)


def _look_up(refs: RefsContainer, branch: str | None) -> Tip | None:
    """Reads one reference. Names come from settings and from HEAD files, and stay below ``refs/heads/``."""
    if branch is None:
        head = refs.read_ref(Ref(b"HEAD"))
        if head is None:
            return None
        if not head.startswith(b"ref: "):
            return Tip("HEAD", head.decode())
        name = head.removeprefix(b"ref: ").strip()
    else:
        name = _HEADS + os.fsencode(branch)
    if not name.startswith(_HEADS) or b".." in name:
        return None
    _, commit = refs.follow(Ref(name))
    return None if commit is None else Tip(os.fsdecode(name.removeprefix(_HEADS)), commit.decode())
