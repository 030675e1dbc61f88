"""Looking at a repository: from what the listing's query said, from what a comparison says, or from its tree."""

from __future__ import annotations

from collections.abc import Mapping

from fairway.gitops.forges.base import Examined, SpecBytes, Wanted
from fairway.gitops.forges.errors import FileTooBig
from fairway.gitops.forges.github.files import Files, NoSuchRef, TreeEntry
from fairway.gitops.forges.github.graphql import Blob, Snapshot
from fairway.gitops.forges.github.listing import Snapshots
from fairway.gitops.forges.requests import SPEC_BYTES
from fairway.gitops.model import Repository, Tip


class Examination:
    """Examines repositories of one GitHub."""

    def __init__(self, files: Files, snapshots: Snapshots) -> None:
        self._files = files
        self._snapshots = snapshots

    async def examine(self, repository: Repository, wanted: Wanted) -> Examined:
        """As :meth:`Forge.examine`."""
        roots = wanted.patterns.root_names
        self._snapshots.names = roots or ()
        snapshot = self._snapshots.take(repository)
        if wanted.lane == "event" or wanted.branch is not None or wanted.commit is not None:
            snapshot = None
        try:
            return await self._examine(repository, wanted, roots, snapshot)
        except NoSuchRef:
            return Examined(None)

    async def _examine(
        self, repository: Repository, wanted: Wanted, roots: tuple[str, ...] | None, snapshot: Snapshot | None
    ) -> Examined:
        tip = await self._tip(repository, wanted, snapshot)
        if wanted.known_tip is not None and tip.commit == wanted.known_tip:
            return Examined(tip, unchanged=True)
        if roots is not None and not wanted.dependencies:
            if snapshot is not None and set(roots) <= set(snapshot.names):
                return await self._from_snapshot(repository, wanted, tip, roots, snapshot)
            there = await self._files.root(repository, tip.commit, wanted.lane)
            return await self._from_tree(repository, wanted, tip, there)
        changed = None
        if wanted.known_tip and wanted.commit is None:
            changed = await self._files.changes(repository, wanted.known_tip, tip.commit, wanted.lane)
        if changed is None:
            there = await self._files.tree(repository, tip.commit, wanted.lane)
            return await self._from_tree(repository, wanted, tip, there)
        return await self._from_changes(repository, wanted, tip, changed)

    async def _tip(self, repository: Repository, wanted: Wanted, snapshot: Snapshot | None) -> Tip:
        if wanted.commit is not None:
            return Tip(wanted.branch or repository.default_branch or "", wanted.commit)
        if snapshot is None:
            return await self._files.tip(repository, wanted.branch, wanted.lane)
        if snapshot.tip is None:
            raise NoSuchRef
        return Tip(repository.default_branch or "", snapshot.tip)

    async def _from_snapshot(
        self, repository: Repository, wanted: Wanted, tip: Tip, roots: tuple[str, ...], snapshot: Snapshot
    ) -> Examined:
        files = {
            name: await self._spec(repository, wanted, tip, name, snapshot.files[name])
            for name in roots
            if name in snapshot.files
        }
        return Examined(tip, files=files, changed_dependencies=frozenset())

    async def _from_tree(
        self, repository: Repository, wanted: Wanted, tip: Tip, there: Mapping[str, TreeEntry]
    ) -> Examined:
        """Blob ids tell what changed, so that only that is read."""
        files = {}
        for path, entry in sorted(there.items()):
            if wanted.patterns.matches(path):
                files[path] = await self._spec(repository, wanted, tip, path, Blob(entry.sha, entry.size or 0, None))
        changed = frozenset(
            path
            for path, version in wanted.dependencies.items()
            if (there[path].sha if path in there else "") != version
        )
        return Examined(tip, files=files, changed_dependencies=changed, ignored=wanted.patterns.nearly(there))

    async def _from_changes(
        self, repository: Repository, wanted: Wanted, tip: Tip, changed: Mapping[str, str]
    ) -> Examined:
        files = {
            path: SpecBytes(version, None)
            for path, version in wanted.known_files.items()
            if path not in changed and wanted.patterns.matches(path)
        }
        for path, sha in sorted(changed.items()):
            if not sha or not wanted.patterns.matches(path):
                continue
            files[path] = await self._spec(repository, wanted, tip, path, Blob(sha, 0, None))
        return Examined(tip, files=files, changed_dependencies=frozenset(changed.keys() & wanted.dependencies.keys()))

    async def _spec(self, repository: Repository, wanted: Wanted, tip: Tip, path: str, blob: Blob) -> SpecBytes:
        if blob.oid == wanted.known_files.get(path):
            return SpecBytes(blob.oid, None, blob.size or None)
        if blob.size > SPEC_BYTES:
            return SpecBytes(blob.oid, None, blob.size, too_big=True)
        content = blob.content
        if content is None:
            try:
                content = await self._files.present(repository, tip.commit, path, SPEC_BYTES, wanted.lane)
            except FileTooBig:
                return SpecBytes(blob.oid, None, None, too_big=True)
        return SpecBytes(blob.oid, content, len(content))
