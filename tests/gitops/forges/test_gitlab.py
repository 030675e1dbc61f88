"""The client of GitLab against a server with its paging, errors and limits."""

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
from fairway.gitops.forges.gitlab import GitLab
from fairway.gitops.forges.http import HttpOptions
from fairway.gitops.forges.settings import ForgeSettings
from fairway.gitops.model import Mark, Repository
from fairway.gitops.patterns import Patterns
from support.gitops_gitlab import SYMLINK, FakeGitLab
from support.gitops_server import VirtualTime

ALL = Wanted(Patterns(), lane="event")
ROOT = Wanted(Patterns.of(["port.yml", "port.yaml"]))


@pytest.fixture
async def server() -> AsyncIterator[FakeGitLab]:
    async with FakeGitLab() as found:
        yield found


def client(server: FakeGitLab, token: str = "glpat-good", group: str = "") -> GitLab:
    time = server.clock
    assert isinstance(time, VirtualTime)
    options = HttpOptions(clock=time, sleep=time.sleep, total_seconds=2)
    return GitLab(ForgeSettings(ForgeKind.GITLAB, server.url, token=token, organisation=group), options)


@pytest.fixture
async def forge(server: FakeGitLab) -> AsyncIterator[GitLab]:
    found = client(server)
    yield found
    await found.close()


async def listed(forge: GitLab) -> Sequence[Repository]:
    return [each async for page in forge.listing() for each in page]


async def the(forge: GitLab, label: str) -> Repository:
    found = await forge.repository(label)
    assert found is not None
    return found


def text(found: Examined) -> dict[str, bytes | None]:
    return {path: each.content for path, each in found.files.items()}


async def test_listing_follows_links_over_clamped_and_empty_pages(server: FakeGitLab, forge: GitLab) -> None:
    server.clamp, server.empty_pages = 3, 2
    for number in range(10):
        server.add_repository(f"team/{number}", {"port.yml": "x"})
    assert [each.label for each in await listed(forge)] == [f"team/{number}" for number in range(10)]


async def test_listing_has_what_filters_need(server: FakeGitLab, forge: GitLab) -> None:
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


async def test_groups(server: FakeGitLab) -> None:
    server.add_repository("team/sub/a", {"port.yml": "x"})
    server.add_repository("other/b", {"port.yml": "x"})
    forge = client(server, group="team")
    assert [each.label for each in await listed(forge)] == ["team/sub/a"]
    missing = client(server, group="none")
    with pytest.raises(ListingIncomplete):
        await listed(missing)
    for each in (forge, missing):
        await each.close()


async def test_a_warm_pass_of_root_files_asks_for_many_at_once(server: FakeGitLab, forge: GitLab) -> None:
    for number in range(120):
        server.add_repository(f"team/{number}", {"port.yml": f"n: {number}", "src/port.yml": "no"})
    tips: dict[str, str] = {}
    known: dict[str, dict[str, str]] = {}
    for each in await listed(forge):
        found = await forge.examine(each, ROOT)
        assert text(found) == {"port.yml": f"n: {each.label.removeprefix('team/')}".encode()}
        assert found.tip is not None
        tips[each.id] = found.tip.commit
        known[each.id] = {path: file.version for path, file in found.files.items()}
    assert len(server.requests) <= 2 * 120 / 50 + 5
    server.commit("team/7", {"port.yaml": "more"})
    server.requests.clear()
    changed = []
    for each in await listed(forge):
        found = await forge.examine(each, replace(ROOT, known_tip=tips[each.id], known_files=known[each.id]))
        if not found.unchanged:
            changed.append((each.label, text(found)))
    assert changed == [("team/7", {"port.yml": None, "port.yaml": b"more"})]
    assert len(server.requests) <= 2 * 120 / 50 + 5


