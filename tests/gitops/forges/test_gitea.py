"""The client of Gitea against a server with its paging, errors and limits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from fairway.gitops.diagnostics import Diagnostic
from fairway.gitops.forges.base import Examined, ForgeKind, StatusReport, Wanted
from fairway.gitops.forges.errors import (
    CircuitOpen,
    FileTooBig,
    ForgeBroken,
    ForgeRefused,
    ForgeUnavailable,
    ListingIncomplete,
    NotPermitted,
    RepositoryGone,
)
from fairway.gitops.forges.gitea import Gitea
from fairway.gitops.forges.http import HttpOptions
from fairway.gitops.forges.settings import ForgeSettings
from fairway.gitops.forges.versions import blob_id
from fairway.gitops.model import Mark, Repository
from fairway.gitops.patterns import Patterns
from support.gitops_gitea import SYMLINK, FakeGitea
from support.gitops_server import VirtualTime

ALL = Wanted(Patterns(), lane="event")
ROOT = Wanted(Patterns.of(["port.yml", "port.yaml"]))


@pytest.fixture
async def server() -> AsyncIterator[FakeGitea]:
    async with FakeGitea() as found:
        yield found


def client(server: FakeGitea, token: str = "gitea-good", owner: str = "") -> Gitea:
    time = server.clock
    assert isinstance(time, VirtualTime)
    options = HttpOptions(clock=time, sleep=time.sleep, total_seconds=2)
    return Gitea(ForgeSettings(ForgeKind.GITEA, server.url, token=token, organisation=owner), options)


@pytest.fixture
async def forge(server: FakeGitea) -> AsyncIterator[Gitea]:
    found = client(server)
    yield found
    await found.close()


async def listed(forge: Gitea) -> Sequence[Repository]:
    return [each async for page in forge.listing() for each in page]


async def the(forge: Gitea, label: str) -> Repository:
    found = await forge.repository(label)
    assert found is not None
    return found


def text(found: Examined) -> dict[str, bytes | None]:
    return {path: each.content for path, each in found.files.items()}


async def test_a_push_costs_three_requests(server: FakeGitea, forge: Gitea) -> None:
    repository = server.add_repository("team/a", {"port.yml": "1", "b/port.yml": "2", "c/port.yml": "3", "x": "x"})
    listed_one = await the(forge, "team/a")
    found = await forge.examine(listed_one, ALL)
    assert text(found) == {"port.yml": b"1", "b/port.yml": b"2", "c/port.yml": b"3"}
    assert found.tip == ("main", repository.tip)
    known = {path: each.version for path, each in found.files.items()}
    repository.commit({"port.yml": "changed", "c/port.yml": None, "docs/readme.md": "new"})
    server.requests.clear()
    wanted = replace(
        ALL, known_tip=found.tip[1], known_files=known, dependencies={"docs/readme.md": "", "x": blob_id(b"x")}
    )
    again = await forge.examine(listed_one, wanted)
    assert text(again) == {"port.yml": b"changed", "b/port.yml": None}
    assert again.changed_dependencies == {"docs/readme.md"}
    assert len(server.requests) <= 4  # branch, comparison, one changed file, and one that turned out to be deleted
    server.requests.clear()
    assert again.tip is not None
    assert (await forge.examine(listed_one, replace(wanted, known_tip=again.tip.commit))).unchanged
    assert len(server.requests) == 1


async def test_trees_of_many_pages_links_and_odd_names(server: FakeGitea, forge: Gitea) -> None:
    server.tree_page = 3
    files = {f"d{number}/port.yml": str(number) for number in range(5)}
    server.add_repository(
        "team/a", {**files, "x/port.yml": f"{SYMLINK}/etc/passwd", "PORT.yml": "", "sp ace/port.yml": "s"}
    )
    found = await forge.examine(await the(forge, "team/a"), ALL)
    assert text(found) == {**{path: each.encode() for path, each in files.items()}, "sp ace/port.yml": b"s"}
    assert found.ignored == ("PORT.yml",)


async def test_gone_hidden_and_missing(server: FakeGitea, forge: Gitea) -> None:
    server.add_repository("team/a", {"port.yml": "x"})
    server.add_repository("team/b", {"port.yml": "x"}).hidden = True
    [repository] = await listed(forge)
    assert await forge.repository("team/b") is None
    assert await forge.repository("team/none") is None
    assert await forge.repository("1") == repository
    assert (await forge.examine(repository, replace(ALL, branch="none"))).tip is None
    commit = server.repositories["team/a"].tip or ""
    assert await forge.read(repository, commit, "none.md", 10) is None
    with pytest.raises(ForgeBroken):
        await forge.examine(repository, replace(ALL, commit="1" * 40))
    server.repositories.delete("team/a")
    with pytest.raises(RepositoryGone):
        await forge.examine(repository, ALL)
    with pytest.raises(RepositoryGone):
        await forge.read(repository, commit, "port.yml", 10)


async def test_default_branch_and_name_change(server: FakeGitea, forge: Gitea) -> None:
    repository = server.add_repository("team/a", {"port.yml": "x"})
    before = await the(forge, "team/a")
    repository.rename_branch("main", "trunk/new")
    server.repositories.rename("team/a", "else/where")
    after = await the(forge, "team/a")
    assert (after.id, after.label, after.default_branch) == (before.id, "else/where", "trunk/new")
    assert (await forge.examine(before, ALL)).tip is None
    assert (await forge.examine(after, ALL)).tip == ("trunk/new", repository.tip)


async def test_big_files(server: FakeGitea, forge: Gitea) -> None:
    server.add_repository("team/a", {"port.yml": b"a" * (1_048_576 + 1), "b/port.yml": b"b" * 1_048_576})
    repository = await the(forge, "team/a")
    found = await forge.examine(repository, ALL)
    assert {path: each.too_big for path, each in found.files.items()} == {"port.yml": True, "b/port.yml": False}
    assert found.tip is not None
    with pytest.raises(FileTooBig):
        await forge.read(repository, found.tip.commit, "b/port.yml", 100)


async def test_a_wrong_token_is_tried_twice(server: FakeGitea) -> None:
    forge = client(server, "gitea-wrong")
    for _ in range(2):
        with pytest.raises(ForgeRefused) as refusal:
            await forge.identity()
        assert "gitea-wrong" not in str(refusal.value)
    with pytest.raises(CircuitOpen):
        await forge.identity()
    assert len(server.requests) == 2
    await forge.close()


async def test_identity(server: FakeGitea, forge: Gitea) -> None:
    assert await forge.identity() == f"portal-bot at {server.url}"


async def test_failures(server: FakeGitea, forge: Gitea) -> None:
    server.add_repository("team/a", {"port.yml": "x"})
    repository = await the(forge, "team/a")
    server.fail("/branches/", status=500, times=2)
    server.reset("/tree")
    assert text(await forge.examine(repository, ALL)) == {"port.yml": b"x"}
    server.fail("/branches/", status=502, times=99)
    with pytest.raises(ForgeUnavailable):
        await forge.examine(repository, ALL)
    server.faults.clear()
    server.fail("/search", status=200, body=b"<html>maintenance</html>")
    with pytest.raises(ListingIncomplete):
        await listed(forge)


REPORT = StatusReport(
    "failure",
    "1 error @all",
    "/close\nnothing",
    "https://portal.example/x",
    [Diagnostic("E_YAML", "a `tick` @kim\n/merge", "port.yml", Mark(3, 1))],
    request="1",
)


async def test_reports_are_kept_up_to_date(server: FakeGitea, forge: Gitea) -> None:
    repository = server.add_repository("team/a", {"port.yml": "x"})
    commit = repository.tip or ""
    place = await the(forge, "team/a")
    someone = {"id": 1, "index": "1", "body": "<!-- portal/gitops --> forged", "user": {"id": 99}}
    server.comments.append(someone)
    for _ in range(2):
        await forge.report(place, commit, REPORT)
    status = server.statuses[-1]
    assert (status["commit"], status["context"], status["state"]) == (commit, "portal/gitops", "failure")
    assert status["target_url"] == "https://portal.example/x"
    assert len(server.comments) == 2
    body = server.comments[1]["body"]
    assert not any(line.startswith(("/merge", "@")) for line in body.splitlines())
    assert "`` a `tick` @kim /merge ``" in body or "``a `tick` @kim /merge``" in body
    await forge.report(place, commit, replace(REPORT, state="success", title="fine", diagnostics=()))
    assert len(server.comments) == 2
    assert "fine" in server.comments[1]["body"]
    assert someone["body"].endswith("forged")


async def test_reports_without_permission(server: FakeGitea, forge: Gitea) -> None:
    commit = server.add_repository("team/a", {"port.yml": "x"}).tip or ""
    server.read_only.add("gitea-good")
    place = await the(forge, "team/a")
    for _ in range(3):
        with pytest.raises(NotPermitted):
            await forge.report(place, commit, StatusReport("success", "t", "s"))
    assert (await forge.examine(place, ALL)).tip is not None


async def test_file_urls(server: FakeGitea, forge: Gitea) -> None:
    server.add_repository("team/a", {"port.yml": "x"})
    url = forge.file_url(await the(forge, "team/a"), "abc", "a b/port.yml", 3)
    assert url == f"{server.url}/team/a/src/commit/abc/a%20b/port.yml#L3"


async def test_listing_over_clamped_and_empty_pages(server: FakeGitea, forge: Gitea) -> None:
    server.clamp, server.empty_pages = 3, {2}
    for number in range(10):
        server.add_repository(f"team/{number}", {"port.yml": "x"})
    assert [each.label for each in await listed(forge)] == [f"team/{number}" for number in range(10)]


async def test_listing_without_links_ends_at_the_total(server: FakeGitea, forge: Gitea) -> None:
    server.clamp, server.links = 3, False
    for number in range(10):
        server.add_repository(f"team/{number}", {"port.yml": "x"})
    assert len(await listed(forge)) == 10
    server.empty_pages = {3}
    with pytest.raises(ListingIncomplete, match="ends after 6 of 10"):
        await listed(forge)


async def test_listing_has_what_filters_need(server: FakeGitea, forge: Gitea) -> None:
    found = server.add_repository("kim/odd", {"port.yml": "x"})
    found.archived = found.fork = found.mirror = found.disabled = found.personal = True
    found.visibility, found.topics = "internal", {"java"}
    server.add_repository("team/empty")
    odd, empty = await listed(forge)
    assert odd.archived
    assert odd.fork
    assert odd.mirror
    assert odd.disabled
    assert odd.personal
    assert (odd.visibility, odd.topics, odd.id) == ("internal", {"java"}, "1")
    assert (empty.default_branch, empty.personal, empty.archived) == (None, False, False)
    assert (await forge.examine(empty, ALL)).tip is None


@pytest.mark.parametrize("owner", ["team", "kim"])
async def test_one_owner(server: FakeGitea, owner: str) -> None:
    server.add_repository("team/a", {"port.yml": "x"})
    server.add_repository("kim/a", {"port.yml": "x"}).personal = True
    forge = client(server, owner=owner)
    assert [each.label for each in await listed(forge)] == [f"{owner}/a"]
    await forge.close()


async def test_a_listing_that_fails_in_the_middle(server: FakeGitea, forge: Gitea) -> None:
    server.clamp = 2
    for number in range(5):
        server.add_repository(f"team/{number}", {"port.yml": "x"})
    server.fail("page=2", status=404, json={"message": "gone"})
    with pytest.raises(ListingIncomplete):
        await listed(forge)


async def test_pushes_with_more_commits_than_a_payload_lists(server: FakeGitea, forge: Gitea) -> None:
    repository = server.add_repository("team/a", {"port.yml": "1", "b/port.yml": "2"})
    place = await the(forge, "team/a")
    found = await forge.examine(place, ALL)
    known = {path: each.version for path, each in found.files.items()}
    assert found.tip is not None
    for number in range(6):
        repository.commit({f"n{number}/port.yml": str(number)})
    server.requests.clear()
    again = await forge.examine(place, replace(ALL, known_tip=found.tip.commit, known_files=known))
    assert sorted(path for path, each in again.files.items() if each.content is not None) == [
        f"n{number}/port.yml" for number in range(6)
    ]
    assert len(server.requests) == 2 + 6


async def test_force_push(server: FakeGitea, forge: Gitea) -> None:
    repository = server.add_repository("team/a", {"port.yml": "1"})
    place = await the(forge, "team/a")
    found = await forge.examine(place, ALL)
    assert found.tip is not None
    repository.commits.clear()
    repository.branches.clear()
    repository.commit({"b/port.yml": "2"})
    assert text(await forge.examine(place, replace(ALL, known_tip=found.tip.commit))) == {"b/port.yml": b"2"}


async def test_trees_that_are_cut_off_are_not_believed(server: FakeGitea, forge: Gitea) -> None:
    server.add_repository("team/a", {"a": "", "b": "", "port.yml": "x"})
    server.cut_trees = True
    with pytest.raises(ForgeBroken, match="cut off"):
        await forge.examine(await the(forge, "team/a"), ALL)


async def test_root_files_only(server: FakeGitea, forge: Gitea) -> None:
    server.add_repository("team/a", {"port.yml": "x", "b/port.yml": "no"})
    found = await forge.examine(await the(forge, "team/a"), replace(ROOT, dependencies={"docs/a.md": "1"}))
    assert (text(found), found.changed_dependencies) == ({"port.yml": b"x"}, None)


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "30"}])
async def test_limits(server: FakeGitea, forge: Gitea, headers: dict[str, str]) -> None:
    server.add_repository("team/a", {"port.yml": "x"})
    server.fail("/branches/", status=429, headers=headers)
    started = server.clock.now()
    assert (await forge.examine(await the(forge, "team/a"), ALL)).tip is not None
    assert (server.clock.now() - started).total_seconds() >= float(headers.get("Retry-After", 0))
