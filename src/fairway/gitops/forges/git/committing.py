"""A commit that changes one file, as the objects that a push needs."""

from __future__ import annotations

import io
import stat
from dataclasses import dataclass
from datetime import datetime

from dulwich.object_format import DEFAULT_OBJECT_FORMAT
from dulwich.object_store import BaseObjectStore
from dulwich.objects import Blob, Commit, ObjectID, ShaFile, Tree
from dulwich.pack import write_pack_objects

from fairway.gitops.forges.errors import ForgeBroken
from fairway.gitops.forges.git.objects import CommitFiles

_FILE = 0o100644


@dataclass(frozen=True, slots=True)
class NewCommit:
    """A commit that is nowhere yet, with everything of it that its parent does not have."""

    id: str
    pack: bytes


@dataclass(frozen=True, slots=True)
class FileChange:
    """What a commit does. ``author`` is ``Name <mail>``."""

    path: str
    content: bytes
    message: str
    author: str
    when: datetime


def commit_file(parent: CommitFiles | None, change: FileChange) -> NewCommit:
    """A commit on top of ``parent``; None begins a history.

    Raises:
        ForgeBroken: the path is a link, a folder or a submodule, or leads through one.
        KeyError: an object is missing.
    """
    made: list[ShaFile] = [Blob.from_string(change.content)]
    store = None if parent is None else parent.store
    root = None if parent is None else parent.root()
    tree = _with_file(store, root, change.path.split("/"), made)
    commit = Commit()
    commit.tree = tree
    commit.parents = [] if parent is None else [ObjectID(parent.commit.encode())]
    commit.author = commit.committer = change.author.encode()
    commit.author_time = commit.commit_time = int(change.when.timestamp())
    commit.author_timezone = commit.commit_timezone = 0
    commit.encoding = b"UTF-8"
    commit.message = change.message.encode()
    made.append(commit)
    out = io.BytesIO()
    write_pack_objects(out.write, made, DEFAULT_OBJECT_FORMAT)  # type: ignore[arg-type]  # the count is of no use to it
    return NewCommit(commit.id.decode(), out.getvalue())


def _with_file(store: BaseObjectStore | None, tree: ObjectID | None, parts: list[str], made: list[ShaFile]) -> ObjectID:
    """A tree that has the new file, and all trees below it; the new objects are added to ``made``."""
    found = Tree()
    if store is not None and tree is not None:
        old = store[tree]
        if not isinstance(old, Tree):
            raise ForgeBroken(f'"{tree.decode()}" is not a tree')
        for entry in old.iteritems():
            if entry.path is not None and entry.mode is not None and entry.sha is not None:
                found.add(entry.path, entry.mode, entry.sha)
    name = parts[0].encode()
    mode, item = None, None
    if name in found:
        mode, item = found[name]
    if len(parts) > 1:
        if mode is not None and not stat.S_ISDIR(mode):
            raise ForgeBroken(f'"{parts[0]}" is no folder, so nothing can be written below it')
        found[name] = (stat.S_IFDIR, _with_file(store, item, parts[1:], made))
    else:
        if mode is not None and not stat.S_ISREG(mode):
            raise ForgeBroken(f'"{parts[0]}" is a link, a folder or a submodule; it is not replaced by a file')
        found[name] = (mode or _FILE, made[0].id)
    made.append(found)
    return found.id
