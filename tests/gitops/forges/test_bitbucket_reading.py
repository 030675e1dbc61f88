"""What a repository on a Bitbucket Server holds, and how many requests it takes to find out."""

from __future__ import annotations

import pytest

from fairway.gitops.forges.base import SpecBytes, Wanted
from fairway.gitops.forges.bitbucket_server import BitbucketServer
from fairway.gitops.forges.errors import FileTooBig, ForgeBroken, RepositoryGone
from fairway.gitops.model import Repository
from fairway.gitops.patterns import EVERYWHERE, ROOT, Patterns
from support.gitops_bitbucket import FakeBitbucket
from support.gitops_clients import bitbucket, listed, requests_of
from support.gitops_repositories import blob_id

ROOTS = Patterns(("port.yaml", "port.yml"))
TREE = Patterns(EVERYWHERE)


def event(patterns: Patterns = ROOTS, **more: object) -> Wanted:
    return Wanted(patterns, lane="event", **more)  # type: ignore[arg-type] # keywords of Wanted


async def only(client: BitbucketServer) -> Repository:
    (found,) = await listed(client)
    return found


async def test_an_event_reads_at_a_commit_in_three_requests() -> None:
    async with FakeBitbucket() as forge, bitbucket(forge) as client:
        forge.add_repository("PAY/checkout", {"port.yml": "identifier: a", "README": "x"})
        repository = await only(client)
        with requests_of(forge) as asked:
            found = await client.examine(repository, event())
        assert found.tip == ("main", forge.repositories["PAY/checkout"].tip)
        assert found.files == {"port.yml": SpecBytes(blob_id(b"identifier: a"), b"identifier: a", 13)}
        assert len(asked) == 3
        with requests_of(forge) as asked:
            again = await client.examine(repository, event(known_tip=found.tip.commit))
        assert again.unchanged
        assert len(asked) == 1
        assert client.figures.requests == len(forge.requests)


async def test_a_push_that_changes_one_file_takes_three_requests() -> None:
    for patterns in (ROOTS, TREE):
        async with FakeBitbucket() as forge, bitbucket(forge) as client:
            forge.add_repository("PAY/checkout", {"port.yml": "a: 1", "port.yaml": "b: 1", "x/port.yml": "c: 1"})
            repository = await only(client)
            before = await client.examine(repository, event(patterns))
            assert before.tip is not None
            versions = {path: each.version for path, each in before.files.items()}
            forge.commit("PAY/checkout", {"port.yml": "a: 2"})
            wanted = event(patterns, known_tip=before.tip.commit, known_files=versions)
            with requests_of(forge) as asked:
                after = await client.examine(repository, wanted)
            assert len(asked) == 3
            assert {path: each.content for path, each in after.files.items()} == {
                path: b"a: 2" if path == "port.yml" else None for path in versions
            }
            assert after.changed_dependencies == frozenset()


async def test_files_that_move_change_or_disappear_in_a_tree() -> None:
    async with FakeBitbucket(clamp=2) as forge, bitbucket(forge) as client:
        files = {f"{name}/port.yml": f"{name}: 1" for name in "abcdef"} | {"docs/a.md": "A", "docs/b.md": "B"}
        forge.add_repository("PAY/mono", files)
        repository = await only(client)
        before = await client.examine(repository, event(TREE))
        assert before.tip is not None
        assert sorted(before.files) == [f"{name}/port.yml" for name in "abcdef"]
        assert before.changed_dependencies is None
        content = forge.repositories["PAY/mono"].files()["b/port.yml"].decode()
        forge.commit("PAY/mono", {"a/port.yml": None, "b/port.yml": None, "z/port.yml": content, "docs/a.md": "A2"})
        known = {path: each.version for path, each in before.files.items()}
        wanted = event(
            TREE, known_tip=before.tip.commit, known_files=known, dependencies={"docs/a.md": "1", "docs/b.md": "2"}
        )
        after = await client.examine(repository, wanted)
        assert sorted(after.files) == ["c/port.yml", "d/port.yml", "e/port.yml", "f/port.yml", "z/port.yml"]
        assert after.files["z/port.yml"].content == b"b: 1"
        assert after.changed_dependencies == frozenset({"docs/a.md"})


async def test_a_force_push_over_a_forgotten_commit_reads_everything_anew() -> None:
    async with FakeBitbucket() as forge, bitbucket(forge) as client:
        forge.add_repository("PAY/mono", {"a/port.yml": "a: 1"})
        repository = await only(client)
        known = {"a/port.yml": "old", "gone/port.yml": "old"}
        found = await client.examine(repository, event(TREE, known_tip="f" * 40, known_files=known))
        assert list(found.files) == ["a/port.yml"]
        assert found.files["a/port.yml"].content == b"a: 1"
        assert found.changed_dependencies is None


