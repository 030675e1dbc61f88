"""Clients and engines of sources, one of each for a process, for as long as nothing about the source changes.

One client has one pool, one memory of the forge's limits and one circuit: passes and events share them.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from fairway.gitops.forges.base import Examined, Forge, ForgeFigures, ForgeKind, StatusReport, Wanted
from fairway.gitops.forges.http import HttpOptions
from fairway.gitops.forges.settings import ForgeSettings, open_forge
from fairway.gitops.model import Repository
from fairway.gitops.sync import Engine, PassReport
from fairway.gitops.sync.context import Context
from fairway.kit.clock import Clock
from fairway.kit.errors import Unavailable
from fairway.kit.http import AddressPolicy
from fairway.portal.caller import Caller, system_caller
from fairway.portal.sources.gitops.catalog import OwnCatalog, Parts
from fairway.portal.sources.gitops.model import Source

_MOST_OPEN = 64


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What clients of forges are made with."""

    clock: Clock
    policy: AddressPolicy
    environment: Mapping[str, str]
    """Where proxies are looked up."""
    folder: Path
    """For certificates, host keys and copies of repositories."""
    base_url: str
    """Of the portal, for people."""


class Opened:
    """A source at work."""

    def __init__(self, source: Source, forge: Forge, parts: Parts, around: Surroundings) -> None:
        self.source = source
        self.forge = forge
        self.progress: PassReport | None = None
        """Of the pass that is under way."""
        self.users = 0
        self.retired = False
        self.catalog = OwnCatalog(parts, source.id, system_caller(parts.org_id, source.title))
        options = replace(source.engine_options, page=f"{around.base_url}/sources/gitops/{source.id}")
        self.engine = Engine(source.id, forge, self.catalog, parts.ledger, options, around.clock, self._note)

    def _note(self, report: PassReport) -> None:
        self.progress = report


class Engines:
    """Hands out what is open."""

    def __init__(self, parts: Parts, around: Surroundings) -> None:
        self._parts = parts
        self._around = around
        self._open: dict[str, Opened] = {}
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def using(self, source: Source) -> AsyncIterator[Opened]:
        """A source as it is configured now.

        Raises:
            InvalidRequest: its forge cannot be opened like this.
        """
        async with self._lock:
            opened = await self._current(source)
            opened.users += 1
        try:
            yield opened
        finally:
            opened.users -= 1
            if opened.retired and opened.users == 0:
                await opened.forge.close()

    def desk(self, source: Source, caller: Caller) -> Engine:
        """An engine in the name of an administrator, which never asks the forge."""
        found = self.context(source, caller)
        return Engine(source.id, found.forge, found.catalog, found.store, found.options, found.clock)

    def context(self, source: Source, caller: Caller) -> Context:
        """What :meth:`desk` works with."""
        catalog = OwnCatalog(self._parts, source.id, caller.acting_as(source.title))
        options, clock = source.engine_options, self._around.clock
        return Context(source.id, NoForge(source.kind), catalog, self._parts.ledger, options, clock)

    async def probe(self, source: Source) -> Forge:
        """A client that was never used before; close it. Nothing is tried for long.

        Raises:
            InvalidRequest: the forge cannot be opened like this.
        """
        return await self._forge(source, impatient=True)

    async def forget(self, source_id: str) -> None:
        """Closes what is open of a source as soon as nobody uses it, and removes its files."""
        async with self._lock:
            await self._retire(source_id)
        await asyncio.to_thread(shutil.rmtree, self._around.folder / source_id, ignore_errors=True)

    async def aclose(self) -> None:
        """Closes everything."""
        async with self._lock:
            for source_id in list(self._open):
                await self._retire(source_id)

    async def _current(self, source: Source) -> Opened:
        found = self._open.get(source.id)
        if found is not None and (found.source.revision, found.source.title) == (source.revision, source.title):
            return found
        if found is not None:
            await self._retire(source.id)
        idle = [name for name, each in self._open.items() if each.users == 0]
        if len(self._open) >= _MOST_OPEN and idle:
            await self._retire(idle[0])
        made = Opened(source, await self._forge(source), self._parts, self._around)
        self._open[source.id] = made
        return made

    async def _retire(self, source_id: str) -> None:
        opened = self._open.pop(source_id, None)
        if opened is None:
            return
        opened.retired = True
        if opened.users == 0:
            await opened.forge.close()

    async def _forge(self, source: Source, *, impatient: bool = False) -> Forge:
        settings = await asyncio.to_thread(_settings, source, self._around.folder / source.id)
        options = HttpOptions(
            clock=self._around.clock, concurrency=source.engine_options.concurrency, ca_file=settings.ca_file,
            environment=self._around.environment, policy=self._around.policy,
        )  # fmt: skip
        if impatient:
            options = replace(options, total_seconds=10.0, concurrency=2)
        return open_forge(settings, clock=self._around.clock, options=options)


def _settings(source: Source, folder: Path) -> ForgeSettings:
    """Where the forge is; certificates and host keys become files."""
    given, secrets = source.settings, source.secrets
    ca_file, known_hosts = (_file(folder, name, given.get(name)) for name in ("caCertificates", "knownHosts"))
    return ForgeSettings(
        kind=source.kind, url=source.url, username=given.get("username", ""), password=secrets.get("password", ""),
        token=secrets.get("token", ""), app_id=given.get("appId", ""), private_key=secrets.get("privateKey", ""),
        installation=given.get("installation", ""), organisation=given.get("organisation", ""),
        projects=tuple(given.get("projects", ())), thorough=given.get("thorough", False), ca_file=ca_file,
        repositories=tuple(given.get("repositories", ())), web=given.get("webUrl", ""), known_hosts=known_hosts,
    )  # fmt: skip


def _file(folder: Path, name: str, content: str | None) -> Path | None:
    if not content:
        return None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    path.write_text(content if content.endswith("\n") else content + "\n")
    return path


class NoForge:
    """In place of a client where nothing is asked of the forge."""

    def __init__(self, kind: ForgeKind) -> None:
        self.kind = kind
        self.figures = ForgeFigures()

    async def identity(self) -> str:
        raise self._unasked()

    def listing(self) -> AsyncIterator[Sequence[Repository]]:
        raise self._unasked()

    async def repository(self, repository: str) -> Repository | None:
        raise self._unasked()

    async def examine(self, repository: Repository, wanted: Wanted) -> Examined:
        raise self._unasked()

    async def read(self, repository: Repository, commit: str, path: str, limit: int) -> bytes | None:
        raise self._unasked()

    async def report(self, repository: Repository, commit: str, report: StatusReport) -> None:
        raise self._unasked()

    def file_url(self, repository: Repository, commit: str, path: str, line: int | None = None) -> str:
        return repository.url

    async def close(self) -> None:
        """Nothing is open."""

    def _unasked(self) -> Unavailable:
        return Unavailable("The forge is not asked for this")
