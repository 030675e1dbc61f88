"""What a repository on GitHub holds, and how many requests it takes to find out."""

from __future__ import annotations

import pytest

from fairway.gitops.forges.base import Wanted
from fairway.gitops.forges.errors import FileTooBig, RepositoryBlocked, RepositoryGone
from fairway.gitops.forges.github import GitHub
from fairway.gitops.model import Repository
from fairway.gitops.patterns import EVERYWHERE, ROOT, Patterns
from support.gitops_clients import github, listed, requests_of
from support.gitops_github import FakeGitHub
from support.gitops_repositories import blob_id

ROOTS, TREE = Patterns(ROOT), Patterns(EVERYWHERE)


def event(patterns: Patterns = ROOTS, **more: object) -> Wanted:
    return Wanted(patterns, lane="event", **more)  # type: ignore[arg-type] # keywords of Wanted


async def only(client: GitHub) -> Repository:
    (found,) = await listed(client)
    return found


@pytest.mark.parametrize("patterns", [ROOTS, TREE])
async def test_a_push_takes_three_requests(patterns: Patterns) -> None:
    async with FakeGitHub() as forge, github(forge) as client:
        forge.add_repository("pay/a", {"port.yml": "a: 1", "PORT.YAML": "", "docs/x.md": "x"})
        repository = await only(client)
        before = await client.examine(repository, event(patterns))
        assert before.ignored == ("PORT.YAML",)
        assert before.tip is not None
        forge.commit("pay/a", {"port.yml": "a: 2"})
        known = {path: each.version for path, each in before.files.items()}
        with requests_of(forge) as asked:
            after = await client.examine(repository, event(patterns, known_tip=before.tip.commit, known_files=known))
        assert len(asked) == 3
        assert after.files["port.yml"].content == b"a: 2"
        assert client.figures.requests == len(forge.requests)


async def test_an_unchanged_tip_costs_nothing_of_the_limit() -> None:
    async with FakeGitHub() as forge, github(forge) as client:
        forge.add_repository("pay/a", {"port.yml": "a: 1"})
        repository = await only(client)
        before = await client.examine(repository, event())
        assert before.tip is not None
        used = forge.budgets["core"].used
        assert (await client.examine(repository, event(known_tip=before.tip.commit))).unchanged
        assert forge.budgets["core"].used == used
        assert client.figures.not_modified == 1
        assert client.figures.budget_left is not None


async def test_files_that_move_change_or_disappear() -> None:
    async with FakeGitHub() as forge, github(forge) as client:
        files = {f"{name}/port.yml": f"{name}: 1" for name in "abcdef"} | {"docs/a.md": "A", "docs/b.md": "B"}
        forge.add_repository("pay/mono", files)
        repository = await only(client)
        before = await client.examine(repository, event(TREE))
        assert before.tip is not None
        forge.commit("pay/mono", {"a/port.yml": None, "b/port.yml": None, "z/port.yml": "b: 1", "docs/a.md": "A2"})
        wanted = event(
            TREE,
            known_tip=before.tip.commit,
            known_files={path: each.version for path, each in before.files.items()},
            dependencies={"docs/a.md": blob_id(b"A"), "docs/b.md": blob_id(b"B"), "docs/c.md": ""},
        )
        after = await client.examine(repository, wanted)
        assert sorted(after.files) == ["c/port.yml", "d/port.yml", "e/port.yml", "f/port.yml", "z/port.yml"]
        assert after.files["z/port.yml"].content == b"b: 1"
        assert after.files["c/port.yml"].content is None
        assert after.changed_dependencies == frozenset({"docs/a.md"})


async def test_a_force_push_is_compared_tree_with_tree() -> None:
    async with FakeGitHub() as forge, github(forge) as client:
        made = forge.add_repository("pay/mono", {"a/port.yml": "a: 1", "b/port.yml": "b: 1"})
        root = made.tip
        made.commit({"a/port.yml": "a: 2", "docs/a.md": "A"})
        repository = await only(client)
        before = await client.examine(repository, event(TREE))
        assert before.tip is not None
        made.commit({"b/port.yml": "b: 2"}, parent=root)
        wanted = event(
            TREE,
            known_tip=before.tip.commit,
            known_files={path: each.version for path, each in before.files.items()},
            dependencies={"docs/a.md": blob_id(b"A")},
        )
        after = await client.examine(repository, wanted)
        assert {path: each.content for path, each in after.files.items()} == {
            "a/port.yml": b"a: 1",
            "b/port.yml": b"b: 2",
        }
        assert after.changed_dependencies == frozenset({"docs/a.md"})


async def test_a_comparison_that_is_cut_at_300_files_is_not_believed() -> None:
    async with FakeGitHub() as forge, github(forge) as client:
        made = forge.add_repository("pay/mono", {"z/port.yml": "z: 1", "a/port.yml": "a: 1"})
        repository = await only(client)
        before = await client.examine(repository, event(TREE))
        assert before.tip is not None
        made.commit({f"docs/{number}.md": "x" for number in range(400)} | {"z/port.yml": "z: 2"})
        known = {path: each.version for path, each in before.files.items()}
        after = await client.examine(repository, event(TREE, known_tip=before.tip.commit, known_files=known))
        assert {path: each.content for path, each in after.files.items()} == {"a/port.yml": None, "z/port.yml": b"z: 2"}


