"""Where a forge is, and how to log in there. Section 11 of the contract."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fairway.gitops.forges.base import Forge, ForgeKind
from fairway.gitops.forges.http import HttpOptions
from fairway.kit.clock import Clock
from fairway.kit.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class ForgeSettings:
    """One forge with one credential. Secrets do not show when this is printed."""

    kind: ForgeKind
    url: str = ""
    """Scheme, host, port and context path; for GitHub the API's, ``https://api.github.com`` or ``{host}/api/v3``; for
    plain git a list file, a folder of bare repositories, or the URL of one."""
    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    app_id: str = ""
    """GitHub App: its id, and the PEM of its key."""
    private_key: str = field(default="", repr=False)
    installation: str = ""
    """Id of the app's installation; found by ``organisation`` when it is not given."""
    organisation: str = ""
    """Whose repositories: an organisation or user (GitHub, Gitea), a group (GitLab)."""
    projects: tuple[str, ...] = ()
    """Bitbucket Server: project keys, globs allowed, in any case."""
    thorough: bool = False
    """Bitbucket Server: list each root already the first time, so that a second spec file is never found later."""
    ca_file: Path | None = None
    repositories: tuple[str, ...] = ()
    """Plain git: clone URLs, in place of ``url``."""
    web: str = ""
    """Plain git: where people look at files, a URL with ``{label}``, ``{commit}``, ``{path}`` and ``{line}`` in it."""
    known_hosts: Path | None = None
    """Plain git over SSH: the host keys that are believed."""
    cache: Path | None = None
    """Plain git: where copies of remote repositories are kept."""


def project_filter(text: str) -> tuple[str, ...]:
    """``BITBUCKET_PROJECTS_FILTER``: commas between keys; blanks and empty items do not count."""
    return tuple(item.strip() for item in text.split(",") if item.strip())


def open_forge(
    settings: ForgeSettings,
    *,
    clock: Clock,
    concurrency: int = 16,
    environment: Mapping[str, str] | None = None,
    options: HttpOptions | None = None,
) -> Forge:
    """A client of the forge; close it. ``environment`` has the proxies, by default the process's; ``options`` replaces
    all of how requests are made.

    Raises:
        InvalidRequest: the settings lack something.
    """
    http = options or HttpOptions(
        clock=clock,
        concurrency=concurrency,
        ca_file=settings.ca_file,
        environment=os.environ if environment is None else environment,
    )
    if not settings.url and not settings.repositories and settings.kind is not ForgeKind.GITHUB:
        raise InvalidRequest(f'A source of kind "{settings.kind.value}" needs the address of its forge')
    return _opened(settings, http)


def _opened(settings: ForgeSettings, http: HttpOptions) -> Forge:
    """Imports only the client that is needed."""
    match settings.kind:
        case ForgeKind.BITBUCKET_SERVER:
            from fairway.gitops.forges.bitbucket_server import BitbucketServer

            return BitbucketServer(settings, http)
        case ForgeKind.GITHUB:
            from fairway.gitops.forges.github import GitHub

            return GitHub(settings, http)
        case ForgeKind.GITLAB:
            from fairway.gitops.forges.gitlab import GitLab

            return GitLab(settings, http)
        case ForgeKind.GITEA:
            from fairway.gitops.forges.gitea import Gitea

            return Gitea(settings, http)
        case ForgeKind.GIT:
            from fairway.gitops.forges.git.opening import open_git

            return open_git(settings, http)
        case _:
            raise InvalidRequest(f'There is no client for "{settings.kind.value}"')
