"""What of a commit the synchronisation wants: spec files and the files they refer to. Contract section 3."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dulwich.objects import ObjectID

from fairway.gitops.forges.base import Wanted
from fairway.gitops.forges.errors import ForgeBroken
from fairway.gitops.forges.git.objects import BlobEntry, CommitFiles

_MOST_FILES = 20_000


@dataclass(slots=True)
class Selected:
    """Paths and blobs at one commit."""

    files: dict[str, ObjectID] = field(default_factory=dict)
    dependencies: dict[str, ObjectID] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)

    def unread(self, wanted: Wanted) -> dict[str, ObjectID]:
        """Those whose content is another than the known one."""
        return {path: blob for path, blob in self.files.items() if wanted.known_files.get(path) != blob.decode()}

    def changed(self, known: Mapping[str, str]) -> frozenset[str]:
        """Dependencies whose blob is another, or which came or went."""
        found = {path: blob.decode() for path, blob in self.dependencies.items()}
        return frozenset(path for path, version in known.items() if found.get(path, "") != version)


def select(commit: CommitFiles, wanted: Wanted) -> Selected:
    """Looks through a commit's files; only at its root when that is all that is wanted.

    Raises:
        ForgeBroken: there are more spec files than a repository may have.
        KeyError: an object is missing.
    """
    selected = Selected()
    names = wanted.patterns.root_names
    for entry in commit.walk() if names is None else commit.root_files():
        _take(selected, entry, wanted)
        if len(selected.files) > _MOST_FILES:
            raise ForgeBroken(f"Commit {commit.commit} has more than {_MOST_FILES} spec files")
    if names is not None:
        _find(selected, commit, (path for path in wanted.dependencies if "/" in path))
    return selected


def _take(selected: Selected, entry: BlobEntry, wanted: Wanted) -> None:
    if wanted.patterns.matches(entry.path):
        selected.files[entry.path] = entry.blob
    else:
        selected.ignored += wanted.patterns.nearly([entry.path])
    if entry.path in wanted.dependencies:
        selected.dependencies[entry.path] = entry.blob


def _find(selected: Selected, commit: CommitFiles, paths: Iterable[str]) -> None:
    for path in paths:
        blob = commit.find(path)
        if blob is not None:
            selected.dependencies[path] = blob
