"""A checkout on disk, seen as a forge would show the repository: no links, no other repositories inside."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fairway.gitops.forges.errors import FileTooBig
from fairway.gitops.patterns import Patterns
from fairway.kit.errors import InvalidRequest

_GIT = ".git"


@dataclass(frozen=True, slots=True)
class Folder:
    """The files below ``root``, by their paths with ``/`` between components."""

    root: Path

    def spec_files(self, below: str, patterns: Patterns) -> list[str]:
        """The paths in the folder ``below`` that the patterns match."""
        return [path for path in self._files(below) if patterns.matches(path)]

    def ignored(self, patterns: Patterns) -> tuple[str, ...]:
        """Files in the root whose names are nearly those of spec files."""
        return patterns.nearly(entry.name for entry in os.scandir(self.root) if _is_file(entry))

    def read(self, path: str, limit: int) -> bytes | FileTooBig | None:
        """A file's content; None when there is none that the repository itself holds."""
        parts = path.split("/")
        for depth in range(1, len(parts)):
            folder = self.root.joinpath(*parts[:depth])
            if folder.is_symlink() or not folder.is_dir() or (folder / _GIT).exists():
                return None
        try:
            # Without following a link, and without waiting for the other end of a pipe.
            number = os.open(self.root.joinpath(*parts), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        if not stat.S_ISREG(os.fstat(number).st_mode):
            os.close(number)
            return None
        with os.fdopen(number, "rb") as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            return FileTooBig(f'"{path}" has more than {limit} bytes')
        return content

    def size(self, path: str) -> int:
        """Bytes of a file."""
        return self.root.joinpath(*path.split("/")).stat().st_size

    def _files(self, below: str) -> Iterator[str]:
        waiting = [below]
        while waiting:
            folder = waiting.pop()
            for entry in sorted(os.scandir(self.root / folder), key=lambda each: each.name):
                path = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != _GIT and not Path(entry.path, _GIT).exists():
                        waiting.append(path)
                elif _is_file(entry):
                    yield path


def _is_file(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False)


def root_of(path: Path) -> Path:
    """The repository that a file or folder belongs to, or the folder itself.

    Raises:
        InvalidRequest: there is no such path.
    """
    if not path.exists():
        raise InvalidRequest(f'"{path}" does not exist')
    start = path.resolve() if path.is_dir() else path.parent.resolve()
    return next((folder for folder in (start, *start.parents) if (folder / _GIT).exists()), start)
