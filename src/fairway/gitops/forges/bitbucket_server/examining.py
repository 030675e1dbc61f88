"""Looking at a repository in as few requests as Bitbucket allows. Sections 4.1, 6.2 and 15 of the contract."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from fairway.gitops.forges.base import Examined, SpecBytes, Wanted
from fairway.gitops.forges.bitbucket_server.files import Files, Found, NoSuchRef
from fairway.gitops.forges.bitbucket_server.probing import Probing
from fairway.gitops.forges.errors import FileTooBig
from fairway.gitops.forges.requests import SPEC_BYTES
from fairway.gitops.forges.versions import blob_id
from fairway.gitops.model import Repository, Tip

NAMES = ("port.yaml", "port.yml")
"""Bitbucket's own order: the script that people come from reads the first only (section 12, row 7)."""
_REFERENCE = b"file://"


class Examination:
    """Examines repositories of one server."""

    def __init__(self, files: Files, *, thorough: bool = False) -> None:
        self._files = files
        self._probing = Probing()
        self._thorough = thorough

    async def examine(self, repository: Repository, wanted: Wanted) -> Examined:
        """As :meth:`Forge.examine`."""
        try:
            return await self._examine(repository, wanted)
        except NoSuchRef:
            return Examined(None)

    async def _examine(self, repository: Repository, wanted: Wanted) -> Examined:
        roots = wanted.patterns.root_names
        if self._unpinned(wanted, roots):
            examined = await self._from_branch(repository, wanted, roots or ())
            if examined is not None:
                return examined
        tip = await self._tip(repository, wanted)
        if wanted.known_tip is not None and tip.commit == wanted.known_tip:
            return Examined(tip, unchanged=True)
        if roots is not None and not wanted.dependencies:
            return await self._from_root(repository, wanted, tip, roots)
        changed = None
        if wanted.known_tip and wanted.commit is None:
            changed = await self._files.changes(repository, wanted.known_tip, tip.commit, wanted.lane)
        if changed is None:
            return await self._from_tree(repository, wanted, tip, roots)
        return await self._from_changes(repository, wanted, tip, changed)

    @staticmethod
    def _unpinned(wanted: Wanted, roots: tuple[str, ...] | None) -> bool:
        """Whether the branch can be read without asking for its tip first: a single file is whole by itself."""
        return bool(
            roots
            and wanted.lane == "pass"
            and wanted.commit is None
            and not wanted.known_tip
            and not wanted.dependencies
        )

    async def _from_branch(self, repository: Repository, wanted: Wanted, roots: tuple[str, ...]) -> Examined | None:
        """None when files have to be read from one commit: there are several, or one refers to others."""
        at = None if wanted.branch is None else f"refs/heads/{wanted.branch}"
        tip = Tip(wanted.branch or repository.default_branch or "", "")
        self._probing.later = self._probing.later or bool(wanted.known_files)
        if len(roots) == 1 or (self._may_be_blind(roots) and not wanted.known_files):
            files = await self._blind(repository, at, roots, wanted)
            ignored: tuple[str, ...] = ()
        else:
            there = await self._files.root(repository, at, wanted.lane)
            present = [name for name in roots if name in there]
            self._note(roots, there, wanted)
            if len(present) > 1 and any(there[name] != wanted.known_files.get(name) for name in present):
                return None
            files = await self._read(repository, at, {name: there[name] for name in present}, wanted)
            ignored = wanted.patterns.nearly(there)
        if any(each.content is not None and _REFERENCE in each.content for each in files.values()):
            return None
        seen_before = bool(wanted.known_files) or wanted.known_tip is not None
        if seen_before and not ignored and _versions(files) == dict(wanted.known_files):
            return Examined(tip, unchanged=True)
        return Examined(tip, files=files, changed_dependencies=frozenset(), ignored=ignored)

    def _may_be_blind(self, roots: tuple[str, ...]) -> bool:
        return not self._thorough and set(roots) == set(NAMES) and self._probing.blind

    def _note(self, roots: tuple[str, ...], there: Iterable[str], wanted: Wanted) -> None:
        if set(roots) == set(NAMES) and not wanted.known_files:
            self._probing.note(first=NAMES[0] in there, second=NAMES[1] in there)

    async def _blind(
        self, repository: Repository, at: str | None, roots: tuple[str, ...], wanted: Wanted
    ) -> dict[str, SpecBytes]:
        """The first name that exists."""
        names = NAMES if len(roots) > 1 else roots
        files: dict[str, SpecBytes] = {}
        for name in names:
            files = await self._read(repository, at, {name: ""}, wanted)
            if files:
                break
        self._note(roots, files, wanted)
        return files

    async def _from_root(self, repository: Repository, wanted: Wanted, tip: Tip, roots: tuple[str, ...]) -> Examined:
        there = await self._files.root(repository, tip.commit, wanted.lane)
        files = await self._read(repository, tip.commit, {name: there[name] for name in roots if name in there}, wanted)
        return Examined(tip, files=files, changed_dependencies=frozenset(), ignored=wanted.patterns.nearly(there))

    async def _from_tree(
        self, repository: Repository, wanted: Wanted, tip: Tip, roots: tuple[str, ...] | None
    ) -> Examined:
        """Everything anew, because nothing is known or the server cannot say what changed."""
        if roots is not None:
            examined = await self._from_root(repository, wanted, tip, roots)
            return Examined(tip, files=examined.files, changed_dependencies=None, ignored=examined.ignored)
        paths: dict[str, str] = {}
        root: list[str] = []
        async for path in self._files.tree(repository, tip.commit, wanted.lane):
            if wanted.patterns.matches(path):
                paths[path] = ""
            elif "/" not in path:
                root.append(path)
        files = await self._read(repository, tip.commit, paths, wanted)
        return Examined(tip, files=files, changed_dependencies=None, ignored=wanted.patterns.nearly(root))

    async def _from_changes(
        self, repository: Repository, wanted: Wanted, tip: Tip, changed: frozenset[str]
    ) -> Examined:
        """Known files that did not change stay; the rest of what changed and matches is read."""
        kept = {
            path: SpecBytes(version, None)
            for path, version in wanted.known_files.items()
            if path not in changed and wanted.patterns.matches(path)
        }
        paths = {path: "" for path in sorted(changed) if wanted.patterns.matches(path)}
        files = {**kept, **await self._read(repository, tip.commit, paths, wanted)}
        return Examined(tip, files=files, changed_dependencies=changed & wanted.dependencies.keys())

    async def _read(
        self, repository: Repository, at: str | None, listed: Mapping[str, str], wanted: Wanted
    ) -> dict[str, SpecBytes]:
        """Those of ``listed`` that exist, with their content unless it is the known one. Values are content ids, empty
        where they are not known."""
        files: dict[str, SpecBytes] = {}
        for path, listed_id in listed.items():
            known = wanted.known_files.get(path)
            if listed_id and listed_id == known:
                files[path] = SpecBytes(known, None)
                continue
            try:
                found = await self._files.read(repository, at, path, SPEC_BYTES, wanted.lane)
            except FileTooBig as error:
                size = (error.details or {}).get("size")
                files[path] = SpecBytes(listed_id or f"size:{size}", None, size, too_big=True)
                continue
            if found is not None:
                files[path] = _spec(found, listed_id, known)
        return files

    async def _tip(self, repository: Repository, wanted: Wanted) -> Tip:
        if wanted.commit is not None:
            return Tip(wanted.branch or repository.default_branch or "", wanted.commit)
        return await self._files.tip(repository, wanted.branch, wanted.lane)


def _versions(files: Mapping[str, SpecBytes]) -> dict[str, str]:
    return {path: each.version for path, each in files.items()}


def _spec(found: Found, listed_id: str, known: str | None) -> SpecBytes:
    # Lines that were put together may have another blob id than the listing says.
    version = blob_id(found.content) if found.exact else listed_id or hashlib.sha256(found.content).hexdigest()
    return SpecBytes(version, None if version == known else found.content, len(found.content))
