"""What a repository on a server can be asked, whatever leads there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fairway.gitops.forges.git.protocol import Advertisement, FetchRequest, Refs

UPLOAD, RECEIVE = "git-upload-pack", "git-receive-pack"


class Remote(Protocol):
    """One repository on a server. Calls may raise the errors of ``forges/errors.py``."""

    async def refs(self, prefixes: Sequence[str]) -> Refs:
        """References that begin with one of ``prefixes``, and maybe others.

        Raises:
            RepositoryGone: there is no such repository, or it may not be seen.
        """
        ...

    async def abilities(self, *, fresh: bool = False) -> Advertisement:
        """What the server can do; ``fresh`` asks this repository even when its neighbours are known."""
        ...

    async def fetch(self, request: FetchRequest, most: int) -> bytes:
        """A pack of at most ``most`` bytes.

        Raises:
            PackTooBig: it is longer.
        """
        ...

    async def push(self, ref: str, old: str | None, new: str, pack: bytes) -> str | None:
        """Moves a reference if it still is at ``old``; answers why the server would not."""
        ...