async def test_a_tree_that_is_too_big_for_one_answer_is_walked() -> None:
    async with FakeGitHub() as forge, github(forge) as client:
        forge.tree_limit = 6
        files = {f"{a}/{b}/port.yml": f"{a}{b}: 1" for a in "abc" for b in "xyz"} | {"port.yml": "root: 1"}
        forge.add_repository("pay/mono", files)
        found = await client.examine(await only(client), event(TREE))
        assert {path: (each.content or b"").decode() for path, each in found.files.items()} == files


async def test_links_are_not_spec_files() -> None:
    async with FakeGitHub() as forge, github(forge) as client:
        forge.add_repository("pay/a", {"port.yml": "link:../../etc/passwd", "x/port.yml": "a: 1"})
        assert list((await client.examine(await only(client), event(TREE))).files) == ["x/port.yml"]


async def test_empty_blocked_vanished_and_hidden_repositories() -> None:
    async with FakeGitHub() as forge, github(forge) as client:
        for name in ("empty", "blocked", "gone", "hidden", "branchless"):
            forge.add_repository(f"pay/{name}", None if name == "empty" else {"port.yml": "a: 1"})
        empty, blocked, gone, hidden, branchless = await listed(client)
        forge.repositories["pay/blocked"].blocked = True
        forge.repositories["pay/hidden"].hidden = True
        forge.repositories.delete("pay/gone")
        forge.repositories["pay/branchless"].delete_branch("main")
        assert (await client.examine(empty, event())).tip is None
        assert (await client.examine(branchless, event())).tip is None
        assert (await client.examine(branchless, event(branch="x"))).tip is None
        with pytest.raises(RepositoryBlocked):
            await client.examine(blocked, event())
        for repository in (gone, hidden):
            with pytest.raises(RepositoryGone):
                await client.examine(repository, event())
        assert await client.repository("pay/gone") is None
        assert await client.repository("pay/hidden") is None


async def test_renames_are_followed_but_not_to_another_repository() -> None:
    async with FakeGitHub() as forge, github(forge) as client:
        forge.add_repository("pay/a", {"port.yml": "a: 1"})
        repository = await only(client)
        forge.repositories.rename("pay/a", "core/b")
        assert (await client.examine(repository, event())).files["port.yml"].content == b"a: 1"
        moved = await client.repository(repository.id)
        assert moved is not None
        assert (moved.id, moved.label) == (repository.id, "core/b")
        forge.repositories.delete("core/b")
        forge.add_repository("pay/a", {"port.yml": "b: 1"}, branch="trunk")
        forge.repositories.moved.clear()
        with pytest.raises(RepositoryGone):
            await client.examine(repository, event())


@pytest.mark.parametrize("renamed", [False, True])
async def test_a_change_of_the_default_branch_is_seen(renamed: bool) -> None:
    async with FakeGitHub() as forge, github(forge) as client:
        made = forge.add_repository("pay/a", {"port.yml": "a: 1"})
        repository = await only(client)
        if renamed:
            made.rename_branch("main", "trunk")
        else:
            made.commit({"port.yml": "a: 2"}, branch="trunk")
            made.default_branch = "trunk"
            repository = await only(client)
        found = await client.examine(repository, event())
        assert found.tip == ("trunk", made.tip)


async def test_another_branch_and_the_head_of_a_request() -> None:
    async with FakeGitHub() as forge, github(forge) as client:
        made = forge.add_repository("pay/a", {"port.yml": "a: 1"})
        head = made.commit({"port.yml": "a: 2"}, branch="feature/x y")
        repository = await only(client)
        found = await client.examine(repository, event(branch="feature/x y"))
        assert found.tip == ("feature/x y", head)
        at = await client.examine(repository, Wanted(ROOTS, commit=head))
        assert at.files["port.yml"].content == b"a: 2"


async def test_files_by_path_with_odd_names_and_limits() -> None:
    async with FakeGitHub() as forge, github(forge) as client:
        content = bytes(range(256))
        made = forge.add_repository("pay/a", {"docs/a b#?%.md": content, "x.json": '[{"type": 1}]'})
        repository = await only(client)
        assert made.tip is not None
        assert await client.read(repository, made.tip, "docs/a b#?%.md", 256) == content
        assert await client.read(repository, made.tip, "docs", 256) is None
        assert await client.read(repository, made.tip, "nope", 256) is None
        assert await client.read(repository, made.tip, "x.json", 256) == b'[{"type": 1}]'
        with pytest.raises(FileTooBig):
            await client.read(repository, made.tip, "docs/a b#?%.md", 255)
        link = client.file_url(repository, made.tip, "docs/a b#?%.md", 4)
        assert link == f"https://github.example/pay/a/blob/{made.tip}/docs/a%20b%23%3F%25.md#L4"
