"""Plain git as a forge. Contract section 4.5."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from fairway.gitops.forges.base import Examined, ForgeFigures, ForgeKind, StatusReport, Wanted
from fairway.gitops.forges.errors import ForgeRefused, NotPermitted, RepositoryGone
from fairway.gitops.forges.git.address import CloneAddress, parse_address
from fairway.gitops.forges.git.cache import RepositoryCache
from fairway.gitops.forges.git.local import LOCAL_THREADS, LocalRepository
from fairway.gitops.forges.git.places import Place, find_bare, parse_gitolite, read_list
from fairway.gitops.forges.git.remote import Remote
from fairway.gitops.forges.git.server import ServerRepository
from fairway.gitops.forges.git.settings import GitSettings, HttpLogin
from fairway.gitops.forges.git.smart_http import HttpHost, HttpRemote, basic
from fairway.gitops.forges.git.ssh import SshHost, SshRemote
from fairway.gitops.forges.http import ForgeHttp, HttpOptions
from fairway.gitops.model import Repository
from fairway.kit.errors import InvalidRequest

_PAGE = 200
_KEPT_REMOTES = 20_000


class GitForge:
    """Repositories without an API. Whatever is not on this machine is asked over HTTP or SSH."""

    kind = ForgeKind.GIT

    def __init__(self, settings: GitSettings, options: HttpOptions | None = None) -> None:
        named = (settings.repositories or None, settings.list_file, settings.directory, settings.gitolite)
        if sum(each is not None for each in named) != 1:
            raise InvalidRequest(
                "Plain git needs one of: clone URLs, a list file, a folder of repositories, a gitolite server"
            )
        self.figures = ForgeFigures()
        self._settings = settings
        self._options = replace(options or HttpOptions(), ca_file=settings.ca_file)
        self._cache: RepositoryCache | None = None
        self._http: dict[str, HttpHost] = {}
        self._ssh: dict[str, SshHost] = {}
        self._local_gate = asyncio.Semaphore(LOCAL_THREADS)
        self._origins: frozenset[str] | None = None
        self._remotes: dict[str, Remote] = {}

    async def identity(self) -> str:
        """Who logs in where; one repository of each server is asked for its references."""
        places = await self._places()
        asked: dict[str, CloneAddress] = {}
        for place in places:
            asked.setdefault(place.address.origin, place.address)
        for address in asked.values():
            if address.scheme != "file":
                try:
                    await self.remote(address).refs(["HEAD"])
                except RepositoryGone:
                    continue
        settings = self._settings
        single = settings.repositories[0].identity if settings.repositories else None
        where = settings.list_file or settings.directory or settings.gitolite or single
        logins = [f"{origin} as {login.username}" for origin, login in sorted(self._settings.logins.items())]
        if settings.login is not None:
            logins.append(f"as {settings.login.username}")
        if self._settings.ssh is not None:
            logins.append(f"ssh as {self._settings.ssh.username}")
        return f"git {where}" + (f" ({', '.join(logins)})" if logins else "")

    async def listing(self) -> AsyncIterator[Sequence[Repository]]:
        """See :meth:`Forge.listing`."""
        places = await self._places()
        for start in range(0, len(places), _PAGE):
            yield [place.repository() for place in places[start : start + _PAGE]]

    async def _places(self) -> list[Place]:
        if self._settings.repositories:
            return [Place(each) for each in self._settings.repositories]
        if self._settings.list_file is not None:
            return await read_list(self._settings.list_file)
        if self._settings.directory is not None:
            return await find_bare(self._settings.directory)
        server = parse_address(f"{(self._settings.gitolite or '').rstrip('/')}/info")
        if server.scheme != "ssh":
            raise InvalidRequest(f'"{self._settings.gitolite}" is no gitolite server; ssh://git@host is expected')
        return parse_gitolite(await self._ssh_host(server).listing(), server)

    async def repository(self, repository: str) -> Repository | None:
        """See :meth:`Forge.repository`; a clone URL in any spelling is fine, too."""
        try:
            identity = parse_address(repository).identity
        except InvalidRequest:
            identity = repository
        for place in await self._places():
            found = place.repository()
            if repository in (found.id, found.label) or identity in (found.id, found.url):
                return found
        return None

    async def examine(self, repository: Repository, wanted: Wanted) -> Examined:
        """See :meth:`Forge.examine`."""
        if wanted.branch is None and repository.address.get("branch"):
            wanted = replace(wanted, branch=repository.address["branch"])
        return await self.opened(repository).examine(wanted)

    async def read(self, repository: Repository, commit: str, path: str, limit: int) -> bytes | None:
        """See :meth:`Forge.read`."""
        return await self.opened(repository).read(commit, path, limit)

    async def report(self, repository: Repository, commit: str, report: StatusReport) -> None:
        """There is no place in plain git where a status is shown.

        Raises:
            NotPermitted: always.
        """
        raise NotPermitted("Plain git has no place where the state of a commit is shown; see the page of the source")

    def file_url(self, repository: Repository, commit: str, path: str, line: int | None = None) -> str:
        """See :meth:`Forge.file_url`; the repository's own URL when no web view is configured."""
        if self._settings.web is None:
            return repository.url
        values = {"label": repository.label, "commit": commit, "path": path, "line": str(line or 1)}
        url = self._settings.web
        for name, value in values.items():
            url = url.replace(f"{{{name}}}", quote(value, safe="/"))
        return url

    async def close(self) -> None:
        """Closes connections and files."""
        for http in self._http.values():
            await http.http.aclose()
        for ssh in self._ssh.values():
            await ssh.close()
        if self._cache is not None:
            await asyncio.to_thread(self._cache.close)

    def opened(self, repository: Repository) -> LocalRepository | ServerRepository:
        """The repository where it is."""
        address = parse_address(repository.address["clone"])
        if address.scheme == "file":
            return LocalRepository(Path(address.path), self._settings.limits, self._local_gate)
        if self._cache is None:
            self._cache = RepositoryCache(self._settings.cache, self._settings.limits)
        return ServerRepository(self.remote(address), self._cache, address.identity, self._settings.limits)

    def remote(self, address: CloneAddress) -> Remote:
        """How a repository that is not on this machine is asked."""
        url = f"{address.user or ''}@{address.url}" if address.scheme == "ssh" else address.url
        found = self._remotes.get(url)
        if found is None:
            if len(self._remotes) >= _KEPT_REMOTES:
                self._remotes.clear()
            found = self._remotes[url] = self._new_remote(address)
        return found

    def _new_remote(self, address: CloneAddress) -> Remote:
        if address.scheme == "ssh":
            return SshRemote(self._ssh_host(address), address)
        host = self._http.get(address.origin)
        if host is None:
            origin = address.origin

            async def authorization() -> Mapping[str, str]:
                return basic(self._settings.logins.get(origin) or await self._only_login(origin))

            http = ForgeHttp(address.origin, authorization=authorization, figures=self.figures, options=self._options)
            host = self._http[address.origin] = HttpHost(http)
        return HttpRemote(host, address.url)

    async def _only_login(self, origin: str) -> HttpLogin | None:
        """The login without an origin of its own, if there is only this one to send it to."""
        if self._settings.login is not None and self._origins is None:
            places = await self._places()
            self._origins = frozenset(each.address.origin for each in places if each.address.scheme.startswith("http"))
        return self._settings.login if self._origins == frozenset({origin}) else None

    def _ssh_host(self, address: CloneAddress) -> SshHost:
        login = self._settings.ssh
        if login is None:
            raise ForgeRefused(f'"{address.origin}" is asked over SSH; that needs a key and known host keys')
        user = address.user or login.username
        name = f"{user}@{address.host}:{address.port}"
        if name not in self._ssh:
            self._ssh[name] = SshHost(
                login, address.host, address.port, user, self.figures, self._options.sleep, self._options.policy
            )
        return self._ssh[name]
