"""Which repositories a Bitbucket Server is said to have: pages, filters, and when a listing does not count."""

from __future__ import annotations

import pytest

from fairway.gitops.forges.errors import ListingIncomplete
from fairway.gitops.forges.settings import project_filter
from support.gitops_bitbucket import FakeBitbucket
from support.gitops_clients import bitbucket, listed, requests_of


async def test_all_repositories_come_in_pages_of_a_thousand() -> None:
    async with FakeBitbucket() as forge:
        for number in range(2500):
            forge.add_repository(f"PAY/r{number}")
        async with bitbucket(forge) as client:
            with requests_of(forge) as asked:
                found = await listed(client)
        assert len({each.id for each in found}) == 2500
        assert asked == ["GET /rest/api/latest/repos"] * 3


async def test_lowered_limits_gaps_and_empty_pages_lose_nothing() -> None:
    async with FakeBitbucket(clamp=10) as forge:
        for number in range(55):
            forge.add_repository(f"PAY/r{number}")
        forge.holes = {*range(10, 20), 33, *range(50, 55)}  # the second page is empty, and so is the last
        async with bitbucket(forge) as client:
            found = await listed(client)
        assert len(found) == 55 - len(forge.holes)
        assert len(forge.requests) == 6


async def test_a_cursor_that_does_not_advance_makes_the_listing_incomplete() -> None:
    async with FakeBitbucket(clamp=2) as forge:
        for number in range(5):
            forge.add_repository(f"PAY/r{number}")
        forge.stuck = True
        async with bitbucket(forge) as client:
            with pytest.raises(ListingIncomplete, match="not behind 0"):
                await listed(client)
        assert len(forge.requests) == 1


@pytest.mark.parametrize(
    "page", [{"values": [], "size": 0}, [], {"isLastPage": False, "values": []}, {"isLastPage": 1}]
)
async def test_an_answer_that_is_no_page_makes_the_listing_incomplete(page: object) -> None:
    async with FakeBitbucket() as forge:
        forge.fail("/repos", status=200, json=page)
        async with bitbucket(forge) as client:
            with pytest.raises(ListingIncomplete):
                await listed(client)


async def test_a_page_that_fails_for_good_makes_the_listing_incomplete() -> None:
    async with FakeBitbucket(clamp=2) as forge:
        for number in range(5):
            forge.add_repository(f"PAY/r{number}")
        forge.fail("start=2", status=503, times=100)
        async with bitbucket(forge) as client:
            with pytest.raises(ListingIncomplete):
                await listed(client)
        assert len(forge.requests) == 1 + 6


async def test_labels_flags_and_ids() -> None:
    async with FakeBitbucket() as forge:
        forge.add_repository("PAY/checkout").archived = True
        forge.add_repository("~kim/play").fork = True
        forge.add_repository("WEB/site").disabled = True
        forge.repositories["WEB/site"].visibility = "public"
        async with bitbucket(forge) as client:
            first, second, third = await listed(client)
        assert (first.id, first.label, first.archived, first.personal) == ("1", "PAY/checkout", True, False)
        assert (second.fork, second.personal) == (True, True)
        assert (third.disabled, third.visibility) == (True, "public")
        assert first.url == f"{forge.url}/projects/PAY/repos/checkout"


async def test_a_rename_keeps_the_id() -> None:
    async with FakeBitbucket() as forge:
        forge.add_repository("PAY/checkout", {"port.yml": "a: 1"})
        async with bitbucket(forge) as client:
            before = await listed(client)
            forge.repositories.rename("PAY/checkout", "CORE/till")
            after = await listed(client)
        assert before[0].id == after[0].id
        assert after[0].label == "CORE/till"


async def test_projects_by_key_in_any_case_with_unknown_ones_reported() -> None:
    async with FakeBitbucket() as forge:
        for label in ("PAY/a", "WEB/b", "OPS/c", "~kim/d"):
            forge.add_repository(label)
        async with bitbucket(forge, projects=project_filter(" pay, ,NOPE,WEB ,, pay")) as client:
            found = await listed(client)
        assert [each.label for each in found] == ["PAY/a", "WEB/b"]
        assert client.unknown_projects == ("NOPE",)


async def test_projects_by_glob_and_a_personal_one() -> None:
    async with FakeBitbucket(clamp=2) as forge:
        for label in ("PAY-A/a", "PAY-B/b", "OPS/c", "WEB/e", "~KIM/d"):
            forge.add_repository(label)
        async with bitbucket(forge, projects=("pay-*", "~kim", "x?z")) as client:
            found = await listed(client)
        assert [each.label for each in found] == ["PAY-A/a", "PAY-B/b", "~KIM/d"]
        assert client.unknown_projects == ("X?Z",)


async def test_a_project_that_fails_is_not_an_unknown_one() -> None:
    async with FakeBitbucket() as forge:
        forge.add_repository("PAY/a")
        forge.fail("/projects/PAY/repos", status=404, body=b"<html>proxy</html>")
        async with bitbucket(forge, projects=("PAY",)) as client:
            with pytest.raises(ListingIncomplete):
                await listed(client)


async def test_a_repository_by_label_by_id_and_one_that_may_not_be_seen() -> None:
    async with FakeBitbucket() as forge:
        forge.add_repository("PAY/checkout")
        forge.add_repository("PAY/secret").hidden = True
        async with bitbucket(forge) as client:
            found = await client.repository("PAY/checkout")
            assert found is not None
            assert await client.repository(found.id) == found
            assert await client.repository("PAY/nope") is None
            assert await client.repository("PAY/secret") is None
            assert await client.repository("99") is None


async def test_the_identity_is_the_user_whatever_the_credential() -> None:
    async with FakeBitbucket() as forge:
        async with bitbucket(forge) as client:
            first = await client.identity()
        async with bitbucket(forge, token="http-token") as client:
            assert await client.identity() == first == f"kim at {forge.url}"


async def test_secrets_do_not_show() -> None:
    async with FakeBitbucket() as forge, bitbucket(forge, token="http-token") as client:
        assert "http-token" not in repr(vars(client))
