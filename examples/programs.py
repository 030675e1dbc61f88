"""What demos share: programs in processes of their own, a portal, and the git command."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

FAIRWAY = (sys.executable, "-m", "fairway")
_READY_SECONDS = 60
_GIT_SECONDS = 60
_PERSON = {
    "GIT_AUTHOR_NAME": "Dev",
    "GIT_AUTHOR_EMAIL": "dev@example.com",
    "GIT_COMMITTER_NAME": "Dev",
    "GIT_COMMITTER_EMAIL": "dev@example.com",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
}


class GitFailed(Exception):
    """git said no; the text is what it said."""


async def git(*arguments: str, cwd: Path | None = None) -> str:
    """Runs git, whatever this machine's settings are, and answers what it printed."""
    process = await asyncio.create_subprocess_exec(
        "git", *arguments, cwd=cwd, env={**os.environ, **_PERSON}, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        output, _ = await asyncio.wait_for(process.communicate(), _GIT_SECONDS)
    except TimeoutError:
        process.kill()
        raise GitFailed(f"git {arguments[0]} took longer than {_GIT_SECONDS} s") from None
    if process.returncode:
        raise GitFailed(f"git {arguments[0]}: {output.decode(errors='replace').strip()}")
    return output.decode()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@asynccontextmanager
async def program(*command: str, ready: str, **environment: str) -> AsyncIterator[str]:
    """A program in a process of its own, from the line that says it is ready (which is given) to SIGTERM."""
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **environment}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(_READY_SECONDS):
            line = await _line_with(process, ready)
        drain = asyncio.create_task(_drain(process))
        yield line
        process.send_signal(signal.SIGTERM)
        await process.wait()
        await drain
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _line_with(process: asyncio.subprocess.Process, text: str) -> str:
    assert process.stdout is not None
    seen = []
    async for raw in process.stdout:
        seen.append(raw.decode())
        if text in seen[-1]:
            return seen[-1]
    raise SystemExit("".join(seen))


async def _drain(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    async for _ in process.stdout:
        pass


@dataclass(frozen=True)
class Portal:
    """Where a portal is, and how to log in."""

    url: str
    client_id: str
    client_secret: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which programs of others find it."""
        return {"PORT_CLIENT_ID": self.client_id, "PORT_CLIENT_SECRET": self.client_secret}


@asynccontextmanager
async def portal(folder: Path) -> AsyncIterator[Portal]:
    """A portal on a free port that keeps its data in ``folder``."""
    client_id, client_secret = "demo", secrets.token_hex(32)
    command = (*FAIRWAY, "serve", "--port", "0", "--no-demo", "--data-dir", str(folder))
    login = {"FAIRWAY_CLIENT_ID": client_id, "FAIRWAY_CLIENT_SECRET": client_secret}
    async with program(*command, ready="listens on", **login) as line:
        found = re.search(r"http://\S+", line)
        assert found is not None
        yield Portal(found.group(), client_id, client_secret)
