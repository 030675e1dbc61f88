"""Repositories on servers: references first, then a commit without history or files, then only the files wanted.

Contract section 4.5. Three requests for a repository that changed, one for a repository that did not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from dulwich.objects import ObjectID

from fairway.gitops.forges.base import Examined, SpecBytes, Wanted
from fairway.gitops.forges.errors import FileTooBig, ForgeBroken, ForgeUnavailable
from fairway.gitops.forges.git.cache import Cached, RepositoryCache
from fairway.gitops.forges.git.committing import FileChange, NewCommit, commit_file
from fairway.gitops.forges.git.objects import CommitFiles, blob_bytes, stored_size
from fairway.gitops.forges.git.packs import PackTooBig
from fairway.gitops.forges.git.protocol import HEADS, FetchRequest
from fairway.gitops.forges.git.remote import Remote
from fairway.gitops.forges.git.selection import Selected, select
from fairway.gitops.forges.git.settings import GitLimits
from fairway.gitops.forges.requests import SPEC_BYTES
from fairway.gitops.model import Tip

_NO_FILES = "blob:none"
_AT_ONCE = 256
"""Files asked for in one request."""
_SLACK = 65_536
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ServerRepository:
    """One repository on a server, with what is kept of it here."""

    remote: Remote
    cache: RepositoryCache
    identity: str
    limits: GitLimits

    async def tip(self, branch: str | None) -> Tip | None:
        """What a branch points at; None: the default branch."""
        refs = await self.remote.refs(["HEAD"] if branch is None else [f"{HEADS}{branch}"])
        if branch is not None:
            commit = refs.commits.get(f"{HEADS}{branch}")
            return None if commit is None else Tip(branch, commit)
        name, commit = refs.default_branch(), refs.commits.get("HEAD")
        return None if commit is None else Tip(name or "HEAD", commit)

    async def examine(self, wanted: Wanted) -> Examined:
        """See :meth:`Forge.examine`."""
        if wanted.commit is not None:
            tip: Tip | None = Tip(wanted.branch or "", wanted.commit)
        else:
            tip = await self.tip(wanted.branch)
        if tip is None or tip.commit == wanted.known_tip:
            return Examined(tip, unchanged=tip is not None)
        async with self.cache.hold(self.identity) as cached:
            return await self._twice(cached, lambda: self._examine(cached, tip, wanted))

    async def read(self, commit: str, path: str, limit: int) -> bytes | None:
        """See :meth:`Forge.read`."""
        async with self.cache.hold(self.identity) as cached:
            return await self._twice(cached, lambda: self._read(cached, commit, path, limit))

    async def commit(self, parent: str | None, change: FileChange) -> NewCommit:
        """A commit on top of ``parent`` that changes one file; nothing is written."""
        if parent is None:
            return commit_file(None, change)
        async with self.cache.hold(self.identity) as cached:

            async def build() -> NewCommit:
                return commit_file(await self.files(cached, parent), change)

            return await self._twice(cached, build)

    async def push(self, ref: str, old: str | None, new: NewCommit) -> str | None:
        """Moves a reference; answers why the server refused."""
        return await self.remote.push(ref, old, new.id, new.pack)

    async def files(self, cached: Cached, commit: str) -> CommitFiles:
        """The trees of a commit, fetched if they are not here."""
        if commit not in cached.tips:
            await self._fetch_trees(cached, commit)
        return CommitFiles(cached.store, commit, self.limits)

    async def _twice(self, cached: Cached, work: Callable[[], Awaitable[T]]) -> T:
        """A cache that lacks something is thrown away once."""
        try:
            return await work()
        except KeyError:
            cached.clear()
        try:
            return await work()
        except KeyError as error:
            raise ForgeBroken(f'The server of "{self.identity}" left out an object: {error}') from None

    async def _examine(self, cached: Cached, tip: Tip, wanted: Wanted) -> Examined:
        commit = await self.files(cached, tip.commit)
        selected = await asyncio.to_thread(select, commit, wanted)
        unread = selected.unread(wanted)
        too_big = await self._fetch_blobs(cached, set(unread.values()), SPEC_BYTES)
        files = await asyncio.to_thread(_contents, cached, selected, unread, too_big)
        changed = selected.changed(wanted.dependencies)
        return Examined(tip, files=files, changed_dependencies=changed, ignored=tuple(selected.ignored))

    async def _read(self, cached: Cached, commit: str, path: str, limit: int) -> bytes | None:
        blob = (await self.files(cached, commit)).find(path)
        if blob is None:
            return None
        if await self._fetch_blobs(cached, {blob}, limit):
            raise FileTooBig(f'"{path}" holds more than the {limit} bytes that are read')
        size = stored_size(cached.store, blob)
        if size > limit:
            raise FileTooBig(f'"{path}" holds {size} bytes; at most {limit} are read')
        return blob_bytes(cached.store, blob)

    async def _fetch_trees(self, cached: Cached, commit: str) -> None:
        """A commit without its history, and without files where the server can leave them out."""
        known = await self.remote.abilities()
        try:
            pack = await self._pack_of_trees(cached, commit, leave_out=known.filters and known.single_objects)
        except PackTooBig:
            raise
        except ForgeBroken:
            known = await self.remote.abilities(fresh=True)
            cached.clear()
            pack = await self._pack_of_trees(cached, commit, leave_out=known.filters and known.single_objects)
        await asyncio.to_thread(cached.add, pack, self.limits)
        cached.add_tip(commit)

    async def _pack_of_trees(self, cached: Cached, commit: str, *, leave_out: bool) -> bytes:
        # What is here counts only if nothing was left out of it that the server would now leave out of the pack.
        haves = cached.tips[-1:] if leave_out else ()
        request = FetchRequest([commit], filter=_NO_FILES if leave_out else None, haves=haves)
        try:
            return await self.remote.fetch(request, self.limits.pack_bytes)
        except ForgeBroken as error:
            if "not our ref" in error.message:
                raise ForgeUnavailable(f'Commit {commit} of "{self.identity}" is not there any more') from None
            raise

    async def _fetch_blobs(self, cached: Cached, blobs: set[ObjectID], limit: int) -> set[ObjectID]:
        """Fetches those that are not here; answers those that are over the limit."""
        missing = sorted(blob for blob in blobs if blob not in cached.store)
        too_big: set[ObjectID] = set()
        for start in range(0, len(missing), _AT_ONCE):
            some = missing[start : start + _AT_ONCE]
            try:
                await self._fetch_some(cached, some, limit)
            except PackTooBig:
                for each in some:
                    try:
                        await self._fetch_some(cached, [each], limit)
                    except PackTooBig:
                        too_big.add(each)
        return too_big

    async def _fetch_some(self, cached: Cached, blobs: list[ObjectID], limit: int) -> None:
        request = FetchRequest([each.decode() for each in blobs], shallow=False)
        most = min(self.limits.pack_bytes, len(blobs) * (limit + _SLACK))
        pack = await self.remote.fetch(request, most)
        await asyncio.to_thread(cached.add, pack, replace(self.limits, object_bytes=limit))


def _contents(
    cached: Cached, selected: Selected, unread: Mapping[str, ObjectID], too_big: set[ObjectID]
) -> dict[str, SpecBytes]:
    found = {}
    for path, blob in selected.files.items():
        version = blob.decode()
        if path not in unread:
            found[path] = SpecBytes(version, None)
        elif blob in too_big or (size := stored_size(cached.store, blob)) > SPEC_BYTES:
            found[path] = SpecBytes(version, b"", None if blob in too_big else size, too_big=True)
        else:
            found[path] = SpecBytes(version, blob_bytes(cached.store, blob), size)
    return found
