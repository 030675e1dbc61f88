"""Pushes into repositories of this machine: git itself receives them, so that hooks run and rules hold."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from fairway.gitops.forges.errors import ForgeBroken, ForgeUnavailable
from fairway.gitops.forges.git import protocol
from fairway.gitops.forges.git.committing import NewCommit
from fairway.gitops.forges.git.pktline import after_flush

_SECONDS = 60


async def push_locally(folder: Path, ref: str, old: str | None, new: NewCommit) -> str | None:
    """Answers why the push was refused; None when it was not.

    Raises:
        ForgeUnavailable: git is not installed, or does not come to an end.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            "git",
            "receive-pack",
            str(folder),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        )
    except FileNotFoundError:
        raise ForgeUnavailable("Pushing into a repository of this machine needs the git program") from None
    body = protocol.push(ref, old, new.id, frozenset({"report-status", "side-band-64k"}), new.pack)
    try:
        async with asyncio.timeout(_SECONDS):
            output, errors = await process.communicate(body)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise ForgeUnavailable(f'git did not receive a push into "{folder}" within {_SECONDS} s') from None
    if not output:
        raise ForgeBroken(f'git refuses a push into "{folder}": {errors.decode(errors="replace").strip()[:300]}')
    return protocol.parse_push(after_flush(output), ref)