async def test_a_pass_sees_in_one_request_that_nothing_changed_and_what_did() -> None:
    async with FakeBitbucket() as forge, bitbucket(forge) as client:
        forge.add_repository("PAY/checkout", {"port.yaml": "a: 1", "PORT.YML": "", "Port.yml.TXT": ""})
        repository = await only(client)
        first = await client.examine(repository, Wanted(ROOTS))
        assert first.tip == ("", "")
        assert first.ignored == ("PORT.YML", "Port.yml.TXT")
        known = {path: each.version for path, each in first.files.items()}
        with requests_of(forge) as asked:
            second = await client.examine(repository, Wanted(ROOTS, known_files=known))
        assert second.files == {"port.yaml": SpecBytes(known["port.yaml"], None)}
        assert len(asked) == 1
        forge.commit("PAY/checkout", {"PORT.YML": None, "Port.yml.TXT": None})
        assert (await client.examine(repository, Wanted(ROOTS, known_tip="", known_files=known))).unchanged
        assert not (await client.examine(repository, Wanted(ROOTS, known_tip=""))).unchanged
        forge.commit("PAY/checkout", {"port.yaml": "a: 2"})
        third = await client.examine(repository, Wanted(ROOTS, known_files=known))
        assert third.files["port.yaml"].content == b"a: 2"
        forge.commit("PAY/checkout", {"port.yaml": None})
        assert (await client.examine(repository, Wanted(ROOTS, known_files=known))).files == {}


@pytest.mark.parametrize("files", [{"port.yaml": "a: 1", "port.yml": "b: 1"}, {"port.yml": "x: file://README"}])
async def test_what_belongs_together_is_read_at_one_commit(files: dict[str, str]) -> None:
    async with FakeBitbucket() as forge, bitbucket(forge) as client:
        forge.add_repository("PAY/checkout", files)
        found = await client.examine(await only(client), Wanted(ROOTS))
        assert found.tip == ("main", forge.repositories["PAY/checkout"].tip)
        assert {path: each.content for path, each in found.files.items()} == {
            path: text.encode() for path, text in files.items()
        }


async def test_references_are_watched_through_the_tip() -> None:
    async with FakeBitbucket() as forge, bitbucket(forge) as client:
        forge.add_repository("PAY/checkout", {"port.yml": "x: file://docs/a.md", "docs/a.md": "A"})
        repository = await only(client)
        first = await client.examine(repository, Wanted(ROOTS))
        assert first.tip is not None
        known = {"port.yml": first.files["port.yml"].version}
        wanted = Wanted(ROOTS, known_tip=first.tip.commit, known_files=known, dependencies={"docs/a.md": "1"})
        with requests_of(forge) as asked:
            assert (await client.examine(repository, wanted)).unchanged
        assert len(asked) == 1
        forge.commit("PAY/checkout", {"docs/a.md": "B"})
        after = await client.examine(repository, wanted)
        assert after.changed_dependencies == frozenset({"docs/a.md"})
        assert after.files["port.yml"].content is None


async def test_a_cold_pass_over_many_stays_in_its_budget() -> None:
    async with FakeBitbucket() as forge, bitbucket(forge) as client:
        for number in range(400):
            forge.add_repository(f"PAY/r{number}", {"port.yaml": f"n: {number}"} if number * 7 % 10 < 7 else {"x": ""})
        repositories = await listed(client)
        found = [await client.examine(each, Wanted(ROOTS)) for each in repositories]
        assert sum(len(each.files) for each in found) == 280
        assert len(forge.requests) <= 1.35 * 400
        with requests_of(forge) as asked:
            for repository, before in zip(repositories, found, strict=True):
                known = {path: each.version for path, each in before.files.items()}
                await client.examine(repository, Wanted(ROOTS, known_files=known))
        assert len(asked) <= 1.1 * 400


async def test_where_few_have_a_file_each_root_is_listed_once() -> None:
    async with FakeBitbucket() as forge, bitbucket(forge) as client:
        for number in range(200):
            forge.add_repository(f"PAY/r{number}", {"port.yml": "a: 1"} if number % 10 == 0 else {"x": ""})
        found = [await client.examine(each, Wanted(ROOTS)) for each in await listed(client)]
        assert sum(len(each.files) for each in found) == 20
        assert len(forge.requests) == 1 + 200 + 20


async def test_empty_repositories_missing_branches_and_other_branches() -> None:
    async with FakeBitbucket() as forge, bitbucket(forge) as client:
        forge.add_repository("PAY/empty")
        forge.add_repository("PAY/full", {"port.yml": "a: 1"})
        forge.commit("PAY/full", {"port.yml": "a: 2"}, branch="release/1")
        empty, full = await listed(client)
        for lane in ("pass", "event"):
            assert (await client.examine(empty, Wanted(ROOTS, lane=lane))).tip is None  # type: ignore[arg-type] # a lane
            assert (await client.examine(full, Wanted(ROOTS, branch="release", lane=lane))).tip is None  # type: ignore[arg-type] # as above
            found = await client.examine(full, Wanted(ROOTS, branch="release/1", lane=lane))  # type: ignore[arg-type] # as above
            assert found.files["port.yml"].content == b"a: 2"
            assert found.tip is not None
            assert found.tip.branch == "release/1"


