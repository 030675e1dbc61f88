"""Plain git in place: bare repositories of this machine, list files and folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from fairway.gitops.forges.base import Examined, ForgeKind, StatusReport, Wanted
from fairway.gitops.forges.errors import FileTooBig, ForgeBroken, ListingIncomplete, NotPermitted, RepositoryGone
from fairway.gitops.forges.git.client import GitForge
from fairway.gitops.forges.git.settings import GitLimits, GitSettings
from fairway.gitops.forges.settings import ForgeSettings, open_forge
from fairway.gitops.model import Repository
from fairway.gitops.patterns import Patterns
from fairway.kit.clock import SystemClock
from fairway.kit.errors import InvalidRequest
from support.git_http import GITLINK, SYMLINK, BareRepository

ALL = Wanted(Patterns())


def text(found: Examined) -> dict[str, bytes | None]:
    return {path: each.content for path, each in found.files.items()}


async def listed(forge: GitForge) -> Sequence[Repository]:
    return [each async for page in forge.listing() for each in page]


async def the_only(forge: GitForge) -> Repository:
    [found] = await listed(forge)
    return found


@pytest.fixture
def bare(tmp_path: Path) -> BareRepository:
    return BareRepository.create(tmp_path / "root" / "team" / "a.git")


@pytest.fixture
def forge(tmp_path: Path, bare: BareRepository) -> GitForge:
    return GitForge(GitSettings(directory=tmp_path / "root"))


@pytest.mark.parametrize("packed", [False, True])
async def test_reads_in_place(forge: GitForge, bare: BareRepository, packed: bool) -> None:
    commit = bare.commit({"port.yml": "one", "x/port.yaml": "two", "x/linked/port.yml": (SYMLINK, "/etc/passwd")})
    if packed:
        bare.git("gc", "-q")
    repository = await the_only(forge)
    assert (repository.label, repository.id) == ("team/a", f"file://{bare.path.with_suffix('')}")
    found = await forge.examine(repository, ALL)
    assert found.tip == ("main", commit)
    assert text(found) == {"port.yml": b"one", "x/port.yaml": b"two"}
    known = {path: each.version for path, each in found.files.items()}
    bare.commit({"port.yml": "changed", "x/port.yaml": "two"})
    again = await forge.examine(repository, replace(ALL, known_tip=commit, known_files=known))
    assert text(again) == {"port.yml": b"changed", "x/port.yaml": None}
    assert again.tip is not None
    assert (await forge.examine(repository, replace(ALL, known_tip=again.tip.commit))).unchanged
    assert await forge.read(repository, commit, "port.yml", 3) == b"one"
    assert await forge.read(repository, commit, "x", 3) is None
    assert await forge.read(repository, commit, "x/linked/port.yml", 99) is None
    with pytest.raises(FileTooBig):
        await forge.read(repository, commit, "port.yml", 2)


async def test_empty_force_pushed_deleted_and_vanished(forge: GitForge, bare: BareRepository) -> None:
    repository = await the_only(forge)
    assert (await forge.examine(repository, ALL)).tip is None
    first = bare.commit({"port.yml": "one"})
    forced = bare.commit({"port.yml": "two"}, parent=None)
    found = await forge.examine(repository, replace(ALL, known_tip=first))
    assert (found.tip, text(found)) == (("main", forced), {"port.yml": b"two"})
    bare.git("symbolic-ref", "HEAD", "refs/heads/gone")
    assert (await forge.examine(repository, ALL)).tip is None
    for branch in ("none", "../../HEAD", "../tags/x"):
        assert (await forge.examine(repository, replace(ALL, branch=branch))).tip is None
    (bare.path / "HEAD").unlink()
    with pytest.raises(RepositoryGone):
        await forge.examine(repository, ALL)
    assert await listed(forge) == []


@pytest.mark.parametrize("packed", [False, True])
async def test_a_big_file_is_not_unpacked(forge: GitForge, bare: BareRepository, packed: bool) -> None:
    bare.commit({"port.yml": b"a" * 3_000_000})
    bare.commit({"port.yml": b"a" * 3_000_000 + b"b"})
    if packed:
        bare.git("repack", "-adq", "--depth=5")
    found = await forge.examine(await the_only(forge), ALL)
    assert found.files["port.yml"].too_big
    assert found.files["port.yml"].size == 3_000_001


async def test_a_repository_that_lacks_objects(forge: GitForge, bare: BareRepository) -> None:
    bare.commit({"port.yml": "x", "module": (GITLINK, "2" * 40)})
    blob = bare.git("rev-parse", "main:port.yml")
    (bare.path / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(ForgeBroken, match="lacks an object"):
        await forge.examine(await the_only(forge), ALL)


async def test_folders_are_not_left(tmp_path: Path, forge: GitForge, bare: BareRepository) -> None:
    outside = BareRepository.create(tmp_path / "outside.git")
    outside.commit({"port.yml": "x"})
    (tmp_path / "root" / "link").symlink_to(outside.path)
    (tmp_path / "root" / "nothing").mkdir()
    assert [each.label for each in await listed(forge)] == ["team/a"]
    with pytest.raises(ListingIncomplete):
        await listed(GitForge(GitSettings(directory=tmp_path / "missing")))


async def test_paths_are_bounded(tmp_path: Path, bare: BareRepository) -> None:
    forge = GitForge(GitSettings(directory=tmp_path / "root", limits=GitLimits(paths=5, depth=2)))
    bare.commit({"1": "", "2": "", "3": "", "4": "", "5": "", "port.yml": ""})
    with pytest.raises(ForgeBroken, match="more than 5 paths"):
        await forge.examine(await the_only(forge), ALL)
    bare.commit({"a/b/c/d": ""})
    with pytest.raises(ForgeBroken, match="nest deeper"):
        await forge.examine(await the_only(forge), ALL)


async def test_a_list_file(tmp_path: Path, bare: BareRepository) -> None:
    bare.commit({"port.yml": "x"}, branch="live")
    file = tmp_path / "list"
    file.write_text(
        f"# repositories\n\n{bare.path} live shop   # with a branch\n"
        "https://Git.Example:443/team/b.git\n"
        "git@git.example:team/c.git - c moved_from=https://old.example/c.git\n"
    )
    forge = GitForge(GitSettings(list_file=file))
    first, second, third = await listed(forge)
    assert (first.label, first.default_branch) == ("shop", "live")
    assert text(await forge.examine(first, ALL)) == {"port.yml": b"x"}
    assert (second.id, second.label) == ("https://git.example/team/b", "team/b")
    assert (third.id, third.label) == ("https://old.example/c", "c")
    assert third.address["clone"] == "git@git.example:team/c.git"
    assert await forge.repository("HTTPS://git.example/team/b.git/") == second
    assert await forge.repository("c") == third
    assert await forge.repository("ssh://git@git.example/team/c") == third
    assert await forge.repository("unknown") is None


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("https://kim:token@git.example/a", "holds a password"),
        ("ext::sh -c id", "remote helper"),
        ("--upload-pack=x", "not a clone URL"),
        ("ftp://git.example/a", 'scheme "ftp"'),
        ("https://git.example/../a", "leaves the server"),
        ("https://git.example/", "path is empty"),
        ("ssh://-oProxyCommand=x/a", "host is not one"),
        ("ssh://-l@git.example/a", "begins with a dash"),
        ("https://git.example/a a b c", "a line holds"),
        ("https://git.example/a\nhttps://GIT.example/a.git", "Lines 1 and 2"),
    ],
)
async def test_lines_that_are_wrong(tmp_path: Path, line: str, says: str) -> None:
    (tmp_path / "list").write_text(line)
    with pytest.raises(ListingIncomplete, match=says) as refused:
        await listed(GitForge(GitSettings(list_file=tmp_path / "list")))
    assert "token" not in str(refused.value) or "settings" in str(refused.value)
    assert "kim:token" not in str(refused.value)


async def test_a_list_that_cannot_be_read(tmp_path: Path) -> None:
    forge = GitForge(GitSettings(list_file=tmp_path / "none"))
    with pytest.raises(ListingIncomplete):
        await listed(forge)
    with pytest.raises(InvalidRequest):
        GitForge(GitSettings())


async def test_there_is_no_place_for_a_status(forge: GitForge, bare: BareRepository) -> None:
    repository = await the_only(forge)
    with pytest.raises(NotPermitted):
        await forge.report(repository, "1" * 40, StatusReport("success", "t", "s"))
    assert forge.file_url(repository, "1" * 40, "port.yml", 3) == repository.url
    web = GitForge(GitSettings(directory=bare.path.parents[1], web="https://c/{label}/{path}?id={commit}#n{line}"))
    assert web.file_url(repository, "abc", "x y/port.yml", 3) == "https://c/team/a/x%20y/port.yml?id=abc#n3"
    assert await forge.identity() == f"git {bare.path.parents[1]}"


async def test_other_kinds_of_repositories(tmp_path: Path) -> None:
    made = tmp_path / "root" / "new.git"
    made.mkdir(parents=True)
    BareRepository(made).git("init", "-q", "--bare", "--object-format=sha256", "--initial-branch=main", str(made))
    BareRepository(made).commit({"port.yml": "x"})
    forge = GitForge(GitSettings(directory=tmp_path / "root"))
    with pytest.raises(ForgeBroken, match="only those of sha1 are read"):
        await forge.examine(await the_only(forge), ALL)


async def test_settings_of_all_forges_open_plain_git(tmp_path: Path, bare: BareRepository) -> None:
    bare.commit({"port.yml": "x"})
    (tmp_path / "list").write_text(str(bare.path))
    for url in (tmp_path / "root", bare.path, tmp_path / "list", f"file://{bare.path}"):
        forge = open_forge(ForgeSettings(ForgeKind.GIT, str(url)), clock=SystemClock())
        [repository] = [each async for page in forge.listing() for each in page]
        assert text(await forge.examine(repository, ALL)) == {"port.yml": b"x"}
        await forge.close()
    with pytest.raises(InvalidRequest, match="neither a list file"):
        open_forge(ForgeSettings(ForgeKind.GIT, str(tmp_path / "none")), clock=SystemClock())
    with pytest.raises(InvalidRequest, match="known_hosts"):
        open_forge(ForgeSettings(ForgeKind.GIT, "ssh://git@host", private_key="key"), clock=SystemClock())
