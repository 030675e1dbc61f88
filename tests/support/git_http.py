"""Bare repositories behind git's own HTTP back end, and a way to put commits into them."""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

_PERSON = {
    "GIT_AUTHOR_NAME": "Kim",
    "GIT_AUTHOR_EMAIL": "kim@example.com",
    "GIT_COMMITTER_NAME": "Kim",
    "GIT_COMMITTER_EMAIL": "kim@example.com",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "PATH": os.environ["PATH"],
}
GITLINK, SYMLINK, FILE = "160000", "120000", "100644"
Entry = bytes | str | tuple[str, str]
"""Content of a file, or a mode and what it holds."""


@dataclass(frozen=True)
class BareRepository:
    """A repository on disk. Trees are made directly, so that they can hold what no working copy can."""

    path: Path

    @classmethod
    def create(cls, path: Path, branch: str = "main") -> BareRepository:
        """An empty one that anyone may push to over HTTP."""
        path.mkdir(parents=True)
        repository = cls(path)
        repository.git("init", "-q", "--bare", f"--initial-branch={branch}", str(path))
        repository.configure("http.receivepack", "true")
        repository.configure("uploadpack.allowFilter", "true")
        return repository

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        """Runs git in it."""
        found = subprocess.run(
            ["git", "-C", str(self.path), *arguments], input=stdin, capture_output=True, check=False, env=_PERSON
        )
        assert found.returncode == 0, found.stderr.decode()
        return found.stdout.decode().strip()

    def configure(self, name: str, value: str) -> None:
        """Sets an option of the repository."""
        self.git("config", name, value)

    def commit(
        self, files: Mapping[str, Entry], *, branch: str = "main", parent: str | None = "tip", message: str = "Change"
    ) -> str:
        """A commit that holds exactly ``files``; its id. ``parent`` None makes a history of its own, as after force."""
        commit = self.commit_of_tree(self.tree(files), branch, parent, message)
        self.git("update-ref", f"refs/heads/{branch}", commit)
        return commit

    def commit_of_tree(self, tree: str, branch: str, parent: str | None, message: str = "Change") -> str:
        """A commit that no branch points at yet."""
        before = self.tip(branch) if parent == "tip" else parent
        arguments = ["-p", before] if before else []
        return self.git("commit-tree", tree, *arguments, "-m", message)

    def tree(self, files: Mapping[str, Entry]) -> str:
        """A tree; its id. Names may be hostile."""
        lines: list[bytes] = []
        folders: dict[str, dict[str, Entry]] = {}
        for path, entry in files.items():
            first, _, rest = path.partition("/")
            if rest:
                folders.setdefault(first, {})[rest] = entry
            else:
                lines.append(self._line(first, entry))
        lines += [b"040000 tree %b\t%b" % (self.tree(found).encode(), name.encode()) for name, found in folders.items()]
        return self.git("mktree", "-z", "--missing", stdin=b"".join(line + b"\0" for line in lines))

    def _line(self, name: str, entry: Entry) -> bytes:
        mode, content = entry if isinstance(entry, tuple) else (FILE, entry)
        if mode == GITLINK:
            return f"{mode} commit {content}\t{name}".encode()
        data = content.encode() if isinstance(content, str) else content
        return f"{mode} blob {self.git('hash-object', '-w', '--stdin', stdin=data)}\t{name}".encode()

    def tip(self, branch: str = "main") -> str | None:
        """What a branch points at."""
        found = self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")
        return found or None

    def read(self, path: str, branch: str = "main") -> str:
        """A file's content."""
        return self.git("show", f"{branch}:{path}")


@dataclass
class GitServer:
    """``git http-backend`` on a socket, over the repositories below ``root``."""

    root: Path
    url: str = ""
    version_2: bool = True
    """Off: the server is as old as if it had never heard of it."""
    password: str | None = None
    requests: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    faults: list[web.Response] = field(default_factory=list)
    """Answered first, in order."""
    hanging: asyncio.Event | None = None

    def create(self, name: str, branch: str = "main") -> BareRepository:
        """A new repository."""
        return BareRepository.create(self.root / name, branch)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request, handed to git."""
        self.requests.append(f"{request.method} {request.path_qs}")
        body = await request.read()
        self.bodies.append(body)
        if self.hanging is not None:
            await self.hanging.wait()
        if self.faults:
            return self.faults.pop(0)
        if self.password is not None and not self._known(request):
            return web.Response(status=401, headers={"www-authenticate": "Basic"})
        return await self._run(request, body)

    def _known(self, request: web.Request) -> bool:
        expected = base64.b64encode(f"x-token:{self.password}".encode()).decode()
        return request.headers.get("authorization") == f"Basic {expected}"

    async def _run(self, request: web.Request, body: bytes) -> web.Response:
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": request.path,
            "QUERY_STRING": request.query_string,
            "REQUEST_METHOD": request.method,
            "CONTENT_TYPE": request.headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            **({"GIT_PROTOCOL": request.headers["git-protocol"]} if self._speaks_2(request) else {}),
        }
        process = await asyncio.create_subprocess_exec(
            "git",
            "http-backend",
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        output, _ = await process.communicate(body)
        head, _, content = output.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        status = int(headers.pop("Status", "200").split()[0]) if output else 500
        return web.Response(status=status, body=content, headers=headers)

    def _speaks_2(self, request: web.Request) -> bool:
        return self.version_2 and "git-protocol" in request.headers


@asynccontextmanager
async def git_server(root: Path) -> AsyncIterator[GitServer]:
    """The server while the block runs."""
    found = GitServer(root)
    app = web.Application(client_max_size=256 * 1024 * 1024)
    app.router.add_route("*", "/{tail:.*}", found.handle)
    server = TestServer(app)
    await server.start_server()
    found.url = str(server.make_url("")).rstrip("/")
    try:
        yield found
    finally:
        if found.hanging is not None:
            found.hanging.set()
        await server.close()
