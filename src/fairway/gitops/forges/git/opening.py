"""Plain git from the settings that all forges share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fairway.gitops.forges.git.address import parse_address
from fairway.gitops.forges.git.client import GitForge
from fairway.gitops.forges.git.local import git_folder
from fairway.gitops.forges.git.settings import GitSettings, HttpLogin, SshLogin
from fairway.gitops.forges.http import HttpOptions
from fairway.gitops.forges.settings import ForgeSettings
from fairway.kit.errors import InvalidRequest

_ANY_USER = "x-token-auth"
"""Servers that look at the token only take any name; this one is Bitbucket's."""


def open_git(settings: ForgeSettings, options: HttpOptions) -> GitForge:
    """``url`` is a list file, a folder of bare repositories, ``ssh://git@host`` of a gitolite server, or the clone URL
    of a single repository; ``repositories`` has the clone URLs of several.

    Raises:
        InvalidRequest: it is none of these, or a key comes without host keys.
    """
    password = settings.token or settings.password
    login = HttpLogin(settings.username or _ANY_USER, password) if password else None
    found = GitSettings(
        login=login, ssh=_ssh(settings), cache=settings.cache, ca_file=settings.ca_file, web=settings.web or None
    )
    if settings.repositories:
        return GitForge(replace(found, repositories=tuple(map(parse_address, settings.repositories))), options)
    return GitForge(_placed(found, settings.url.strip()), options)


def _ssh(settings: ForgeSettings) -> SshLogin | None:
    if not settings.private_key:
        return None
    if settings.known_hosts is None:
        raise InvalidRequest("A key for SSH needs the file of host keys that are believed, as known_hosts")
    return SshLogin(settings.private_key, settings.known_hosts, settings.username or "git")


def _placed(settings: GitSettings, url: str) -> GitSettings:
    if "://" in url or url.startswith("git@"):
        if url.startswith("ssh://") and not url.partition("://")[2].partition("/")[2]:
            return replace(settings, gitolite=url)
        return replace(settings, repositories=(parse_address(url),))
    path = Path(url)
    if path.is_dir():
        if git_folder(path) is not None:
            return replace(settings, repositories=(parse_address(str(path.resolve())),))
        return replace(settings, directory=path)
    if path.is_file():
        return replace(settings, list_file=path)
    raise InvalidRequest(f'"{url}" is neither a list file, nor a folder of repositories, nor a clone URL')
