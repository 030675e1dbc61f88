"""A branch with a spec file, made with the git command in a clone that is thrown away."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import yaml

_GIT_SECONDS = 60
_AUTHOR = ["-c", "user.name=Enrich Service", "-c", "user.email=enrich@example.com"]


class GitFailed(Exception):
    """git said no; the text is what it said."""


async def git(*arguments: str, cwd: Path | None = None) -> str:
    """Runs git and answers what it printed."""
    process = await asyncio.create_subprocess_exec(
        "git", *arguments, cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), _GIT_SECONDS)
    except TimeoutError:
        process.kill()
        raise GitFailed(f"git {arguments[0]} took longer than {_GIT_SECONDS} s") from None
    if process.returncode:
        raise GitFailed(f"git {arguments[0]}: {output.decode(errors='replace').strip()}")
    return output.decode()


def spec_file(entity: str, domain: str, kind: str, lifecycle: str) -> str:
    """What ``port.yml`` says of a service."""
    document = {
        "identifier": entity,
        "blueprint": "service",
        "properties": {"type": kind, "lifecycle": lifecycle},
        "relations": {"domain": domain},
    }
    return yaml.safe_dump(document, sort_keys=False)


async def open_branch(repository: str, branch: str, text: str) -> bool:
    """Pushes ``branch`` with ``port.yml`` holding ``text``; false when the branch is there already.

    A message may arrive twice: the branch carries the run's id, so the second time there is nothing left to do.
    """
    if await git("ls-remote", "--heads", repository, branch):
        return False
    with tempfile.TemporaryDirectory(prefix="enrich-") as name:
        clone = Path(name) / "clone"
        await git("clone", "--quiet", "--depth", "1", repository, str(clone))
        await git("checkout", "--quiet", "-b", branch, cwd=clone)
        (clone / "port.yml").write_text(text)
        await git("add", "port.yml", cwd=clone)
        await git(*_AUTHOR, "commit", "--quiet", "-m", "Describe this service in port.yml", cwd=clone)
        await git("push", "--quiet", "origin", branch, cwd=clone)
    return True
