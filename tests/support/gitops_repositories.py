"""Repositories in memory, as the forge servers of GitOps tests hold them: commits, trees, branches, git's own ids."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

Files = Mapping[str, bytes | str]


def blob_id(content: bytes) -> str:
    """Git's id of a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def folder_id(files: Mapping[str, bytes], folder: str) -> str:
    """An id that changes with anything below ``folder``."""
    below = sorted((path, blob_id(data)) for path, data in files.items() if path.startswith(folder))
    return hashlib.sha1(repr((folder, below)).encode()).hexdigest()


@dataclass(frozen=True)
class Commit:
    """A commit with its whole tree."""

    id: str
    parents: tuple[str, ...]
    files: Mapping[str, bytes]
    message: str
    author: str


class Change(NamedTuple):
    """A path that differs between two trees. ``kind`` is ADD, MODIFY, DELETE or MOVE."""

    kind: str
    path: str
    old_path: str | None = None


@dataclass
class MemoryRepository:
    """A repository. ``number`` is its unchanging id; ``label`` is ``project/slug`` or ``owner/name``."""

    number: int
    label: str
    default_branch: str = "main"
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    """Branch to commit id."""
    archived: bool = False
    fork: bool = False
    mirror: bool = False
    disabled: bool = False
    personal: bool = False
    visibility: str = "private"
    topics: set[str] = field(default_factory=set)
    hidden: bool = False
    """It exists, but the credentials may not see it: neither listed nor readable."""
    blocked: bool = False
    """For legal reasons."""

    @property
    def project(self) -> str:
        """Everything in front of the last component."""
        return self.label.rpartition("/")[0]

    @property
    def slug(self) -> str:
        """The last component."""
        return self.label.rpartition("/")[2]

    @property
    def tip(self) -> str | None:
        """The commit of the default branch."""
        return self.branches.get(self.default_branch)

    def commit(
        self,
        files: Mapping[str, bytes | str | None],
        *,
        branch: str | None = None,
        parent: str | None = None,
        message: str = "A change",
        author: str = "kim",
    ) -> str:
        """Sets files (None deletes) on top of the branch, or of ``parent``; the commit's id."""
        name = branch or self.default_branch
        base = parent or self.branches.get(name) or (self.tip if branch else None)
        tree = dict(self.commits[base].files) if base else {}
        for path, data in files.items():
            tree.pop(path, None)
            if data is not None:
                tree[path] = data.encode() if isinstance(data, str) else data
        text = repr((self.number, base, sorted((p, blob_id(d)) for p, d in tree.items()), message, len(self.commits)))
        made = Commit(hashlib.sha1(text.encode()).hexdigest(), (base,) if base else (), tree, message, author)
        self.commits[made.id] = made
        self.branches[name] = made.id
        return made.id

    def branch(self, name: str, at: str | None = None) -> str:
        """Makes a branch, or moves it by force."""
        commit = self.resolve(at) if at else self.tip
        assert commit is not None, f"{self.label} has no {at}"
        self.branches[name] = commit
        return commit

    def delete_branch(self, name: str) -> None:
        """Removes a branch; its commits stay reachable by id."""
        del self.branches[name]

    def rename_branch(self, old: str, new: str) -> None:
        """Renames a branch, the default one included."""
        self.branches[new] = self.branches.pop(old)
        if self.default_branch == old:
            self.default_branch = new

    def resolve(self, ref: str | None) -> str | None:
        """The commit of a branch name, ``refs/heads/..``, ``HEAD`` or commit id; without one that of the default."""
        if ref in (None, "", "HEAD"):
            return self.tip
        name = str(ref).removeprefix("refs/heads/")
        return self.branches.get(name) or (name if name in self.commits else None)

    def files(self, ref: str | None = None) -> Mapping[str, bytes]:
        """The tree at a ref; nothing for none."""
        commit = self.resolve(ref)
        return self.commits[commit].files if commit else {}

    def history(self, ref: str | None = None) -> Iterator[Commit]:
        """From the ref backwards."""
        at = self.resolve(ref)
        while at is not None:
            yield self.commits[at]
            at = next(iter(self.commits[at].parents), None)

    def changes(self, since: str, to: str) -> list[Change]:
        """What differs between two trees, moves found by equal content."""
        old, new = self.commits[since].files, self.commits[to].files
        gone = {path: data for path, data in old.items() if path not in new}
        found: list[Change] = []
        for path, data in sorted(new.items()):
            if path not in old:
                source = next((each for each, content in gone.items() if content == data), None)
                if source is not None:
                    del gone[source]
                found.append(Change("MOVE", path, source) if source else Change("ADD", path))
            elif old[path] != data:
                found.append(Change("MODIFY", path))
        return found + [Change("DELETE", path) for path in sorted(gone)]


class Repositories:
    """All repositories of one forge, in the order in which they were made."""

    def __init__(self) -> None:
        self.by_label: dict[str, MemoryRepository] = {}
        self.moved: dict[str, str] = {}
        """Old labels that the forge still knows, to the new ones."""
        self._numbers = itertools.count(1)

    def __iter__(self) -> Iterator[MemoryRepository]:
        return iter(list(self.by_label.values()))

    def __getitem__(self, label: str) -> MemoryRepository:
        return self.by_label[label]

    def add(self, label: str, files: Files | None = None, *, branch: str = "main") -> MemoryRepository:
        """A new repository, empty without files."""
        made = MemoryRepository(next(self._numbers), label, branch)
        self.by_label[label] = made
        if files is not None:
            made.commit(dict(files), message="First")
        return made

    def find(self, label: str) -> MemoryRepository | None:
        """By label, old ones and other cases included."""
        label = self.moved.get(label, label)
        found = self.by_label.get(label)
        return found or next((each for each in self if each.label.lower() == label.lower()), None)

    def number(self, number: int) -> MemoryRepository | None:
        """By id."""
        return next((each for each in self if each.number == number), None)

    def rename(self, label: str, new: str) -> MemoryRepository:
        """Renames or transfers; the place in the listing stays."""
        moved = self.by_label[label]
        moved.label = new
        self.by_label = {each.label: each for each in self.by_label.values()}
        self.moved[label] = new
        return moved

    def delete(self, label: str) -> None:
        """Removes a repository for good."""
        del self.by_label[label]
