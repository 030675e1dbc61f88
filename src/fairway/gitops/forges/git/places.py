"""Which repositories there are: a list file, a folder of bare repositories, or what gitolite says. Section 4.5."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fairway.gitops.forges.errors import ListingIncomplete
from fairway.gitops.forges.git.address import CloneAddress, parse_address
from fairway.gitops.forges.git.local import git_folder
from fairway.gitops.model import Repository
from fairway.kit.errors import InvalidRequest

_DEEPEST = 6
_MOST = 100_000
_LIST_BYTES = 64 * 1024 * 1024
_GITOLITE = re.compile(r"\s*(?P<rights>[RWC@ _*]+)\t(?P<name>[A-Za-z0-9][A-Za-z0-9._@/+-]*)")
_MOVED = "moved_from="


@dataclass(frozen=True, slots=True)
class Place:
    """A repository to read: where it is, which branch counts, and what people call it."""

    address: CloneAddress
    branch: str | None = None
    label: str | None = None
    moved_from: str | None = None
    """The URL that it is known by: a repository that moved stays the same one."""

    def repository(self) -> Repository:
        """As a forge lists it."""
        address = {"clone": self.address.url if self.address.scheme != "ssh" else _ssh_url(self.address)}
        if self.branch is not None:
            address["branch"] = self.branch
        identity = self.moved_from or self.address.identity
        label = self.label or self.address.label
        return Repository(identity, label, self.address.identity, self.branch, address=address)


def _ssh_url(address: CloneAddress) -> str:
    """In a form that keeps user, and whether the path is absolute."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    login = f"{address.user}@{host}" if address.user else host
    if address.path.startswith("/"):
        return f"ssh://{login}:{address.port}{address.path}"
    return f"{login}:{address.path}"


async def read_list(file: Path) -> list[Place]:
    """The list file: a clone URL, optionally a branch (``-``: the default one), a label, and ``moved_from=URL``, on
    each line; ``#`` starts a comment.

    Raises:
        ListingIncomplete: it cannot be read, or a line is wrong, so that it is not known what there is.
    """
    try:
        content = await asyncio.to_thread(_bounded, file)
    except (OSError, UnicodeDecodeError) as error:
        raise ListingIncomplete(f'The list of repositories "{file}" cannot be read: {error}') from None
    places: dict[str, tuple[int, Place]] = {}
    for number, line in enumerate(content.splitlines(), 1):
        words = line.split("#", 1)[0].split() if not line.lstrip().startswith("#") else []
        if not words:
            continue
        try:
            place = _place(words, file.parent)
        except InvalidRequest as error:
            raise ListingIncomplete(f'Line {number} of "{file}": {error.message}') from None
        identity = place.moved_from or place.address.identity
        if identity in places:
            raise ListingIncomplete(
                f'Lines {places[identity][0]} and {number} of "{file}" name the same repository, "{identity}"'
            )
        places[identity] = (number, place)
    return [place for _, place in places.values()]


def _bounded(file: Path) -> str:
    with file.open(encoding="utf-8") as opened:
        content = opened.read(_LIST_BYTES + 1)
    if len(content) > _LIST_BYTES:
        raise OSError(f"it is longer than {_LIST_BYTES} characters")
    return content


def _place(words: list[str], base: Path) -> Place:
    moved = [word.removeprefix(_MOVED) for word in words[1:] if word.startswith(_MOVED)]
    url, *rest = [word for word in words if not word.startswith(_MOVED)]
    if len(rest) > 2 or len(moved) > 1:
        raise InvalidRequest("a line holds a URL, a branch, a label and moved_from=URL; labels have no blanks")
    branch = rest[0] if rest and rest[0] != "-" else None
    label = rest[1] if len(rest) > 1 else None
    identity = parse_address(moved[0], base).identity if moved else None
    return Place(parse_address(url, base), branch, label, identity)


async def find_bare(root: Path) -> list[Place]:
    """All repositories below a folder; links are not followed, and repositories are not looked into.

    Raises:
        ListingIncomplete: a folder cannot be read.
    """
    try:
        return await asyncio.to_thread(lambda: list(_below(root.resolve(), root.resolve(), 0)))
    except OSError as error:
        raise ListingIncomplete(f'The folder of repositories "{root}" cannot be read: {error}') from None


def _below(root: Path, folder: Path, depth: int) -> Iterator[Place]:
    if depth > _DEEPEST:
        return
    with os.scandir(folder) as entries:
        folders = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    for name in folders:
        path = folder / name
        if git_folder(path) == path:
            label = str(path.relative_to(root)).removesuffix(".git")
            yield Place(parse_address(str(path)), label=label)
        else:
            yield from _below(root, path, depth + 1)


def parse_gitolite(text: str, server: CloneAddress) -> list[Place]:
    """What ``ssh git@host info`` prints: rights, a tab, and a name or a pattern on each line; patterns are left out.

    Raises:
        ListingIncomplete: it is something else.
    """
    lines = text.splitlines()
    if not any("gitolite" in line for line in lines[:3]):
        raise ListingIncomplete(f'"{server.origin}" does not answer as gitolite does; its "info" command is needed')
    found = [match for line in lines if (match := _GITOLITE.fullmatch(line)) and "R" in match["rights"]]
    return [
        Place(CloneAddress("ssh", server.host, server.port, server.user, f"/{match['name']}"), label=match["name"])
        for match in found[:_MOST]
        if ".." not in match["name"].split("/")
    ]
