"""Objects of repositories on servers, kept between looks: bounded, the least used thrown out first. Section 4.5."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dulwich.errors import ChecksumMismatch, FileFormatException
from dulwich.object_store import DiskObjectStore

from fairway.gitops.forges.errors import ForgeBroken
from fairway.gitops.forges.git.packs import check_pack
from fairway.gitops.forges.git.settings import GitLimits

_MOST_PACKS = 24
"""Fetches after which a repository starts afresh: lookups go through all packs."""
_TIPS = "tips"


@dataclass(slots=True)
class Cached:
    """What is here of one repository."""

    folder: Path
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0
    size: int = 0
    """Bytes of its packs."""
    packs: int = 0
    _store: DiskObjectStore | None = None

    @property
    def store(self) -> DiskObjectStore:
        """The objects."""
        if self._store is None:
            objects = self.folder / "objects"
            if not objects.is_dir():
                objects.parent.mkdir(parents=True, exist_ok=True)
                self._store = DiskObjectStore.init(objects)
            else:
                self._store = DiskObjectStore(objects)
        return self._store

    @property
    def tips(self) -> tuple[str, ...]:
        """Commits whose trees are all here, the newest last."""
        try:
            return tuple((self.folder / _TIPS).read_text("ascii").split())
        except (FileNotFoundError, UnicodeDecodeError):
            return ()

    def add_tip(self, commit: str) -> None:
        """Remembers that the trees of a commit are here."""
        tips = [each for each in self.tips if each != commit][-1:]
        (self.folder / _TIPS).write_text("\n".join([*tips, commit]), "ascii")

    def add(self, pack: bytes, limits: GitLimits) -> None:
        """Takes the objects of a pack in.

        Raises:
            ForgeBroken: it is damaged, or unpacks to too much.
        """
        if check_pack(pack, limits) == 0:
            return
        file, commit, abort = self.store.add_pack()
        try:
            file.write(pack)
            commit()
        except (ChecksumMismatch, FileFormatException, KeyError, ValueError, AssertionError) as error:
            abort()
            self.clear()
            raise ForgeBroken(f"A git server sent a damaged pack: {error or type(error).__name__}") from None
        self.size += len(pack)
        self.packs += 1

    def clear(self) -> None:
        """Forgets everything about the repository."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.size = self.packs = 0

    def close(self) -> None:
        """Closes files."""
        if self._store is not None:
            self._store.close()
            self._store = None


class RepositoryCache:
    """A folder of them. One process uses it at a time."""

    def __init__(self, folder: Path | None, limits: GitLimits) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="fairway-git-") if folder is None else None
        self._folder = Path(self._temporary.name) if self._temporary is not None else folder
        self._limits = limits
        self._known: OrderedDict[str, Cached] = OrderedDict()
        self._scan()

    def _scan(self) -> None:
        """Finds what an earlier process left, oldest first."""
        assert self._folder is not None
        self._folder.mkdir(parents=True, exist_ok=True)
        folders = [each for each in self._folder.iterdir() if each.is_dir()]
        for each in sorted(folders, key=lambda each: each.stat().st_mtime):
            packs = list(each.glob("objects/pack/*.pack"))
            size = sum(pack.stat().st_size for pack in packs)
            self._known[each.name] = Cached(each, size=size, packs=len(packs))

    @asynccontextmanager
    async def hold(self, identity: str) -> AsyncIterator[Cached]:
        """What is here of the repository, for one user at a time."""
        assert self._folder is not None
        name = hashlib.sha256(identity.encode()).hexdigest()[:40]
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = Cached(self._folder / name)
        self._known.move_to_end(name)
        found.users += 1
        try:
            async with found.lock:
                if found.packs >= _MOST_PACKS:
                    found.clear()
                yield found
        finally:
            found.users -= 1
            self._trim()

    def _trim(self) -> None:
        """Throws out the least used until the limits hold; those in use stay."""
        total = sum(each.size for each in self._known.values())
        for name in list(self._known):
            if len(self._known) <= self._limits.cached_repositories and total <= self._limits.cached_bytes:
                return
            each = self._known[name]
            if not each.users:
                total -= each.size
                each.clear()
                del self._known[name]

    def close(self) -> None:
        """Closes files; a temporary folder goes."""
        for each in self._known.values():
            each.close()
        if self._temporary is not None:
            self._temporary.cleanup()
