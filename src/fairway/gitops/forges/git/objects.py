"""Files of a commit, out of a store of git objects. What is in there came from anyone who can push."""

from __future__ import annotations

import os
import stat
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from dulwich.object_store import BaseObjectStore, DiskObjectStore
from dulwich.objects import Blob, Commit, ObjectID, Tag, Tree, hex_to_sha

from fairway.gitops.forges.errors import ForgeBroken
from fairway.gitops.forges.git.settings import GitLimits

_TAGS = 8
"""Tags that may stand before a commit."""
_OFS_DELTA, _REF_DELTA = 6, 7
_HEADER = 64
"""Bytes that hold any header of a loose object, and the sizes at the start of a delta."""


class BlobEntry(NamedTuple):
    """A file of a tree; symbolic links and submodules are none."""

    path: str
    blob: ObjectID


@dataclass(frozen=True, slots=True)
class CommitFiles:
    """Reads the trees and files below one commit."""

    store: BaseObjectStore
    commit: str
    limits: GitLimits

    def root(self) -> ObjectID:
        """The tree of the commit.

        Raises:
            KeyError: an object is missing.
        """
        found = self.store[ObjectID(self.commit.encode())]
        for _ in range(_TAGS):
            if not isinstance(found, Tag):
                break
            found = self.store[found.object[1]]
        if not isinstance(found, Commit):
            raise ForgeBroken(f'"{self.commit}" is not a commit')
        return ObjectID(found.tree)

    def walk(self) -> Iterator[BlobEntry]:
        """All files, the root's first.

        Raises:
            ForgeBroken: there are more paths, they nest deeper, or it takes longer than a repository may.
            KeyError: an object is missing.
        """
        deadline = time.monotonic() + self.limits.seconds
        waiting, seen = [("", self.root(), 0)], 0
        while waiting:
            prefix, tree, depth = waiting.pop()
            if depth > self.limits.depth:
                raise ForgeBroken(f"The folders of commit {self.commit} nest deeper than {self.limits.depth}")
            entries = self._entries(tree)
            seen += len(entries)
            if seen > self.limits.paths or time.monotonic() > deadline:
                raise ForgeBroken(
                    f"Commit {self.commit} has more than {self.limits.paths} paths, or reading them takes longer than "
                    f"{self.limits.seconds:g} s"
                )
            for name, mode, item in entries:
                path = prefix + name
                if stat.S_ISDIR(mode):
                    waiting.append((f"{path}/", item, depth + 1))
                elif stat.S_ISREG(mode):
                    yield BlobEntry(path, item)

    def root_files(self) -> Iterator[BlobEntry]:
        """The files of the root only."""
        for name, mode, item in self._entries(self.root()):
            if stat.S_ISREG(mode):
                yield BlobEntry(name, item)

    def find(self, path: str) -> ObjectID | None:
        """The file at ``path``; None when there is none, or a link, submodule or folder."""
        *folders, last = path.split("/")
        tree = self.root()
        for folder in folders:
            below = next(
                (item for name, mode, item in self._entries(tree) if name == folder and stat.S_ISDIR(mode)), None
            )
            if below is None:
                return None
            tree = below
        return next((item for name, mode, item in self._entries(tree) if name == last and stat.S_ISREG(mode)), None)

    def _entries(self, tree: ObjectID) -> list[tuple[str, int, ObjectID]]:
        found = self.store[tree]
        if not isinstance(found, Tree):
            raise ForgeBroken(f'"{tree.decode()}" is not a tree')
        return [
            (name, entry.mode, entry.sha)
            for entry in found.iteritems()
            if entry.path and entry.mode and entry.sha and (name := _name(entry.path)) is not None
        ]


def _name(raw: bytes) -> str | None:
    """A name of a tree; None for those that are not UTF-8 or would lead elsewhere."""
    if raw in (b"", b".", b"..") or b"/" in raw or b"\0" in raw:
        return None
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None


def blob_bytes(store: BaseObjectStore, blob: ObjectID) -> bytes:
    """The content of a file.

    Raises:
        KeyError: it is missing.
    """
    found = store[blob]
    if not isinstance(found, Blob):
        raise ForgeBroken(f'"{blob.decode()}" is not a file')
    return found.data


def stored_size(store: BaseObjectStore, name: ObjectID) -> int:
    """The size of an object, found without unpacking it.

    Raises:
        KeyError: it is missing.
    """
    if isinstance(store, DiskObjectStore):
        loose = os.path.join(store.path, name[:2].decode(), name[2:].decode())
        try:
            with open(loose, "rb") as file:
                head = zlib.decompressobj().decompress(file.read(512), _HEADER)
            return int(head.split(b"\0", 1)[0].split(b" ")[1])
        except FileNotFoundError:
            pass
        for pack in store.packs:
            try:
                offset = pack.index.object_offset(hex_to_sha(name))
            except KeyError:
                continue
            return _packed_size(pack.data.path, offset)
        for other in store.alternates:
            if name in other:
                return stored_size(other, name)
    return len(store.get_raw(name)[1])


def _packed_size(pack: str | os.PathLike[str], offset: int) -> int:
    with open(pack, "rb") as file:
        file.seek(offset)
        head = file.read(512)
    kind, size, at = entry_header(head, 0)
    if kind == _OFS_DELTA:
        while head[at] & 0x80:
            at += 1
        at += 1
    elif kind == _REF_DELTA:
        at += 20
    else:
        return size
    return delta_result_size(zlib.decompressobj().decompress(head[at:], _HEADER))


def entry_header(data: bytes, at: int) -> tuple[int, int, int]:
    """Type, size and where the rest begins, of the entry of a pack at ``at``. ``gitformat-pack(5)``."""
    byte = data[at]
    kind, size, shift = (byte >> 4) & 7, byte & 15, 4
    while byte & 0x80:
        at += 1
        byte = data[at]
        size |= (byte & 0x7F) << shift
        shift += 7
    return kind, size, at + 1


def delta_result_size(delta: bytes) -> int:
    """The size of what a delta makes: the second of the two numbers it begins with."""
    at, size = 0, 0
    for _ in range(2):
        size, shift = 0, 0
        while True:
            byte = delta[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
    return size
