"""Where a repository is cloned from, and the one spelling that identifies it. Contract sections 1 and 4.5."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from fairway.kit.errors import InvalidRequest

_SCP = re.compile(r"(?:(?P<user>[^@/:\s]+)@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^@/:\s\[\]]+):(?P<path>[^\s].*)")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*|[0-9A-Fa-f:.]+")
_PORTS = {"http": 80, "https": 443, "ssh": 22}
_CONTROL = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True)
class CloneAddress:
    """A clone URL taken apart. ``host`` is empty for local ones, and ``path`` is absolute there."""

    scheme: str
    """http, https, ssh or file."""
    host: str
    port: int
    user: str | None
    path: str

    @property
    def identity(self) -> str:
        """The normalised URL: lower-case host, no default port, no user, no closing ``.git`` or slash."""
        path = self.path.rstrip("/").removesuffix(".git").rstrip("/")
        if self.scheme == "file":
            return f"file://{quote(path, safe='/~')}"
        return f"{self.origin}/{quote(path.lstrip('/'), safe='/~')}"

    @property
    def origin(self) -> str:
        """Scheme, host and, unless it is the usual one, port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS.get(self.scheme) else f":{self.port}")

    @property
    def url(self) -> str:
        """Where requests go; never with a user or password."""
        if self.scheme == "file":
            return self.path
        return f"{self.origin}/{quote(self.path.lstrip('/'), safe='/~')}"

    @property
    def label(self) -> str:
        """For people: the path without its closing ``.git``; the folder's name for local ones."""
        path = self.path.rstrip("/").removesuffix("/.git").removesuffix(".git")
        return path.rsplit("/", 1)[-1] if self.scheme == "file" else path.lstrip("/~")


def parse_address(text: str, base: Path | None = None) -> CloneAddress:
    """A clone URL, the short form ``git@host:path`` of SSH, or a local path, relative to ``base`` if it is relative.

    Raises:
        InvalidRequest: it is none of these, holds a password, or its scheme is not http, https, ssh or file.
    """
    if _CONTROL.search(text) or not text or text.startswith("-"):
        raise InvalidRequest(f'"{_shown(text)}" is not a clone URL: no blanks, control characters or leading dash')
    if "::" in text.split("/", 1)[0] and not text.startswith("["):
        raise InvalidRequest(f'"{_shown(text)}" names a remote helper; clone URLs are https, ssh, http or local paths')
    if "://" in text:
        return _from_url(text)
    if (found := _SCP.fullmatch(text)) and not text.startswith((".", "/")):
        return _remote("ssh", found["host"].strip("[]"), None, found["user"], found["path"], text)
    return _local(text, base)


def _from_url(text: str) -> CloneAddress:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise InvalidRequest(f'"{_shown(text)}" is not a clone URL: {error}') from None
    if parts.password is not None:
        raise InvalidRequest(f'"{_shown(text)}" holds a password; tokens belong into the settings of the source')
    if parts.query or parts.fragment:
        raise InvalidRequest(f'"{_shown(text)}" is not a clone URL: it has a query or a fragment')
    scheme, path = parts.scheme.lower(), unquote(parts.path)
    if scheme == "file" and (parts.hostname or "localhost") == "localhost":
        return _local(path, None)
    if scheme not in _PORTS:
        raise InvalidRequest(f'"{_shown(text)}" has the scheme "{scheme}"; only https, http, ssh and file are read')
    return _remote(scheme, parts.hostname or "", port, parts.username, path, text)


def _remote(scheme: str, host: str, port: int | None, user: str | None, path: str, text: str) -> CloneAddress:
    if not _HOST.fullmatch(host):
        raise InvalidRequest(f'"{_shown(text)}" is not a clone URL: its host is not one')
    if user is not None and user.startswith("-"):
        raise InvalidRequest(f'"{_shown(text)}" is not a clone URL: its user begins with a dash')
    if _CONTROL.search(path.replace(" ", "")) or ".." in path.split("/") or not path.strip("/"):
        raise InvalidRequest(f'"{_shown(text)}" is not a clone URL: its path is empty or leaves the server\'s root')
    return CloneAddress(scheme, host.lower(), port or _PORTS[scheme], user, re.sub("/{2,}", "/", path))


def _local(path: str, base: Path | None) -> CloneAddress:
    if not path.startswith("/") and base is None:
        raise InvalidRequest(f'"{_shown(path)}" is not a clone URL; local repositories have absolute paths')
    found = os.path.realpath(os.path.join(base or "/", path))
    return CloneAddress("file", "", 0, None, found)


def _shown(text: str) -> str:
    """For messages: nothing that might be a password."""
    return re.sub(r"//[^/@]*@", "//", text)[:200]
