"""One repository on each forge, and what scaffolding left there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from fairway.gitops.forges.base import ForgeFigures, ForgeKind
from fairway.gitops.forges.credentials import static
from fairway.gitops.forges.git.client import GitForge
from fairway.gitops.forges.git.settings import GitSettings
from fairway.gitops.forges.http import ForgeHttp, HttpOptions
from fairway.gitops.forges.settings import ForgeSettings, open_forge
from fairway.gitops.scaffold.bitbucket_cloud import BitbucketCloudWorkspace
from fairway.gitops.scaffold.opening import open_workspace
from fairway.gitops.scaffold.workspace import Workspace
from support.git_http import BareRepository, git_server
from support.gitops_gitea import FakeGitea
from support.gitops_gitlab import FakeGitLab
from support.gitops_server import ForgeServer, VirtualTime
from support.gitops_writes import FakeBitbucketCloud, WritableBitbucket, WritableGitHub

API_FORGES = ("github", "gitlab", "gitea", "bitbucket-server", "bitbucket-cloud")
ALL_FORGES = (*API_FORGES, "git", "local")
TOKENS = {"github": "gh-token", "gitlab": "glpat-good", "gitea": "gitea-good", "bitbucket-server": "http-token"}


class Remote(Protocol):
    """The repository behind a workspace."""

    def commit(self, files: Mapping[str, Any], *, branch: str = ..., message: str = ...) -> str: ...


@dataclass
class World:
    """``workspace()`` is a new one, as a second run has it."""

    workspace: Callable[[], Workspace]
    commit: Callable[[Mapping[str, bytes | str | None], str], str]
    branches: Callable[[], dict[str, str]]
    read: Callable[[str, str], str]
    message: Callable[[str], str]
    requests: list[dict[str, Any]]
    server: ForgeServer | None = None


@asynccontextmanager
async def world(kind: str, folder: Path, files: Mapping[str, str] | None) -> AsyncIterator[World]:
    """A repository ``team/a`` with ``files``; None: empty."""
    if kind in ("git", "local"):
        async with _git(kind, folder, files) as found:
            yield found
    else:
        async with _api(kind, files) as found:
            yield found


@asynccontextmanager
async def _api(kind: str, files: Mapping[str, str] | None) -> AsyncIterator[World]:
    servers: dict[str, Callable[[], ForgeServer]] = {
        "github": WritableGitHub,
        "gitlab": FakeGitLab,
        "gitea": FakeGitea,
        "bitbucket-server": WritableBitbucket,
        "bitbucket-cloud": FakeBitbucketCloud,
    }
    async with servers[kind]() as server:
        repository = server.add_repository("team/a", files)
        clock = server.clock
        assert isinstance(clock, VirtualTime)
        options = HttpOptions(clock=clock, sleep=clock.sleep, total_seconds=5)
        if kind == "bitbucket-cloud":
            token = ForgeSettings(ForgeKind.GIT, token="cloud-good")
            http = ForgeHttp(f"{server.url}/2.0", authorization=static(token), figures=ForgeFigures(), options=options)

            def workspace() -> Workspace:
                return BitbucketCloudWorkspace(http, "team", "a")

            close = http.aclose
        else:
            settings = ForgeSettings(ForgeKind(kind), server.url, token=TOKENS[kind])
            forge = open_forge(settings, clock=clock, options=options)
            place = await forge.repository("team/a")
            assert place is not None

            def workspace() -> Workspace:
                return open_workspace(forge, place, clock=clock)

            close = forge.close
        pulls = server.merge_requests if isinstance(server, FakeGitLab) else server.pulls
        yield World(
            workspace,
            lambda changes, branch: repository.commit(changes, branch=branch),
            lambda: dict(repository.branches),
            lambda path, branch: repository.files(branch)[path].decode(),
            lambda branch: repository.commits[repository.branches[branch]].message,
            pulls,
            server,
        )
        await close()


@asynccontextmanager
async def _git(kind: str, folder: Path, files: Mapping[str, str] | None) -> AsyncIterator[World]:
    root = folder / "served"
    root.mkdir()
    bare = BareRepository.create(root / "a.git")
    if files is not None:
        bare.commit(files)
    async with git_server(root) as server:
        clock = VirtualTime()
        (folder / "list").write_text(f"{server.url}/a.git" if kind == "git" else str(bare.path))
        forge = GitForge(GitSettings(list_file=folder / "list"), HttpOptions(clock=clock, sleep=clock.sleep))
        [place] = [each async for page in forge.listing() for each in page]

        def commit(changes: Mapping[str, bytes | str | None], branch: str) -> str:
            names = bare.git("ls-tree", "-r", "--name-only", branch).split()
            kept = {name: bare.git("show", f"{branch}:{name}") + "\n" for name in names if name not in changes}
            return bare.commit(
                {**kept, **{name: each for name, each in changes.items() if each is not None}}, branch=branch
            )

        def branches() -> dict[str, str]:
            lines = bare.git("for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads").splitlines()
            return {line.split()[0]: line.split()[1] for line in lines}

        yield World(
            lambda: open_workspace(forge, place, clock=clock),
            commit,
            lambda: {
                line.split()[1]: line.split()[0]
                for line in bare.git(
                    "for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads"
                ).splitlines()
            },
            lambda path, branch: bare.git("show", f"{branch}:{path}") + "\n",
            lambda branch: bare.git("log", "-1", "--format=%B", branch),
            [],
        )
        await forge.close()
