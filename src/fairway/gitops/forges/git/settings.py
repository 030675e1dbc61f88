"""What plain git needs to know: where repositories are named, who logs in where, and how much may be fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fairway.gitops.forges.git.address import CloneAddress


@dataclass(frozen=True, slots=True)
class HttpLogin:
    """Basic credentials of one origin; a token goes into ``password``."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SshLogin:
    """A key for this purpose only, and the host keys that are believed; the machine's own SSH set-up is not read."""

    private_key: Path | str = field(repr=False)
    """A file, or the key itself as PEM."""
    known_hosts: Path
    username: str = "git"
    """For URLs that name no user."""


@dataclass(frozen=True, slots=True)
class GitLimits:
    """What a repository may cost; contract section 14."""

    pack_bytes: int = 48 * 1024 * 1024
    """Compressed, of one fetch."""
    unpacked_bytes: int = 256 * 1024 * 1024
    object_bytes: int = 32 * 1024 * 1024
    """Of a single tree, or of a file that came unasked because the server cannot filter."""
    paths: int = 1_000_000
    depth: int = 100
    seconds: float = 10
    cached_repositories: int = 2_000
    cached_bytes: int = 2 * 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class GitSettings:
    """One source of plain git. Exactly one of the first four says what there is."""

    repositories: tuple[CloneAddress, ...] = ()
    list_file: Path | None = None
    directory: Path | None = None
    gitolite: str | None = None
    """``ssh://git@host``: the server's ``info`` command lists what the key may read."""
    logins: Mapping[str, HttpLogin] = field(default_factory=dict)
    """By origin, as ``https://git.example``: a token is sent nowhere else."""
    login: HttpLogin | None = None
    """For the only origin, when all repositories over HTTP have the same one; with several it is not used."""
    ssh: SshLogin | None = None
    cache: Path | None = None
    """Where fetched repositories are kept; None: a temporary folder for as long as the client lives."""
    ca_file: Path | None = None
    web: str | None = None
    """Where people look at files: a URL with ``{label}``, ``{commit}``, ``{path}`` and ``{line}`` in it."""
    limits: GitLimits = field(default_factory=GitLimits)
