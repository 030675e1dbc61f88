"""Repositories over SSH: one pinned host, one key, no prompts, and nothing of the machine's own SSH set-up.

The token or key never is an argument of a process, because there is no process. Contract sections 4.5 and 14.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from fairway.gitops.forges.answers import Verdict
from fairway.gitops.forges.base import ForgeFigures
from fairway.gitops.forges.budget import Sleep
from fairway.gitops.forges.errors import ForgeBroken, ForgeRefused, ForgeUnavailable, RepositoryGone
from fairway.gitops.forges.gate import Circuit
from fairway.gitops.forges.git import protocol
from fairway.gitops.forges.git.address import CloneAddress
from fairway.gitops.forges.git.packs import PackTooBig
from fairway.gitops.forges.git.pktline import FLUSH
from fairway.gitops.forges.git.protocol import Advertisement, FetchRequest, Refs
from fairway.gitops.forges.git.remote import RECEIVE, UPLOAD
from fairway.gitops.forges.git.settings import SshLogin
from fairway.kit.http import REFUSED_BY_POLICY, AddressPolicy, DestinationRefused, require_allowed

_CONNECT_SECONDS, _TOTAL_SECONDS = 5, 60
_RETRIES = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0
_CHANNELS = 8
"""Servers usually allow ten sessions on a connection."""
_REFS_BYTES = 64 * 1024 * 1024
_PACK_SLACK = 1 << 20
_GONE = ("not found", "does not exist", "not appear to be a git repository", "could not be found", "denied")


@dataclass(slots=True)
class SshHost:
    """A pooled connection to one user of one host."""

    login: SshLogin
    host: str
    port: int
    user: str
    figures: ForgeFigures
    sleep: Sleep = asyncio.sleep
    policy: AddressPolicy | None = None
    """Which addresses may be connected to; None: all."""
    circuit: Circuit = field(init=False)
    version: int | None = None
    abilities: Advertisement | None = None
    _connection: asyncssh.SSHClientConnection | None = None
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    _channels: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_CHANNELS))

    def __post_init__(self) -> None:
        self.circuit = Circuit(f"ssh://{self.user}@{self.host}:{self.port}")

    async def run(self, command: str, body: bytes | None, most: int, *, repeatable: bool = True) -> tuple[bytes, bytes]:
        """Runs a command and has the conversation of git's protocol with it: what the server said first, and its answer
        to ``body``. Without a ``body`` only the first.

        Raises:
            ForgeRefused: the key is not accepted, or the host has another host key than the pinned ones.
            ForgeUnavailable: no answer after all attempts.
            DestinationRefused: the policy forbids the address.
        """
        for number in range(1, _RETRIES + 2):
            self.circuit.check()
            try:
                async with self._channels, asyncio.timeout(_TOTAL_SECONDS):
                    return await self._converse(command, body, most)
            except (OSError, TimeoutError, asyncssh.Error, ForgeUnavailable) as error:
                if not isinstance(error, ForgeUnavailable):
                    self._forget()
                if isinstance(error, asyncssh.PermissionDenied | asyncssh.HostKeyNotVerifiable):
                    self.circuit.note(Verdict.REFUSED, 401)
                    raise self._refusal(error) from None
                if number > _RETRIES or not repeatable:
                    what = str(error) or "no answer in time"
                    raise ForgeUnavailable(f'"{self.host}" is not available after {number} tries: {what}') from None
            self.figures.retries += 1
            await self.sleep(random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (number - 1))))  # noqa: S311
        raise AssertionError("unreachable")

    def _refusal(self, error: asyncssh.Error) -> ForgeRefused:
        if isinstance(error, asyncssh.HostKeyNotVerifiable):
            return ForgeRefused(f'"{self.host}" shows a host key that is not in "{self.login.known_hosts}"')
        return ForgeRefused(f'"{self.host}" does not let "{self.user}" in with the key of the source')

    async def _converse(self, command: str, body: bytes | None, most: int) -> tuple[bytes, bytes]:
        connection = await self._open()
        self.figures.requests += 1
        environment = {"GIT_PROTOCOL": "version=2"}
        async with connection.create_process(command, encoding=None, env=environment) as process:
            first = await self._first(process, most)
            if body is None:
                process.stdin.write(FLUSH)
                process.stdin.write_eof()
                return first, b""
            process.stdin.write(body)
            await process.stdin.drain()
            process.stdin.write_eof()
            return first, await _rest(process, most)

    async def _first(self, process: asyncssh.SSHClientProcess[bytes], most: int) -> bytes:
        """Packets up to the first flush."""
        parts: list[bytes] = []
        size = 0
        while not parts or parts[-1] != FLUSH:
            try:
                head = await process.stdout.readexactly(4)
                length = int(head, 16)
            except (asyncio.IncompleteReadError, ValueError):
                raise await _failure(process, self.host) from None
            parts.append(head if length < 4 else head + await process.stdout.readexactly(length - 4))
            size += length
            if size > max(most, _REFS_BYTES):
                raise ForgeBroken(f'"{self.host}" lists references without end')
        return b"".join(parts)

    async def _open(self) -> asyncssh.SSHClientConnection:
        async with self._opening:
            if self._connection is None:
                self._connection = await asyncssh.connect(
                    self.host,
                    self.port,
                    username=self.user,
                    client_keys=[_key(self.login.private_key)],
                    known_hosts=str(self.login.known_hosts),
                    config=[],
                    agent_path=None,
                    preferred_auth="publickey",
                    connect_timeout=_CONNECT_SECONDS,
                    login_timeout=_CONNECT_SECONDS * 2,
                    keepalive_interval=15,
                    sock=await self._allowed_socket(),
                )
                self.circuit.note(Verdict.FINE, 200)
            return self._connection

    async def _allowed_socket(self) -> socket.socket | None:
        """A connection to an address that the policy allows; None when there is none to ask."""
        if self.policy is None:
            return None
        loop, problem = asyncio.get_running_loop(), OSError(f'"{self.host}" has no address')
        for family, kind, number, _, peer in await loop.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM):
            try:
                require_allowed(self.policy, str(peer[0]))
                made = socket.socket(family, kind, number)
                made.setblocking(False)
                try:
                    async with asyncio.timeout(_CONNECT_SECONDS):
                        await loop.sock_connect(made, peer)
                except BaseException:  # cancelled or not, a socket that nobody gets is closed; raised again
                    made.close()
                    raise
            except OSError as error:
                problem = error
                continue
            return made
        if REFUSED_BY_POLICY in str(problem):
            raise DestinationRefused(f'"{self.host}" may not be reached: {problem}')
        raise problem

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.abort()
            self._connection = None

    async def listing(self) -> str:
        """What gitolite's ``info`` prints."""
        self.circuit.check()
        try:
            async with asyncio.timeout(_TOTAL_SECONDS):
                connection = await self._open()
                self.figures.requests += 1
                found = await connection.run("info", check=True)
                return str(found.stdout)
        except (asyncssh.PermissionDenied, asyncssh.HostKeyNotVerifiable) as error:
            self.circuit.note(Verdict.REFUSED, 401)
            raise self._refusal(error) from None
        except (OSError, TimeoutError, asyncssh.Error) as error:
            self._forget()
            raise ForgeUnavailable(f'"{self.host}" does not list its repositories: {error}') from None

    async def close(self) -> None:
        """Closes the connection."""
        if self._connection is not None:
            self._connection.close()
            await self._connection.wait_closed()
            self._connection = None


