"""Repositories over SSH: a server that runs git, and gitolite's ``info``."""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from support.git_http import BareRepository

_ENVIRONMENT = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull}


@dataclass
class SshServer:
    """A server on a free port; ``folder`` has its clients' key and the file of host keys."""

    folder: Path
    port: int = 0
    version_2: bool = True
    commands: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    break_off: int = 0
    """Sessions that end at once."""

    @property
    def root(self) -> Path:
        """Where repositories are."""
        return self.folder / "served"

    @property
    def key(self) -> Path:
        """The key that is let in."""
        return self.folder / "key"

    @property
    def known_hosts(self) -> Path:
        """The right host key."""
        return self.folder / "known_hosts"

    def create(self, name: str) -> BareRepository:
        """A new repository."""
        return BareRepository.create(self.root / name)

    async def handle(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        """One session."""
        command = process.command or ""
        self.commands.append(command)
        if self.break_off:
            self.break_off -= 1
            process.exit(255)
            return
        if command == "info":
            names = sorted(path.name.removesuffix(".git") for path in self.root.iterdir())
            lines = ["hello fairway, this is git@host running gitolite3 v3.6.12", "", " C\tusers/..*"]
            lines += [f" R W\t{name}" for name in names]
            process.stdout.write("\n".join(lines).encode() + b"\n")
            process.exit(0)
            return
        service, path = shlex.split(command)
        where = self.root / path.lstrip("/")
        if not where.exists() and (where.parent / f"{where.name}.git").exists():
            where = where.parent / f"{where.name}.git"
        protocol = process.env.get("GIT_PROTOCOL", b"") if self.version_2 else b""
        text = protocol.decode() if isinstance(protocol, bytes) else protocol
        child = await asyncio.create_subprocess_exec(
            service,
            str(where),
            env={
                "PATH": os.environ["PATH"],
                "GIT_CONFIG_GLOBAL": os.devnull,
                **({"GIT_PROTOCOL": text} if text else {}),
            },
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        feeding = asyncio.create_task(_feed(process, child.stdin))
        for source, target in ((child.stdout, process.stdout), (child.stderr, process.stderr)):
            while data := await source.read(65_536):
                target.write(data)
        feeding.cancel()
        process.exit(await child.wait())


async def _feed(process: asyncssh.SSHServerProcess[bytes], into: asyncio.StreamWriter) -> None:
    while data := await process.stdin.read(65_536):
        into.write(data)
    into.close()


@asynccontextmanager
async def ssh_server(folder: Path) -> AsyncIterator[SshServer]:
    """The server while the block runs."""
    found = SshServer(folder)
    found.root.mkdir(parents=True)
    host_key, client_key = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
    found.key.write_bytes(client_key.export_private_key())
    found.key.chmod(0o600)
    (folder / "authorized").write_bytes(client_key.export_public_key())

    class Server(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            found.users.append(username)
            return True

    listener = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=Server,
        server_host_keys=[host_key],
        authorized_client_keys=str(folder / "authorized"),
        process_factory=found.handle,
        encoding=None,
    )
    found.port = listener.get_port()
    public = host_key.export_public_key().decode().strip()
    found.known_hosts.write_text(f"[127.0.0.1]:{found.port} {public}\n")
    try:
        yield found
    finally:
        listener.close()
        await listener.wait_closed()