async def test_bulk_queries_halve_when_they_are_too_complex(server: FakeGitLab, forge: GitLab) -> None:
    server.complexity = 7
    for number in range(20):
        server.add_repository(f"team/{number}", {"port.yml": "x"})
    found = await listed(forge)
    start = len(server.requests)
    for each in found:
        assert text(await forge.examine(each, ROOT)) == {"port.yml": b"x"}
    assert len(server.requests) == start
    sizes = [len(seen.json["variables"]["ids"]) for seen in server.requests if "graphql" in seen.path]
    assert sizes == [20, 10, 5, 5, 5, 5]


@pytest.mark.parametrize("status", [200, 401, 404, 500])
async def test_without_bulk_queries(server: FakeGitLab, forge: GitLab, status: int) -> None:
    server.fail("graphql", status=status, times=99, json={"errors": [{"message": "Field 'blobs' doesn't exist"}]})
    server.add_repository("team/a", {"port.yml": "x"})
    server.add_repository("team/b", {"port.yaml": "y"})
    first, second = await listed(forge)
    assert text(await forge.examine(first, ROOT)) == {"port.yml": b"x"}
    assert text(await forge.examine(second, ROOT)) == {"port.yaml": b"y"}
    count = len([seen for seen in server.requests if "graphql" in seen.path])
    await listed(forge)
    assert len([seen for seen in server.requests if "graphql" in seen.path]) == count


async def test_bulk_content_that_is_not_exact_is_read_again(server: FakeGitLab, forge: GitLab) -> None:
    server.add_repository("team/a", {"port.yml": b"\xff\xfe binary", "port.yaml": "x"})
    server.add_repository("team/b", {"port.yml": "readme: file://README.md"})
    first, second = await listed(forge)
    assert text(await forge.examine(first, ROOT)) == {"port.yml": b"\xff\xfe binary", "port.yaml": b"x"}
    server.commit("team/b", {"port.yml": "readme: file://other.md"})
    assert text(await forge.examine(second, ROOT)) == {"port.yml": b"readme: file://other.md"}


async def test_a_push_costs_three_requests(server: FakeGitLab, forge: GitLab) -> None:
    repository = server.add_repository("team/a", {"port.yml": "1", "b/port.yml": "2", "c/port.yml": "3", "x": "x"})
    listed_one = await the(forge, "team/a")
    found = await forge.examine(listed_one, ALL)
    assert text(found) == {"port.yml": b"1", "b/port.yml": b"2", "c/port.yml": b"3"}
    assert found.tip == ("main", repository.tip)
    known = {path: each.version for path, each in found.files.items()}
    repository.commit({"port.yml": "changed", "c/port.yml": None, "docs/readme.md": "new"})
    server.requests.clear()
    wanted = replace(ALL, known_tip=found.tip[1], known_files=known, dependencies={"docs/readme.md": "", "x": "1"})
    again = await forge.examine(listed_one, wanted)
    assert text(again) == {"port.yml": b"changed", "b/port.yml": None}
    assert again.changed_dependencies == {"docs/readme.md"}
    assert len(server.requests) <= 4  # branch, comparison, one changed file, and one that turned out to be deleted
    server.requests.clear()
    assert again.tip is not None
    assert (await forge.examine(listed_one, replace(wanted, known_tip=again.tip.commit))).unchanged
    assert len(server.requests) == 1


@pytest.mark.parametrize("trouble", ["force push", "timeout", "cut"])
async def test_comparisons_that_cannot_be_used(server: FakeGitLab, forge: GitLab, trouble: str) -> None:
    repository = server.add_repository("team/a", {"port.yml": "1", "b/port.yml": "2"})
    listed_one = await the(forge, "team/a")
    found = await forge.examine(listed_one, ALL)
    known = {path: each.version for path, each in found.files.items()}
    assert found.tip is not None
    wanted = replace(ALL, known_tip=found.tip.commit, known_files=known)
    if trouble == "force push":
        repository.commits.clear()
        repository.branches.clear()
    server.compare_timeout = trouble == "timeout"
    many = {f"f{number}": "x" for number in range(1200)} if trouble == "cut" else {}
    server.diff_limit = 1000
    repository.commit({"b/port.yml": "2", "z/port.yml": "new", "port.yml": None, **many})
    assert text(await forge.examine(listed_one, wanted)) == {"b/port.yml": None, "z/port.yml": b"new"}


