"""Plain git over HTTP, against git's own back end."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from fairway.gitops.forges.base import Examined, Wanted
from fairway.gitops.forges.errors import (
    CircuitOpen,
    FileTooBig,
    ForgeBroken,
    ForgeRefused,
    ForgeUnavailable,
    RepositoryGone,
)
from fairway.gitops.forges.git.client import GitForge
from fairway.gitops.forges.git.settings import GitLimits, GitSettings, HttpLogin
from fairway.gitops.forges.http import HttpOptions
from fairway.gitops.model import Repository
from fairway.gitops.patterns import Patterns
from support.git_http import GITLINK, SYMLINK, GitServer, git_server
from support.gitops_server import VirtualTime

ALL = Wanted(Patterns())
ROOT = Wanted(Patterns.of(["port.yml", "port.yaml"]))


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[GitServer]:
    (tmp_path / "served").mkdir()
    async with git_server(tmp_path / "served") as found:
        yield found


class World:
    """A forge over a list file."""

    def __init__(self, folder: Path, server: GitServer, limits: GitLimits | None = None) -> None:
        self.server = server
        self.list_file = folder / "list"
        self.list_file.write_text("")
        self.settings = GitSettings(list_file=self.list_file, cache=folder / "cache", limits=limits or GitLimits())
        self.time = VirtualTime()
        self.forge = self.new_forge()

    def new_forge(self, **changes: object) -> GitForge:
        settings = replace(self.settings, **changes)  # type: ignore[arg-type]  # names of its fields
        return GitForge(settings, HttpOptions(clock=self.time, sleep=self.time.sleep, total_seconds=5))

    def name(self, *lines: str) -> None:
        self.list_file.write_text("\n".join(lines))

    async def repository(self, name: str) -> Repository:
        self.name(f"{self.server.url}/{name}")
        found = await self.forge.repository(f"{self.server.url}/{name}")
        assert found is not None
        return found

    async def examine(self, name: str, wanted: Wanted = ALL) -> Examined:
        return await self.forge.examine(await self.repository(name), wanted)


@pytest.fixture
async def world(tmp_path: Path, server: GitServer) -> AsyncIterator[World]:
    found = World(tmp_path, server)
    yield found
    await found.forge.close()


def text(found: Examined) -> dict[str, bytes | None]:
    return {path: each.content for path, each in found.files.items()}


async def test_one_request_when_nothing_changed_and_three_when_something_did(world: World) -> None:
    bare = world.server.create("a.git")
    first = bare.commit({"port.yml": "one", "src/main.py": "x" * 1000, "src/deep/port.yaml": "two"})
    found = await world.examine("a.git")
    assert found.tip == ("main", first)
    assert text(found) == {"port.yml": b"one", "src/deep/port.yaml": b"two"}
    world.server.requests.clear()
    again = await world.examine("a.git", replace(ALL, known_tip=first))
    assert again.unchanged
    assert again.tip == found.tip
    assert world.server.requests == ["POST /a.git/git-upload-pack"]
    second = bare.commit({"port.yml": "changed", "src/deep/port.yaml": "two"})
    known = {path: each.version for path, each in found.files.items()}
    world.server.requests.clear()
    third = await world.examine("a.git", replace(ALL, known_tip=first, known_files=known))
    assert len(world.server.requests) == 3
    assert third.tip == ("main", second)
    assert text(third) == {"port.yml": b"changed", "src/deep/port.yaml": None}


async def test_a_filter_keeps_files_that_are_not_wanted_away(world: World) -> None:
    bare = world.server.create("a.git")
    bare.commit({"port.yml": "one", "image.bin": zlib.compress(b"x") + bytes(range(256)) * 400})
    await world.examine("a.git")
    assert b"filter blob:none" in world.server.bodies[-2]
    assert b"deepen 1" in world.server.bodies[-2]
    assert sum(path.stat().st_size for path in (world.settings.cache or Path()).rglob("*.pack")) < 2000


@pytest.mark.parametrize("version_2", [True, False])
@pytest.mark.parametrize("filters", ["true", "false"])
async def test_servers_of_all_ages(world: World, version_2: bool, filters: str) -> None:
    world.server.version_2 = version_2
    bare = world.server.create("a.git")
    bare.configure("uploadpack.allowFilter", filters)
    first = bare.commit({"port.yml": "one", "doc/readme.md": "hello"})
    found = await world.examine("a.git")
    assert found.tip == ("main", first)
    assert text(found) == {"port.yml": b"one"}
    second = bare.commit({"port.yml": "two", "doc/readme.md": "hello"})
    assert text(await world.examine("a.git", replace(ALL, known_tip=first))) == {"port.yml": b"two"}
    repository = await world.repository("a.git")
    assert await world.forge.read(repository, second, "doc/readme.md", 10) == b"hello"
    assert await world.forge.read(repository, second, "doc/none.md", 10) is None
    world.server.requests.clear()
    assert (await world.examine("a.git", replace(ALL, known_tip=second))).unchanged
    assert len(world.server.requests) == 1


async def test_a_neighbour_without_filters_does_not_mislead(world: World) -> None:
    for name, filters in (("a.git", "true"), ("b.git", "false")):
        bare = world.server.create(name)
        bare.configure("uploadpack.allowFilter", filters)
        bare.commit({"port.yml": name})
    assert text(await world.examine("a.git")) == {"port.yml": b"a.git"}
    assert text(await world.examine("b.git")) == {"port.yml": b"b.git"}
    assert text(await world.examine("a.git")) == {"port.yml": b"a.git"}


async def test_empty_missing_and_vanished_repositories(world: World) -> None:
    bare = world.server.create("empty.git")
    assert (await world.examine("empty.git")).tip is None
    bare.commit({"port.yml": "x"}, branch="other")
    assert (await world.examine("empty.git")).tip is None
    assert (await world.examine("empty.git", replace(ALL, branch="other"))).tip is not None
    with pytest.raises(RepositoryGone):
        await world.examine("none.git")


async def test_force_push_branch_deletion_and_another_default_branch(world: World) -> None:
    bare = world.server.create("a.git")
    first = bare.commit({"port.yml": "one"})
    await world.examine("a.git")
    forced = bare.commit({"port.yml": "forced"}, parent=None)
    bare.git("reflog", "expire", "--expire=now", "--all")
    bare.git("gc", "-q", "--prune=now")
    found = await world.examine("a.git", replace(ALL, known_tip=first))
    assert found.tip == ("main", forced)
    assert text(found) == {"port.yml": b"forced"}
    repository = await world.repository("a.git")
    assert await world.forge.read(repository, first, "port.yml", 100) == b"one"  # still in the cache
    other = world.new_forge(cache=None)
    with pytest.raises(ForgeUnavailable, match="not there any more"):
        await other.read(repository, first, "port.yml", 100)
    await other.close()
    bare.commit({"port.yml": "trunk"}, branch="trunk")
    bare.git("symbolic-ref", "HEAD", "refs/heads/trunk")
    bare.git("update-ref", "-d", "refs/heads/main")
    assert text(await world.examine("a.git", replace(ALL, known_tip=forced))) == {"port.yml": b"trunk"}
    assert (await world.examine("a.git", replace(ALL, branch="main", known_tip=forced))).tip is None


async def test_links_submodules_and_hostile_names_are_not_followed(world: World) -> None:
    bare = world.server.create("a.git")
    bare.commit(
        {
            "port.yml": (SYMLINK, "/etc/passwd"),
            "linked": (SYMLINK, "real"),
            "module": (GITLINK, "1" * 40),
            "real/port.yml": "real",
            "..": "climbs",
            "..x/port.yml": "fine",
            "PORT.YML": "x",
            "port.yml.txt": "x",
        }
    )
    found = await world.examine("a.git")
    assert text(found) == {"real/port.yml": b"real", "..x/port.yml": b"fine"}
    assert sorted(found.ignored) == ["PORT.YML", "port.yml.txt"]
    repository = await world.repository("a.git")
    assert found.tip is not None
    for path in ("port.yml", "linked/port.yml", "module/port.yml", "../port.yml", "real", "", ".."):
        assert await world.forge.read(repository, found.tip.commit, path, 100) is None


async def test_dependencies_are_compared_by_blob(world: World) -> None:
    bare = world.server.create("a.git")
    bare.commit({"port.yml": "x", "docs/a.md": "a", "docs/b.md": "b"})
    blobs = {name: bare.git("rev-parse", f"main:{name}") for name in ("docs/a.md", "docs/b.md")}
    bare.commit({"port.yml": "x", "docs/a.md": "a", "docs/b.md": "changed"})
    for wanted in (ALL, ROOT):
        found = await world.examine("a.git", replace(wanted, dependencies={**blobs, "docs/none.md": "", "gone": "1"}))
        assert found.changed_dependencies == {"docs/b.md", "gone"}


async def test_a_commit_instead_of_the_tip(world: World) -> None:
    bare = world.server.create("a.git")
    bare.commit({"port.yml": "one"})
    head = bare.commit_of_tree(bare.tree({"port.yml": "proposed"}), "main", "tip")
    bare.git("update-ref", "refs/pull/1/head", head)
    found = await world.examine("a.git", replace(ALL, commit=head))
    assert text(found) == {"port.yml": b"proposed"}


@pytest.mark.parametrize("filters", ["true", "false"])
async def test_big_files(world: World, filters: str) -> None:
    bare = world.server.create("a.git")
    bare.configure("uploadpack.allowFilter", filters)
    commit = bare.commit({"port.yml": b"a" * (1_048_576 + 1), "b/port.yml": b"b" * 1_048_576, "c/port.yml": "c"})
    found = await world.examine("a.git")
    assert {path: each.too_big for path, each in found.files.items()} == {
        "port.yml": True,
        "b/port.yml": False,
        "c/port.yml": False,
    }
    repository = await world.repository("a.git")
    with pytest.raises(FileTooBig):
        await world.forge.read(repository, commit, "port.yml", 1000)


async def test_packs_over_their_limit(tmp_path: Path, server: GitServer) -> None:
    world = World(tmp_path, server, GitLimits(pack_bytes=100_000, object_bytes=50_000, unpacked_bytes=200_000))
    bare = server.create("a.git")
    bare.configure("uploadpack.allowFilter", "false")
    bare.commit({"port.yml": "x", "bomb": b"\0" * 60_000})
    with pytest.raises(ForgeBroken, match="60000 bytes"):
        await world.examine("a.git")
    await world.forge.close()


async def test_trees_that_unfold_without_end(tmp_path: Path, server: GitServer) -> None:
    world = World(tmp_path, server, GitLimits(paths=10_000))
    bare = server.create("a.git")
    tree = bare.tree({"port.yml": "x"})
    for _ in range(12):
        lines = b"".join(b"040000 tree %b\tf%d\0" % (tree.encode(), number) for number in range(9))
        tree = bare.git("mktree", "-z", stdin=lines)
    bare.git("update-ref", "refs/heads/main", bare.commit_of_tree(tree, "main", None))
    with pytest.raises(ForgeBroken, match="more than 10000 paths"):
        await world.examine("a.git")
    await world.forge.close()


async def test_a_wrong_token_is_tried_twice_and_never_shown(world: World) -> None:
    world.server.password = "right-token"
    world.server.create("a.git").commit({"port.yml": "x"})
    repository = await world.repository("a.git")
    wrong = world.new_forge(logins={world.server.url: HttpLogin("x-token", "wrong-token")})
    for _ in range(2):
        with pytest.raises(ForgeRefused) as refused:
            await wrong.examine(repository, ALL)
        assert "wrong-token" not in str(refused.value)
    with pytest.raises(CircuitOpen):
        await wrong.examine(repository, ALL)
    assert len(world.server.requests) == 2
    assert "wrong-token" not in repr(wrong._settings)
    right = world.new_forge(logins={world.server.url: HttpLogin("x-token", "right-token")})
    assert text(await right.examine(repository, ALL)) == {"port.yml": b"x"}
    assert (await right.identity()).endswith("as x-token)")
    for forge in (wrong, right):
        await forge.close()


async def test_a_token_goes_to_its_origin_only(world: World) -> None:
    world.server.password = "secret"
    world.server.create("a.git").commit({"port.yml": "x"})
    forge = world.new_forge(logins={"https://elsewhere.example": HttpLogin("x-token", "secret")})
    with pytest.raises(ForgeRefused):
        await forge.examine(await world.repository("a.git"), ALL)
    await forge.close()


async def test_a_login_without_an_origin_is_for_the_only_one(world: World, tmp_path: Path) -> None:
    world.server.password = "secret"
    world.server.create("a.git").commit({"port.yml": "x"})
    repository = await world.repository("a.git")
    forge = world.new_forge(login=HttpLogin("x-token", "secret"))
    assert text(await forge.examine(repository, ALL)) == {"port.yml": b"x"}
    await forge.close()
    world.name(f"{world.server.url}/a.git", "https://elsewhere.example/b.git")
    forge = world.new_forge(login=HttpLogin("x-token", "secret"))
    with pytest.raises(ForgeRefused):
        await forge.examine(repository, ALL)
    await forge.close()


async def test_failures_pass(world: World) -> None:
    bare = world.server.create("a.git")
    first = bare.commit({"port.yml": "x"})
    await world.examine("a.git")
    bare.commit({"port.yml": "y"})
    world.server.faults += [web.Response(status=500), web.Response(status=503, headers={"retry-after": "3"})]
    assert text(await world.examine("a.git", replace(ALL, known_tip=first))) == {"port.yml": b"y"}
    assert 3 in world.time.slept
    world.server.faults += [web.Response(status=500) for _ in range(6)]
    with pytest.raises(ForgeUnavailable):
        await world.examine("a.git", replace(ALL, known_tip=first))
    assert text(await world.examine("a.git")) == {"port.yml": b"y"}


async def test_limits_are_waited_for(world: World) -> None:
    world.server.create("a.git").commit({"port.yml": "x"})
    world.server.faults.append(web.Response(status=429, headers={"retry-after": "7"}))
    assert (await world.examine("a.git")).tip is not None
    assert world.forge.figures.rate_limited == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>login</html>",
        b"0005",
        b"zzzz",
        b"0009PACK",
        b"000eERR no way",
        b"",
    ],
)
async def test_answers_that_are_not_gits(world: World, answer: bytes) -> None:
    first = world.server.create("a.git").commit({"port.yml": "x"})
    await world.examine("a.git")
    world.server.faults.append(web.Response(body=answer, content_type="application/x-git-upload-pack-result"))
    with pytest.raises(ForgeBroken):
        await world.examine("a.git", replace(ALL, known_tip=first))


async def test_a_damaged_cache_is_thrown_away(world: World) -> None:
    bare = world.server.create("a.git")
    bare.commit({"port.yml": "x", "b.md": "b"})
    assert text(await world.examine("a.git")) == {"port.yml": b"x"}
    for pack in (world.settings.cache or Path()).rglob("pack-*"):
        pack.unlink()
    other = world.new_forge()
    assert text(await other.examine(await world.repository("a.git"), ALL)) == {"port.yml": b"x"}
    await other.close()


async def test_the_cache_is_bounded_and_outlives_the_client(tmp_path: Path, server: GitServer) -> None:
    world = World(tmp_path, server, GitLimits(cached_repositories=3))
    tips = {}
    for number in range(6):
        tips[number] = server.create(f"{number}.git").commit({"port.yml": str(number)})
        await world.examine(f"{number}.git")
    assert len(list((tmp_path / "cache").iterdir())) == 3
    await world.forge.close()
    world.forge = world.new_forge()
    server.requests.clear()
    assert text(await world.examine("5.git")) == {"port.yml": b"5"}
    assert len(server.requests) == 1
    await world.forge.close()


async def test_repositories_that_change_often_do_not_grow(tmp_path: Path, server: GitServer) -> None:
    world = World(tmp_path, server)
    bare = server.create("a.git")
    for number in range(16):
        bare.commit({"port.yml": f"n{number}"})
        assert text(await world.examine("a.git")) == {"port.yml": f"n{number}".encode()}
    assert len(list((tmp_path / "cache").rglob("*.pack"))) <= 24
    await world.forge.close()
