"""The repositories of services, on whatever forge the backend works with.

ENRICH_FORGE        github, gitlab, gitea, bitbucket-server, bitbucket-cloud, or git
ENRICH_FORGE_URL    the forge; GitHub Enterprise: with /api/v3; git: a folder of bare repositories, or a list of URLs
ENRICH_FORGE_TOKEN  a token that may write to these repositories, and to nothing else;
                    or ENRICH_FORGE_USERNAME and ENRICH_FORGE_PASSWORD
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from fairway.gitops.forges.base import Forge, ForgeFigures, ForgeKind
from fairway.gitops.forges.credentials import static
from fairway.gitops.forges.http import ForgeHttp
from fairway.gitops.forges.settings import ForgeSettings, open_forge
from fairway.gitops.scaffold.bitbucket_cloud import BitbucketCloudWorkspace
from fairway.gitops.scaffold.opening import open_workspace
from fairway.gitops.scaffold.workspace import Workspace
from fairway.kit.clock import SystemClock
from fairway.kit.errors import InvalidRequest, NotFound

CLOUD = "bitbucket-cloud"
_HOSTS = {"https://api.github.com": "https://github.com", "https://api.bitbucket.org": "https://bitbucket.org"}
"""Where people look at what these APIs serve."""


class Repositories(Protocol):
    """What the backend needs of a forge."""

    async def workspace(self, url: str) -> Workspace:
        """Where branches and pull requests of a repository are made; ``url`` is its page, or what is cloned.

        Raises:
            InvalidRequest: it is no address of a repository, or one of another forge.
            NotFound: there is no such repository, or it may not be seen.
        """
        ...

    async def close(self) -> None:
        """Closes the connections."""
        ...


def repositories(environment: Mapping[str, str]) -> Repositories:
    """Those of the forge that the environment names.

    Raises:
        InvalidRequest: a variable is missing or wrong.
    """
    kind, url = environment.get("ENRICH_FORGE", ""), environment.get("ENRICH_FORGE_URL", "")
    known = [*ForgeKind, CLOUD]
    if kind not in known:
        raise InvalidRequest(f'ENRICH_FORGE is "{kind}"; it must be one of {", ".join(known)}')
    settings = ForgeSettings(
        ForgeKind.BITBUCKET_SERVER if kind == CLOUD else ForgeKind(kind),
        url.rstrip("/"),
        username=environment.get("ENRICH_FORGE_USERNAME", ""),
        password=environment.get("ENRICH_FORGE_PASSWORD", ""),
        token=environment.get("ENRICH_FORGE_TOKEN", ""),
    )
    return OfBitbucketCloud(settings) if kind == CLOUD else OfForge(settings)


class OfForge:
    """Those of any forge that can be a source of spec files, too."""

    def __init__(self, settings: ForgeSettings) -> None:
        self._kind = settings.kind
        self._root = settings.url or "https://api.github.com"
        self._clock = SystemClock()
        self._forge: Forge = open_forge(settings, clock=self._clock)

    async def workspace(self, url: str) -> Workspace:
        """See :class:`Repositories`."""
        label = url if self._kind is ForgeKind.GIT else label_of(self._kind, parts_of(url, self._root), url)
        found = await self._forge.repository(label)
        if found is None:
            raise NotFound(f'There is no repository "{url}", or this backend may not see it')
        return open_workspace(self._forge, found, clock=self._clock)

    async def close(self) -> None:
        """See :class:`Repositories`."""
        await self._forge.close()


class OfBitbucketCloud:
    """Those of Bitbucket Cloud, for which there are only pull requests, no source of spec files."""

    def __init__(self, settings: ForgeSettings) -> None:
        self._root = settings.url or "https://api.bitbucket.org"
        self._http = ForgeHttp(f"{self._root}/2.0", authorization=static(settings), figures=ForgeFigures())

    async def workspace(self, url: str) -> Workspace:
        """See :class:`Repositories`."""
        match parts_of(url, self._root):
            case [owner, name, *_]:
                return BitbucketCloudWorkspace(self._http, owner, name)
        raise _no_repository(url)

    async def close(self) -> None:
        """See :class:`Repositories`."""
        await self._http.aclose()


def parts_of(url: str, root: str) -> list[str]:
    """The parts of an address below the forge's own.

    Raises:
        InvalidRequest: it is not below it. The address comes from an entity, which others may write: the token goes
            only where it belongs.
    """
    forge = urlsplit(_HOSTS.get(root, root.removesuffix("/api/v3")))
    try:
        there = urlsplit(url)
    except ValueError:
        raise _no_repository(url) from None
    below = there.path.startswith(f"{forge.path}/")
    if _origin(there) != _origin(forge) or not below:
        raise InvalidRequest(f'"{url}" is not a repository of "{forge.geturl()}", which this backend works with')
    path = there.path.removeprefix(forge.path).rstrip("/").removesuffix(".git")
    return [unquote(part) for part in path.split("/") if part]


def _origin(url: SplitResult) -> tuple[str, str, int | None]:
    try:
        return url.scheme, url.hostname or "", url.port
    except ValueError:
        raise _no_repository(url.geturl()) from None


def label_of(kind: ForgeKind, parts: list[str], url: str) -> str:
    """What the forge calls the repository."""
    match kind, parts:
        case ForgeKind.BITBUCKET_SERVER, ["projects", key, "repos", slug, *_] | ["scm", key, slug]:
            return f"{key}/{slug}"
        case ForgeKind.BITBUCKET_SERVER, ["users", user, "repos", slug, *_]:
            return f"~{user}/{slug}"
        case ForgeKind.GITLAB, [_, _, *_]:
            return "/".join(parts[: parts.index("-")] if "-" in parts else parts)
        case ForgeKind.GITHUB | ForgeKind.GITEA, [owner, name, *_]:
            return f"{owner}/{name}"
    raise _no_repository(url)


def _no_repository(url: str) -> InvalidRequest:
    return InvalidRequest(f'"{url}" is not the address of a repository')
