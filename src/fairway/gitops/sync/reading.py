"""Looking at one repository: in as few requests as its forge allows. Sections 6.2 and 4.0 of the contract."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fairway.gitops.diagnostics import Diagnostic
from fairway.gitops.forges.base import Examined, SpecBytes, Wanted
from fairway.gitops.forges.errors import FileTooBig
from fairway.gitops.forges.gate import Lane
from fairway.gitops.ledger.claims import Spoken
from fairway.gitops.ledger.model import FileState, RepositoryState
from fairway.gitops.model import Location, Repository, Tip
from fairway.gitops.spec.reader import MAX_BYTES, SpecFile
from fairway.gitops.spec.repository import ignored_paths
from fairway.gitops.sync import speech
from fairway.gitops.sync.context import Context, Shapes

MAX_REFERENCED = 64 * 1_048_576
"""Bytes of files that one repository's properties may refer to. Section 14."""
MISSING = ""
"""The version of a file that is not there."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A repository as it is now. Without ``spoken`` there is nothing to apply."""

    repository: Repository
    before: RepositoryState | None
    tip: Tip | None = None
    spoken: Spoken | None = None
    files: Mapping[str, FileState] = field(default_factory=dict)
    touched: bool = False
    """Whether a spec file, or one that it refers to, is another than before."""
    problem: str | None = None

    @property
    def unchanged(self) -> bool:
        """Nothing to apply."""
        return self.spoken is None

    @property
    def advanced(self) -> bool:
        """Nothing to apply, at another commit than before."""
        known = self.before.tip if self.before is not None else None
        return self.unchanged and self.tip is not None and bool(self.tip.commit) and self.tip.commit != known

    @property
    def definitions(self) -> int:
        """How many definitions were read."""
        return 0 if self.spoken is None else len(self.spoken.said)

    @property
    def bytes(self) -> int:
        """Size of what was read."""
        return 0 if self.spoken is None else sum(len(each.body) for each in self.spoken.said)

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """Findings in all files."""
        return [each for path in sorted(self.files) for each in self.files[path].diagnostics]