async def test_a_change_of_the_default_branch_is_seen() -> None:
    async with FakeBitbucket() as forge, bitbucket(forge) as client:
        made = forge.add_repository("PAY/checkout", {"port.yml": "a: 1"})
        repository = await only(client)
        first = await client.examine(repository, event())
        made.commit({"port.yml": "a: 2"}, branch="trunk")
        made.default_branch = "trunk"
        assert first.tip is not None
        second = await client.examine(repository, event(known_tip=first.tip.commit))
        assert second.tip == ("trunk", made.tip)
        assert second.files["port.yml"].content == b"a: 2"


@pytest.mark.parametrize(("old", "minimal"), [(True, False), (False, True)])
async def test_servers_that_tell_the_tip_elsewhere(old: bool, minimal: bool) -> None:
    async with FakeBitbucket(old=old) as forge, bitbucket(forge) as client:
        forge.minimal_refs = minimal
        empty = forge.add_repository("PAY/empty")
        forge.add_repository("PAY/full", {"port.yml": "a: 1"})
        repositories = await listed(client)
        assert (await client.examine(repositories[0], event())).tip is None
        for _ in range(2):
            found = await client.examine(repositories[1], event())
            assert found.tip is not None
            assert found.tip.commit == forge.repositories["PAY/full"].tip
        with requests_of(forge) as asked:
            await client.examine(repositories[1], event(known_tip=found.tip.commit))
        assert len(asked) == 1
        assert empty.tip is None


async def test_the_head_of_a_request_is_read_at_its_commit() -> None:
    async with FakeBitbucket() as forge, bitbucket(forge) as client:
        made = forge.add_repository("PAY/checkout", {"port.yml": "a: 1"})
        head = made.commit({"port.yml": "a: 2"}, branch="feature")
        found = await client.examine(await only(client), event(commit=head))
        assert found.tip is not None
        assert found.tip.commit == head
        assert found.files["port.yml"].content == b"a: 2"


async def test_files_by_path_with_odd_names_and_limits() -> None:
    async with FakeBitbucket() as forge, bitbucket(forge) as client:
        content = bytes(range(256))
        made = forge.add_repository("PAY/checkout", {"docs/a b#?%.md": content})
        repository = await only(client)
        assert made.tip is not None
        assert await client.read(repository, made.tip, "docs/a b#?%.md", 256) == content
        assert await client.read(repository, made.tip, "docs", 256) is None
        with pytest.raises(FileTooBig):
            await client.read(repository, made.tip, "docs/a b#?%.md", 255)


async def test_a_spec_file_over_the_limit_is_there_but_not_read() -> None:
    async with FakeBitbucket() as forge, bitbucket(forge) as client:
        forge.add_repository("PAY/checkout", {"port.yml": b"#" * 1_048_577})
        found = (await client.examine(await only(client), event())).files["port.yml"]
        assert (found.too_big, found.content, found.size) == (True, None, 1_048_577)


async def test_where_raw_is_blocked_lines_are_put_together_but_cut_lines_refused() -> None:
    async with FakeBitbucket(clamp=3) as forge, bitbucket(forge) as client:
        forge.raw_blocked = True
        text = "".join(f"line{number}: 1\n" for number in range(10))
        forge.add_repository("PAY/fine", {"port.yml": text})
        forge.add_repository("PAY/cut", {"port.yml": "a: " + "x" * 5000 + "\n"})
        fine, cut = await listed(client)
        found = (await client.examine(fine, event())).files["port.yml"]
        assert found.content == text.encode()
        again = await client.examine(fine, event(known_files={"port.yml": found.version}))
        assert again.files["port.yml"].content is None
        with pytest.raises(ForgeBroken, match="5000"):
            await client.examine(cut, event())


async def test_a_repository_that_vanishes_between_listing_and_reading() -> None:
    async with FakeBitbucket() as forge, bitbucket(forge) as client:
        forge.add_repository("PAY/gone", {"port.yml": "a: 1"})
        forge.add_repository("PAY/hidden", {"port.yml": "a: 1"})
        gone, hidden = await listed(client)
        forge.repositories.delete("PAY/gone")
        forge.repositories["PAY/hidden"].hidden = True
        for repository in (gone, hidden, gone, hidden):
            for lane in ("pass", "event"):
                with pytest.raises(RepositoryGone):
                    await client.examine(repository, Wanted(Patterns(ROOT), lane=lane))  # type: ignore[arg-type] # a lane
        assert not client.http.circuit.open


async def test_links_to_lines() -> None:
    async with FakeBitbucket() as forge, bitbucket(forge) as client:
        forge.add_repository("PAY/checkout", {"a b/port.yml": "a: 1"})
        repository = await only(client)
        base = f"{forge.url}/projects/PAY/repos/checkout/browse/a%20b/port.yml"
        assert client.file_url(repository, "c0ffee", "a b/port.yml", 3) == f"{base}?at=c0ffee#3"
        assert client.file_url(repository, "", "a b/port.yml") == base
