"""Looking at a repository through its tree or changed paths: git's blob ids tell what is new. Contract section 6.2."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from fairway.gitops.forges.base import Examined, SpecBytes, Wanted
from fairway.gitops.forges.errors import FileTooBig, ForgeBroken
from fairway.gitops.forges.gate import Lane
from fairway.gitops.forges.requests import SPEC_BYTES
from fairway.gitops.forges.versions import blob_id
from fairway.gitops.model import Repository, Tip

_MOST_FILES = 20_000


class TreeSource(Protocol):
    """What the examination asks of a forge. All calls may raise :class:`RepositoryGone`."""

    async def tip(self, repository: Repository, branch: str | None, lane: Lane) -> Tip | None:
        """What a branch points at, None the default one; None when there is no such branch or no commit."""
        ...

    async def changes(self, repository: Repository, since: str, to: str, lane: Lane) -> frozenset[str] | None:
        """Paths that differ between two commits; None when the forge cannot tell all of them cheaply."""
        ...

    async def tree(self, repository: Repository, commit: str, lane: Lane, *, recursive: bool) -> Mapping[str, str]:
        """Path of each file to its blob id; links and submodules are no files.

        Raises:
            ForgeBroken: the forge does not list all.
        """
        ...

    async def content(self, repository: Repository, commit: str, path: str, limit: int, lane: Lane) -> bytes | None:
        """A file's exact bytes; None when there is none.

        Raises:
            FileTooBig: it holds more than ``limit`` bytes.
        """
        ...


async def examine(source: TreeSource, repository: Repository, wanted: Wanted) -> Examined:
    """As :meth:`Forge.examine`: the tip, then what changed since the known one, or else the tree."""
    tip = await _tip(source, repository, wanted)
    if tip is None or tip.commit == wanted.known_tip:
        return Examined(tip, unchanged=tip is not None)
    if wanted.known_tip and wanted.commit is None:
        changed = await source.changes(repository, wanted.known_tip, tip.commit, wanted.lane)
        if changed is not None:
            return await _from_changes(source, repository, wanted, tip, changed)
    return await _from_tree(source, repository, wanted, tip)


async def _tip(source: TreeSource, repository: Repository, wanted: Wanted) -> Tip | None:
    if wanted.commit is not None:
        return Tip(wanted.branch or repository.default_branch or "", wanted.commit)
    return await source.tip(repository, wanted.branch, wanted.lane)


async def _from_changes(
    source: TreeSource, repository: Repository, wanted: Wanted, tip: Tip, changed: frozenset[str]
) -> Examined:
    """Known files that did not change stay; the rest of what changed and matches is read."""
    files = {
        path: SpecBytes(version, None)
        for path, version in wanted.known_files.items()
        if path not in changed and wanted.patterns.matches(path)
    }
    paths = sorted(path for path in changed if wanted.patterns.matches(path))
    files |= await read_all(source, repository, tip.commit, dict.fromkeys(paths, ""), wanted)
    return Examined(tip, files=files, changed_dependencies=changed & wanted.dependencies.keys())


async def _from_tree(source: TreeSource, repository: Repository, wanted: Wanted, tip: Tip) -> Examined:
    recursive = wanted.patterns.root_names is None
    tree = await source.tree(repository, tip.commit, wanted.lane, recursive=recursive)
    listed = {path: blob for path, blob in tree.items() if wanted.patterns.matches(path)}
    if len(listed) > _MOST_FILES:
        raise ForgeBroken(f'"{repository.label}" has {len(listed)} spec files; at most {_MOST_FILES} are read')
    files = await read_all(source, repository, tip.commit, listed, wanted)
    changed = None
    if recursive or not any("/" in path for path in wanted.dependencies):
        changed = frozenset(path for path, known in wanted.dependencies.items() if tree.get(path, "") != known)
    ignored = wanted.patterns.nearly(tree)
    return Examined(tip, files=files, changed_dependencies=changed, ignored=ignored)


async def read_all(
    source: TreeSource, repository: Repository, commit: str, listed: Mapping[str, str], wanted: Wanted
) -> dict[str, SpecBytes]:
    """Those of ``listed`` that exist. Values are blob ids, empty where they are not known; known ones are not read.

    Raises:
        ForgeBroken: a file of the tree is not there: the commit vanished in the meantime.
    """
    files: dict[str, SpecBytes] = {}
    for path, blob in listed.items():
        known = wanted.known_files.get(path)
        if blob and blob == known:
            files[path] = SpecBytes(blob, None)
            continue
        try:
            content = await source.content(repository, commit, path, SPEC_BYTES, wanted.lane)
        except FileTooBig as error:
            size = (error.details or {}).get("size")
            files[path] = SpecBytes(blob or f"size:{size}", None, size, too_big=True)
            continue
        if content is not None:
            files[path] = spec_bytes(content, known)
        elif blob:
            raise ForgeBroken(f'"{path}" of "{repository.label}" is listed at {commit}, but cannot be read')
    return files


def spec_bytes(content: bytes, known: str | None) -> SpecBytes:
    """A file that was read."""
    version = blob_id(content)
    return SpecBytes(version, None if version == known else content, len(content))


def only_files(entries: Iterable[tuple[str, str, str, str]]) -> dict[str, str]:
    """Path to blob id out of (path, type, mode, id): no folders, submodules, symbolic links, or paths that climb."""
    return {
        path: blob
        for path, kind, mode, blob in entries
        if kind == "blob" and mode != "120000" and not {"", ".", ".."} & set(path.split("/"))
    }
