"""Which repositories GitHub is said to have, and what one query for a hundred of them saves."""

from __future__ import annotations

import pytest

from fairway.gitops.forges.base import SpecBytes, Wanted
from fairway.gitops.forges.errors import ListingIncomplete
from fairway.gitops.patterns import EVERYWHERE, ROOT, Patterns
from support.gitops_clients import github, listed, requests_of
from support.gitops_github import FakeGitHub
from support.gitops_repositories import blob_id
from support.gitops_server import Answered

ROOTS = Patterns(ROOT)


async def test_a_pass_in_root_mode_takes_one_query_for_a_hundred_repositories() -> None:
    async with FakeGitHub() as forge, github(forge, organisation="pay") as client:
        for number in range(450):
            forge.add_repository(
                f"pay/r{number}", {"port.yml": f"n: {number}", "x": ""} if number % 10 < 7 else {"x": ""}
            )
        with requests_of(forge) as asked:
            repositories = await listed(client)
            found = [await client.examine(each, Wanted(ROOTS)) for each in repositories]
        assert asked == ["POST /graphql"] * 5
        assert sum(len(each.files) for each in found) == 315
        assert found[0].files == {"port.yml": SpecBytes(blob_id(b"n: 0"), b"n: 0", 4)}
        assert found[0].tip == ("main", forge.repositories["pay/r0"].tip)
        forge.commit("pay/r1", {"port.yml": "n: new"})
        with requests_of(forge) as asked:
            again = [
                await client.examine(each, Wanted(ROOTS, known_tip=before.tip.commit if before.tip else None))
                for each, before in zip(await listed(client), found, strict=True)
            ]
        assert asked == ["POST /graphql"] * 5
        assert [number for number, each in enumerate(again) if not each.unchanged] == [1]


async def test_what_the_listing_learnt_is_used_once_and_not_for_long() -> None:
    async with FakeGitHub() as forge, github(forge, organisation="pay") as client:
        forge.add_repository("pay/a", {"port.yml": "a: 1"})
        (repository,) = await listed(client)
        await client.examine(repository, Wanted(ROOTS))
        forge.commit("pay/a", {"port.yml": "a: 2"})
        assert (await client.examine(repository, Wanted(ROOTS))).files["port.yml"].content == b"a: 2"
        await listed(client)
        forge.clock.advance(minutes=11)  # type: ignore[attr-defined] # the server's clock is virtual
        forge.commit("pay/a", {"port.yml": "a: 3"})
        assert (await client.examine(repository, Wanted(ROOTS))).files["port.yml"].content == b"a: 3"
        await listed(client)
        forge.commit("pay/a", {"port.yml": "a: 4"})
        event = Wanted(ROOTS, lane="event")
        assert (await client.examine(repository, event)).files["port.yml"].content == b"a: 4"


async def test_in_tree_mode_the_listing_tells_what_did_not_change() -> None:
    async with FakeGitHub() as forge, github(forge, organisation="pay") as client:
        for number in range(150):
            forge.add_repository(f"pay/r{number}", {"x/port.yml": "a: 1"})
        tree = Patterns(EVERYWHERE)
        first = [await client.examine(each, Wanted(tree)) for each in await listed(client)]
        assert all(list(each.files) == ["x/port.yml"] for each in first)
        with requests_of(forge) as asked:
            for repository, before in zip(await listed(client), first, strict=True):
                assert before.tip is not None
                assert (await client.examine(repository, Wanted(tree, known_tip=before.tip.commit))).unchanged
        assert len(asked) == 2


async def test_files_that_the_query_cuts_or_cannot_show_are_read_one_by_one() -> None:
    async with FakeGitHub() as forge, github(forge, organisation="pay") as client:
        contents = {
            "long": b"a: " + b"x" * 600_000,
            "latin": b"a: \xe4",
            "bom": b"\xef\xbb\xbfa: 1\r\n",
            "big": b"#" * 1_048_577,
            "empty": b"",
        }
        for name, content in contents.items():
            forge.add_repository(f"pay/{name}", {"port.yml": content})  # type: ignore[dict-item] # bytes are fine
        found = {each.label: await client.examine(each, Wanted(ROOTS)) for each in await listed(client)}
        for name, content in contents.items():
            file = found[f"pay/{name}"].files["port.yml"]
            assert (file.content, file.too_big) == ((None, True) if name == "big" else (content, False))
            assert file.version == blob_id(content)
        assert [path for path in forge.paths() if "contents" in path] == [
            "GET /repos/pay/long/contents/port.yml", "GET /repos/pay/latin/contents/port.yml",
        ]  # fmt: skip