async def test_trees_of_many_pages_links_and_odd_names(server: FakeGitLab, forge: GitLab) -> None:
    server.clamp = 3
    files = {f"d{number}/port.yml": str(number) for number in range(5)}
    server.add_repository(
        "team/a", {**files, "x/port.yml": f"{SYMLINK}/etc/passwd", "PORT.yml": "", "sp ace/port.yml": "s"}
    )
    found = await forge.examine(await the(forge, "team/a"), ALL)
    assert text(found) == {**{path: each.encode() for path, each in files.items()}, "sp ace/port.yml": b"s"}
    assert found.ignored == ("PORT.yml",)


async def test_a_tree_that_breaks_off_is_not_believed(server: FakeGitLab, forge: GitLab) -> None:
    server.clamp = 2
    server.add_repository("team/a", {"a": "", "b": "", "c": "", "port.yml": "x"})
    repository = await the(forge, "team/a")
    server.fail("cursor=1", status=404, json={"message": "404 Tree Not Found"})
    with pytest.raises(ForgeBroken):
        await forge.examine(repository, ALL)
    server.fail("cursor=1", status=500, times=9)
    with pytest.raises(ForgeBroken):
        await forge.examine(repository, ALL)


async def test_gone_hidden_and_missing(server: FakeGitLab, forge: GitLab) -> None:
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
        await forge.read(repository, "1" * 40, "port.yml", 10)
    server.repositories.delete("team/a")
    with pytest.raises(RepositoryGone):
        await forge.examine(repository, ALL)
    with pytest.raises(RepositoryGone):
        await forge.read(repository, commit, "port.yml", 10)


async def test_default_branch_and_name_change(server: FakeGitLab, forge: GitLab) -> None:
    repository = server.add_repository("team/a", {"port.yml": "x"})
    before = await the(forge, "team/a")
    repository.rename_branch("main", "trunk/new")
    server.repositories.rename("team/a", "else/where")
    after = await the(forge, "team/a")
    assert (after.id, after.label, after.default_branch) == (before.id, "else/where", "trunk/new")
    assert (await forge.examine(before, ALL)).tip is None
    assert (await forge.examine(after, ALL)).tip == ("trunk/new", repository.tip)


async def test_big_files(server: FakeGitLab, forge: GitLab) -> None:
    server.add_repository("team/a", {"port.yml": b"a" * (1_048_576 + 1), "b/port.yml": b"b" * 1_048_576})
    repository = await the(forge, "team/a")
    found = await forge.examine(repository, ALL)
    assert {path: each.too_big for path, each in found.files.items()} == {"port.yml": True, "b/port.yml": False}
    assert found.tip is not None
    with pytest.raises(FileTooBig):
        await forge.read(repository, found.tip.commit, "b/port.yml", 100)


async def test_a_wrong_token_is_tried_twice(server: FakeGitLab) -> None:
    forge = client(server, "glpat-wrong")
    for _ in range(2):
        with pytest.raises(ForgeRefused) as refusal:
            await forge.identity()
        assert "glpat-wrong" not in str(refusal.value)
    with pytest.raises(CircuitOpen):
        await forge.identity()
    assert len(server.requests) == 2
    await forge.close()