def blob_id(content: bytes) -> str:
    """Git's id of a file's content, which forges that know it compare without reading."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


class Reader:
    """Looks at repositories; ``shapes`` are the catalog's blueprints at the start of the run."""

    def __init__(self, context: Context, shapes: Shapes) -> None:
        self._context = context
        self._shapes = shapes

    async def read(self, repository: Repository, before: RepositoryState | None, lane: Lane = "pass") -> Reading:
        """A repository at its branch's tip, in so far as it is not as ``before``.

        Raises:
            RepositoryGone, ForgeUnavailable, ForgeRefused: of the forge.
        """
        branch = self._context.branch_of(repository)
        known = before if before is not None and self._trusted(before, repository, branch) else None
        examined = await self._context.forge.examine(repository, self._wanted(known, branch, lane))
        if examined.tip is None:
            return self._empty(repository, before, branch)
        if examined.unchanged:
            return Reading(repository, before, examined.tip)
        return await self._look(repository, before, known, examined, examined.tip)

    def _trusted(self, before: RepositoryState, repository: Repository, branch: str | None) -> bool:
        """Whether what is known may spare a look."""
        wanted = branch or repository.default_branch
        moved = bool(wanted and before.branch) and wanted != before.branch
        return (
            before.tip is not None
            and not moved
            and before.settings == self._context.settings
            and before.shapes == self._shapes.hash_of(before.blueprints)
        )

    def _wanted(self, known: RepositoryState | None, branch: str | None, lane: Lane) -> Wanted:
        patterns = self._context.options.patterns
        if known is None:
            return Wanted(patterns, branch, lane=lane)
        dependencies: dict[str, str] = {}
        for each in known.files.values():
            dependencies.update(each.dependencies)
        versions = {path: each.version for path, each in known.files.items() if each.version != MISSING}
        tip = known.tip or None
        return Wanted(patterns, branch, known_tip=tip, known_files=versions, dependencies=dependencies, lane=lane)

    def _empty(self, repository: Repository, before: RepositoryState | None, branch: str | None) -> Reading:
        """No commit, or no such branch. What was there before stays: a branch may be renamed at this moment."""
        if before is None or not before.files:
            return Reading(repository, before)
        gone = branch or before.branch or repository.default_branch
        problem = f'Branch "{gone}" is not there any more; nothing was changed'
        return Reading(repository, before, problem=problem)

    async def _look(
        self, repository: Repository, before: RepositoryState | None, known: RepositoryState | None,
        examined: Examined, tip: Tip,
    ) -> Reading:  # fmt: skip
        old = {path: each for path, each in known.files.items() if each.version != MISSING} if known else {}
        wanted = {path for path, each in examined.files.items() if self._must_read(old.get(path), each, examined)}
        if known is not None and not wanted and old.keys() == examined.files.keys():
            return Reading(repository, before, tip)
        if any(_has_duplicates(each) for each in old.values()):
            wanted = set(examined.files)
        if not _can_read(wanted, examined, tip):
            return await self.read(repository, before, "event")
        specs = await self._specs(repository, tip, wanted, examined)
        if await self._collides(repository, specs, set(examined.files) - wanted):
            wanted = set(examined.files)
            if not _can_read(wanted, examined, tip):
                return await self.read(repository, before, "event")
            specs = await self._specs(repository, tip, wanted, examined)
        return await self._reading(repository, before, old, examined, tip, specs)

    def _must_read(self, old: FileState | None, file: SpecBytes, examined: Examined) -> bool:
        if old is None or old.version != file.version or file.content is not None:
            return True
        changed = examined.changed_dependencies
        return bool(old.dependencies) and (changed is None or not changed.isdisjoint(old.dependencies))

    async def _specs(
        self, repository: Repository, tip: Tip, wanted: Iterable[str], examined: Examined
    ) -> list[SpecFile]:
        sources = []
        for path in sorted(wanted):
            sources.append(await self._source(repository, tip, path, examined.files[path]))
        return await speech.parse(sources, self._shapes)

    async def _source(self, repository: Repository, tip: Tip, path: str, file: SpecBytes) -> speech.Source:
        content = file.content
        if file.too_big:
            return speech.Source(path, b"", file.size or MAX_BYTES + 1, too_big=True)
        if content is None:
            try:
                content = await self._context.forge.read(repository, tip.commit, path, MAX_BYTES)
            except FileTooBig:
                return speech.Source(path, b"", file.size or MAX_BYTES + 1, too_big=True)
        content = content or b""
        return speech.Source(path, content, len(content), too_big=len(content) > MAX_BYTES)

    async def _collides(self, repository: Repository, specs: list[SpecFile], untouched: set[str]) -> bool:
        """Whether what was read defines what a file that was not read defines, too."""
        keys = {key for spec in specs for key in spec.places}
        if not untouched or not keys:
            return False
        claims = await self._context.store.claims_of(self._context.source, [repository.id])
        return any(claim.key in keys and claim.location.path in untouched for claim in claims)

    async def _reading(
        self, repository: Repository, before: RepositoryState | None, old: Mapping[str, FileState],
        examined: Examined, tip: Tip, specs: list[SpecFile],
    ) -> Reading:  # fmt: skip
        contents = await self.references(repository, tip.commit, specs)
        settled = speech.settle(specs, contents, self._shapes, self._context.options, None)
        versions = {path: MISSING if not isinstance(data, bytes) else blob_id(data) for path, data in contents.items()}
        files = {path: old[path] for path in examined.files if path in old}
        for spec in settled:
            files[spec.path] = self._file(spec, examined.files[spec.path], old.get(spec.path), versions, tip)
        if examined.ignored:
            files = _with_ignored(files, examined.ignored)
        where = Location(self._context.source, repository.id, tip.branch, "")
        read = {spec.path for spec in settled}
        spoken = Spoken(
            self._context.source, repository.id, tip.commit,
            speech.said(settled, where, self._shapes, self._context.options),
            untouched=frozenset(files) - read,
            broken=frozenset(key for spec in settled for key in spec.broken),
            broken_files=frozenset(path for path, each in files.items() if each.broken),
            newly_broken=frozenset(path for path in read if files[path].broken and _is_news(files[path], old, before)),
        )  # fmt: skip
        touched = bool(read) or set(old) != set(files)
        return Reading(repository, before, tip, spoken, files, touched)

    async def references(self, repository: Repository, commit: str, specs: list[SpecFile]) -> speech.Contents:
        """What the files hold that spec files refer to."""
        contents: dict[str, bytes | FileTooBig | None] = {}
        left = MAX_REFERENCED
        for path in speech.needs_of(specs):
            try:
                content = await self._context.forge.read(repository, commit, path, min(MAX_BYTES, left))
            except FileTooBig as error:
                contents[path] = error
                continue
            contents[path] = content
            left -= len(content or b"")
        return contents

    def _file(
        self, spec: SpecFile, file: SpecBytes, old: FileState | None, versions: Mapping[str, str], tip: Tip
    ) -> FileState:
        good = spec.readable and not spec.nameless
        last = tip.commit if good else None if old is None else old.last_good
        needs = {need.path: versions[need.path] for need in spec.needs if need.path in versions}
        return FileState(spec.path, file.version, spec.readable, spec.nameless, needs, spec.diagnostics, last)


def _can_read(paths: Iterable[str], examined: Examined, tip: Tip) -> bool:
    """Whether the content of these files is here, or can be read at a commit: a pass may have read the branch only."""
    files = (examined.files[path] for path in paths)
    return bool(tip.commit) or all(each.content is not None or each.too_big for each in files)


def _is_news(file: FileState, old: Mapping[str, FileState], before: RepositoryState | None) -> bool:
    """Whether a broken file has content that was not seen broken before."""
    earlier = old.get(file.path) or (before.files.get(file.path) if before is not None else None)
    return earlier is None or not earlier.broken or earlier.version != file.version


def _has_duplicates(file: FileState) -> bool:
    return any(each.code == "E_DUPLICATE_ENTITY" for each in file.diagnostics)


def _with_ignored(files: Mapping[str, FileState], ignored: Iterable[str]) -> dict[str, FileState]:
    """Files whose names are nearly right, so that they show among the others; they hold nothing."""
    found = dict(files)
    for warning in ignored_paths(ignored):
        found.setdefault(warning.path, FileState(warning.path, MISSING, diagnostics=(warning,)))
    return found