async def test_queries_that_take_too_long_are_made_smaller() -> None:
    async with FakeGitHub() as forge, github(forge, organisation="pay") as client:
        forge.most_nodes = 25
        for number in range(60):
            forge.add_repository(f"pay/r{number}", {"port.yml": "a: 1"})
        assert len(await listed(client)) == 60


@pytest.mark.parametrize(
    "answer",
    [Answered(404, {"message": "Not Found"}), Answered(200, {"errors": [{"message": "Something went wrong"}]})],
)
async def test_without_graphql_everything_is_read_over_rest(answer: Answered) -> None:
    async with FakeGitHub() as forge, github(forge, organisation="pay") as client:
        forge.graphql_down = answer
        for number in range(120):
            forge.add_repository(f"pay/r{number}", {"port.yml": "a: 1"})
        repositories = await listed(client)
        assert len(repositories) == 120
        assert (await client.examine(repositories[0], Wanted(ROOTS))).files["port.yml"].content == b"a: 1"


async def test_repositories_of_a_person_and_of_whoever_the_token_belongs_to() -> None:
    async with FakeGitHub() as forge:
        forge.users = {"kim"}
        forge.add_repository("kim/a", {"port.yml": "a: 1"})
        forge.add_repository("pay/b", {"port.yml": "b: 1"})
        async with github(forge, organisation="kim") as client:
            (found,) = await listed(client)
            assert (found.label, found.personal) == ("kim/a", True)
        async with github(forge) as client:
            repositories = await listed(client)
            assert [each.label for each in repositories] == ["kim/a", "pay/b"]
            with requests_of(forge) as asked:
                assert (await client.examine(repositories[0], Wanted(ROOTS))).files["port.yml"].content == b"a: 1"
            assert asked == []


async def test_labels_flags_and_topics_are_the_same_by_either_way() -> None:
    async with FakeGitHub() as forge:
        made = forge.add_repository("pay/a", {"x": ""}, branch="trunk")
        made.archived = made.fork = made.mirror = made.disabled = True
        made.topics, made.visibility = {"go", "api"}, "internal"
        async with github(forge, organisation="pay") as client:
            by_query = await listed(client)
            forge.graphql_down = Answered(404)
            by_rest = await listed(client)
            assert by_query == by_rest
            assert await client.repository("pay/a") == by_rest[0] == await client.repository("1")
            assert by_rest[0].default_branch == "trunk"
            assert by_rest[0].topics == {"go", "api"}


async def test_a_listing_that_repeats_itself_or_keeps_something_back_is_incomplete() -> None:
    async with FakeGitHub() as forge, github(forge, organisation="pay") as client:
        for number in range(250):
            forge.add_repository(f"pay/r{number}", {"x": ""})
        forge.stuck = True
        with pytest.raises(ListingIncomplete):
            await listed(client)
        forge.graphql_down = Answered(404)
        with pytest.raises(ListingIncomplete):
            await listed(client)
        forge.stuck, forge.graphql_down = False, None
        forge.hide_nodes = {"pay/r7"}
        with pytest.raises(ListingIncomplete, match="1 repositories"):
            await listed(client)


async def test_pages_that_link_to_another_host_are_not_followed() -> None:
    async with FakeGitHub() as forge, FakeGitHub() as other, github(forge) as client:
        forge.add_repository("pay/a", {"x": ""})
        row = forge._json(forge.repositories["pay/a"])
        link = {"Link": f'<{other.url}/user/repos?page=2>; rel="next"', "Content-Type": "application/json"}
        forge.fail("/user/repos", status=200, json=[row], headers=link)
        with pytest.raises(ListingIncomplete, match="another origin"):
            await listed(client)
        assert other.requests == []