async def test_identity(server: FakeGitLab, forge: GitLab) -> None:
    assert await forge.identity() == f"portal-bot at {server.url}"


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "1200"}])
async def test_limits(server: FakeGitLab, forge: GitLab, headers: dict[str, str]) -> None:
    server.add_repository("team/a", {"port.yml": "x"})
    server.fail("/branches/", status=429, headers=headers, body=b"Retry later\n")
    started = server.clock.now()
    assert (await forge.examine(await the(forge, "team/a"), ALL)).tip is not None
    assert (server.clock.now() - started).total_seconds() >= float(headers.get("Retry-After", 0))
    assert forge.figures.rate_limited == 1


async def test_a_pass_leaves_a_reserve(server: FakeGitLab, forge: GitLab) -> None:
    server.add_repository("team/a", {"port.yml": "x"})
    reset = str(int(server.clock.now().timestamp()) + 600)
    server.limit_headers = {"RateLimit-Limit": "100", "RateLimit-Remaining": "10", "RateLimit-Reset": reset}
    repository = await the(forge, "team/a")
    started = server.clock.now()
    await forge.examine(repository, ALL)
    assert server.clock.now() == started
    await forge.examine(repository, replace(ALL, lane="pass"))
    assert (server.clock.now() - started).total_seconds() >= 590
    assert forge.figures.budget_left == 10


async def test_failures(server: FakeGitLab, forge: GitLab) -> None:
    server.add_repository("team/a", {"port.yml": "x"})
    repository = await the(forge, "team/a")
    server.fail("/branches/", status=500, times=2)
    server.reset("/tree")
    assert text(await forge.examine(repository, ALL)) == {"port.yml": b"x"}
    server.fail("/branches/", status=502, times=99)
    with pytest.raises(ForgeUnavailable):
        await forge.examine(repository, ALL)
    server.faults.clear()
    server.fail("/projects", status=200, body=b"<html>maintenance</html>")
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


async def test_reports_are_kept_up_to_date(server: FakeGitLab, forge: GitLab) -> None:
    repository = server.add_repository("team/a", {"port.yml": "x"})
    commit = repository.tip or ""
    place = await the(forge, "team/a")
    someone = {"id": 1, "iid": "1", "body": "<!-- portal/gitops --> forged", "author": {"id": 99}}
    server.notes.append(someone)
    for _ in range(2):
        await forge.report(place, commit, REPORT)
    status = server.statuses[(commit, "portal/gitops")]
    assert (status["state"], status["target_url"]) == ("failed", "https://portal.example/x")
    assert len(server.notes) == 2
    body = server.notes[1]["body"]
    assert not any(line.startswith(("/merge", "@")) for line in body.splitlines())
    assert "`` a `tick` @kim /merge ``" in body or "``a `tick` @kim /merge``" in body
    await forge.report(place, commit, replace(REPORT, state="success", title="fine", diagnostics=()))
    assert len(server.notes) == 2
    assert "fine" in server.notes[1]["body"]
    assert someone["body"].endswith("forged")


async def test_pending_twice(server: FakeGitLab, forge: GitLab) -> None:
    commit = server.add_repository("team/a", {"port.yml": "x"}).tip or ""
    place = await the(forge, "team/a")
    for _ in range(2):
        await forge.report(place, commit, StatusReport("pending", "waiting", ""))
    assert server.statuses[(commit, "portal/gitops")]["state"] == "pending"


async def test_reports_without_permission(server: FakeGitLab, forge: GitLab) -> None:
    commit = server.add_repository("team/a", {"port.yml": "x"}).tip or ""
    server.read_only.add("glpat-good")
    place = await the(forge, "team/a")
    for _ in range(3):
        with pytest.raises(NotPermitted):
            await forge.report(place, commit, StatusReport("success", "t", "s"))
    assert (await forge.examine(place, ALL)).tip is not None


async def test_file_urls(server: FakeGitLab, forge: GitLab) -> None:
    server.add_repository("team/a", {"port.yml": "x"})
    url = forge.file_url(await the(forge, "team/a"), "abc", "a b/port.yml", 3)
    assert url == f"{server.url}/team/a/-/blob/abc/a%20b/port.yml#L3"
