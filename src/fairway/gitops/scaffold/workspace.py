"""What scaffolding asks of a forge: the columns of the table in section 13 of the contract."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from fairway.gitops.scaffold.model import Requester


@dataclass(frozen=True, slots=True)
class Base:
    """The branch that the request is to be merged into. ``commit`` is None in an empty repository."""

    branch: str
    commit: str | None


@dataclass(frozen=True, slots=True)
class FileAt:
    """A file as it was read. ``token`` is what the forge wants to hear when it is changed: a blob or commit id."""

    path: str
    content: bytes
    token: str


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A pull request that waits."""

    number: str
    branch: str
    url: str


@dataclass(frozen=True, slots=True)
class Write:
    """One file on one branch. ``file`` is None when it is new; ``start`` is None when the branch is there already."""

    branch: str
    path: str
    content: bytes
    message: str
    file: FileAt | None
    start: Base | None


@dataclass(frozen=True, slots=True)
class RequestText:
    """What people read."""

    title: str
    body: str


class Workspace(Protocol):
    """One repository. Calls raise the errors of ``forges/errors.py``."""

    async def base(self, branch: str | None) -> Base:
        """Where a branch is, None the default one.

        Raises:
            RepositoryGone: there is no such repository or branch, or it may not be seen.
        """
        ...

    async def branches(self, prefix: str, own: str) -> Sequence[str]:
        """Branches that begin with ``prefix``: those of open requests, and ``own`` if it is there."""
        ...

    async def open_request(self, branch: str) -> OpenRequest | None:
        """The request from a branch that waits."""
        ...

    async def read(self, path: str, ref: str) -> FileAt | None:
        """A file at a branch or commit."""
        ...

    async def write(self, write: Write) -> None:
        """Commits a file, and makes the branch for it.

        Raises:
            EditConflict: the file or branch is not any more what it was.
        """
        ...

    async def request(self, branch: str, base: Base, text: RequestText) -> OpenRequest | None:
        """Opens a request; None where there are none."""
        ...

    async def update(self, request: OpenRequest, text: RequestText) -> None:
        """Changes what people read."""
        ...


def is_commit(ref: str) -> bool:
    """Whether it is a commit's id; anything else is a branch."""
    return bool(re.fullmatch("[0-9a-f]{40}", ref))


def commit_message(title: str, requester: Requester | None) -> str:
    """With the one who asked as co-author; nothing in it can begin a line of its own."""
    text = _line(title)
    if requester is None:
        return text
    name = _line(requester.name).replace("<", "").replace(">", "")
    mail = _line(requester.email).replace("<", "").replace(">", "").replace(" ", "")
    return f"{text}\n\nCo-authored-by: {name} <{mail}>"


def _line(text: str) -> str:
    return " ".join(text.split())[:200]