def _key(key: Path | str) -> asyncssh.SSHKey:
    """Read by ourselves, so that a key of another kind is named as such.

    Raises:
        ForgeRefused: it cannot be read.
    """
    try:
        return asyncssh.read_private_key(key) if isinstance(key, Path) else asyncssh.import_private_key(key)
    except (OSError, asyncssh.KeyImportError) as error:
        raise ForgeRefused(f"The SSH key of the source cannot be used: {error}") from None


async def _rest(process: asyncssh.SSHClientProcess[bytes], most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := await process.stdout.read(65_536):
        parts.append(part)
        size += len(part)
        if size > most:
            process.kill()
            raise PackTooBig(f"A git server sent more than {most} bytes")
    return b"".join(parts)


async def _failure(process: asyncssh.SSHClientProcess[bytes], host: str) -> Exception:
    """Why a command ended before it spoke git's protocol."""
    said = (await process.stderr.read(4096)).decode(errors="replace").strip()
    if any(words in said.lower() for words in _GONE):
        return RepositoryGone(f'"{host}" says: {said[:300]}')
    return ForgeUnavailable(f'"{host}" ended the conversation: {said[:300] or "without a word"}')


class SshRemote:
    """A repository of a host."""

    def __init__(self, host: SshHost, address: CloneAddress) -> None:
        self._host = host
        path = address.path.removeprefix("/") if address.path.startswith("/~") else address.path
        self._path = "'" + path.replace("'", "'\\''") + "'"
        self._own: Advertisement | None = None

    async def refs(self, prefixes: Sequence[str]) -> Refs:
        """See :class:`Remote`."""
        if self._host.version == 0:
            return (await self.abilities(fresh=True)).refs
        first, answer = await self._run(UPLOAD, protocol.ls_refs(prefixes) + FLUSH, _REFS_BYTES)
        self._own = self._host.abilities = protocol.parse_advertisement(first)
        self._host.version = 2 if self._own.version == 2 else 0
        return protocol.parse_ls_refs(answer.removesuffix(FLUSH) + FLUSH) if self._own.version == 2 else self._own.refs

    async def abilities(self, *, fresh: bool = False) -> Advertisement:
        """See :class:`Remote`."""
        if fresh or (self._own is None and self._host.abilities is None):
            first, _ = await self._run(UPLOAD, None, _REFS_BYTES)
            self._own = self._host.abilities = protocol.parse_advertisement(first)
        found = self._own or self._host.abilities
        assert found is not None
        return found

    async def fetch(self, request: FetchRequest, most: int) -> bytes:
        """See :class:`Remote`."""
        known = await self.abilities()
        body = protocol.fetch(request) if known.version == 2 else protocol.old_fetch(request, known.refs.capabilities)
        _, answer = await self._run(UPLOAD, body, most + _PACK_SLACK)
        return protocol.parse_fetch(answer)

    async def push(self, ref: str, old: str | None, new: str, pack: bytes) -> str | None:
        """See :class:`Remote`."""
        body = protocol.push(ref, old, new, frozenset({"report-status", "side-band-64k"}), pack)
        _, answer = await self._run(RECEIVE, body, _PACK_SLACK, repeatable=False)
        return protocol.parse_push(answer, ref)

    async def _run(
        self, service: str, body: bytes | None, most: int, *, repeatable: bool = True
    ) -> tuple[bytes, bytes]:
        return await self._host.run(f"{service} {self._path}", body, most, repeatable=repeatable)
