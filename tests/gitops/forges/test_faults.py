"""What goes wrong with forges, for each of them alike. Section 16 of the contract, forge faults."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from fairway.gitops.forges.base import Forge, Wanted
from fairway.gitops.forges.errors import CircuitOpen, ForgeBroken, ForgeRefused, ForgeUnavailable, ListingIncomplete
from fairway.gitops.model import Repository
from fairway.gitops.patterns import ROOT, Patterns
from support.gitops_bitbucket import FakeBitbucket
from support.gitops_clients import bitbucket, github, listed
from support.gitops_github import FakeGitHub
from support.gitops_server import ForgeServer, TokenBucket, VirtualTime

EVENT = Wanted(Patterns(ROOT), lane="event")


@dataclass
class World:
    """A forge, a client of it, and the one repository."""

    server: ForgeServer
    client: Any
    repository: Repository

    @property
    def clock(self) -> VirtualTime:
        assert isinstance(self.server.clock, VirtualTime)
        return self.server.clock

    async def read(self) -> bytes | None:
        found = await self.client.examine(self.repository, EVENT)
        content: bytes | None = found.files["port.yml"].content
        return content


@asynccontextmanager
async def world(kind: str, **more: Any) -> AsyncIterator[World]:
    server: ForgeServer = FakeBitbucket() if kind == "bitbucket" else FakeGitHub()
    async with server, (bitbucket if kind == "bitbucket" else github)(server, **more) as client:
        server.add_repository("PAY/checkout", {"port.yml": "a: 1"})
        (repository,) = await listed(client)
        server.requests.clear()
        server.clock.slept.clear()  # type: ignore[attr-defined] # virtual
        yield World(server, client, repository)


KINDS = pytest.mark.parametrize("kind", ["bitbucket", "github"])


@KINDS
@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
async def test_two_failures_of_the_server_and_then_it_works(kind: str, status: int) -> None:
    async with world(kind) as there:
        there.server.fail(status=status, times=2)
        assert await there.read() == b"a: 1"
        assert len(there.server.requests) == 3 + 2
        assert there.client.figures.retries == 2


@KINDS
async def test_a_server_that_stays_broken_is_left_alone_after_five_retries(kind: str) -> None:
    async with world(kind) as there:
        there.server.fail(status=500, times=1000)
        with pytest.raises(ForgeUnavailable, match="500"):
            await there.read()
        assert len(there.server.requests) == 6
        assert all(0 <= slept <= 0.5 * 2**at for at, slept in enumerate(there.clock.slept))


@KINDS
async def test_a_connection_that_breaks_in_the_middle_of_an_answer(kind: str) -> None:
    async with world(kind) as there:
        there.server.reset(times=2)
        assert await there.read() == b"a: 1"
        assert len(there.server.requests) == 3 + 2


@KINDS
async def test_a_server_that_does_not_answer(kind: str) -> None:
    async with world(kind, http={"total_seconds": 0.05}) as there:
        there.server.hang(times=1)
        assert await there.read() == b"a: 1"
        there.server.hang(times=100)
        with pytest.raises(ForgeUnavailable, match="no answer within"):
            await there.read()


@KINDS
async def test_a_server_that_is_not_there(kind: str) -> None:
    async with world(kind) as there:
        await there.server.__aexit__()
        with pytest.raises(ForgeUnavailable, match="cannot be reached"):
            await there.read()


@KINDS
@pytest.mark.parametrize("header", ["7", "date", None])
async def test_429_with_and_without_a_time_to_wait(kind: str, header: str | None) -> None:
    async with world(kind) as there:
        text = format_datetime(there.clock.now() + timedelta(seconds=7), usegmt=True) if header == "date" else header
        there.server.fail(status=429, headers={"Retry-After": text} if text else None)
        start = there.clock.now()
        assert await there.read() == b"a: 1"
        waited = (there.clock.now() - start).total_seconds()
        assert waited >= 7 if header else waited <= 10
        assert there.client.figures.rate_limited == 1
        assert len(there.server.requests) == 4


@KINDS
async def test_a_wait_that_is_asked_for_holds_up_everybody(kind: str) -> None:
    async with world(kind) as there:
        await there.read()
        there.server.requests.clear()
        there.server.fail(status=429, headers={"Retry-After": "60"})
        start = there.clock.now()
        await asyncio.gather(there.read(), there.read())
        assert there.clock.now() - start >= timedelta(seconds=60)
        assert there.client.figures.rate_limited == 1


@KINDS
async def test_a_wait_of_days_is_not_waited_for(kind: str) -> None:
    async with world(kind) as there:
        there.server.fail(status=429, headers={"Retry-After": "999999"}, times=100)
        with pytest.raises(ForgeUnavailable):
            await there.read()
        assert len(there.server.requests) == 1


async def wrong(kind: str, server: ForgeServer) -> AsyncIterator[Forge]:
    if kind == "bitbucket":
        async with bitbucket(server, username="kim", password="wrong") as client:
            yield client
    else:
        async with github(server, token="wrong") as other:
            yield other


@KINDS
async def test_a_wrong_password_is_sent_twice_at_most_however_many_ask(kind: str) -> None:
    async with world(kind) as there:
        async for client in wrong(kind, there.server):
            asked = [client.examine(there.repository, Wanted(Patterns(ROOT))) for _ in range(50)]
            found = await asyncio.gather(*asked, return_exceptions=True)
            assert all(isinstance(each, ForgeRefused) for each in found)
            with pytest.raises(CircuitOpen):
                await listed(client)
        assert len(there.server.requests) == 2
        if isinstance(there.server, FakeBitbucket):
            assert there.server.locked == set()


@KINDS
async def test_a_single_refusal_among_good_answers_is_forgiven(kind: str) -> None:
    async with world(kind) as there:
        for _ in range(3):
            there.server.fail(status=401)
            with pytest.raises(ForgeRefused):
                await there.read()
            assert await there.read() == b"a: 1"


async def test_an_account_that_is_locked_is_told_as_such_and_left_alone() -> None:
    async with world("bitbucket") as there:
        assert isinstance(there.server, FakeBitbucket)
        there.server.locked.add("kim")
        for match in ("CAPTCHA", "CAPTCHA", "not asked again"):
            with pytest.raises(ForgeRefused, match=match):
                await there.read()
        assert len(there.server.requests) == 2


async def test_403_without_a_reason_opens_the_circuit_on_github() -> None:
    async with world("github") as there:
        there.server.fail(status=403, json={"message": "Forbidden"}, times=100)
        for _ in range(3):
            with pytest.raises(ForgeRefused):
                await there.read()
        assert len(there.server.requests) == 2


@KINDS
async def test_redirects_stay_within_the_origin(kind: str) -> None:
    async with world(kind) as there, FakeGitHub() as other:
        there.server.fail(status=302, headers={"Location": f"{other.url}/steal"}, times=10)
        with pytest.raises(ForgeBroken, match="another origin"):
            await there.read()
        assert other.requests == []


@KINDS
async def test_a_failed_page_makes_a_listing_incomplete_and_broken_json_too(kind: str) -> None:
    async with world(kind) as there:
        listing = "/repos" if kind == "bitbucket" else "/user/repos"
        there.server.fail(listing, status=500, times=6)
        with pytest.raises(ListingIncomplete):
            await listed(there.client)
        there.server.fail(listing, status=200, body=b"<html>maintenance</html>")
        with pytest.raises(ListingIncomplete):
            await listed(there.client)
        assert len(await listed(there.client)) == 1


@pytest.mark.parametrize("header", [None, "1"])
async def test_behind_a_token_bucket_almost_nothing_is_rejected(header: str | None) -> None:
    async with FakeBitbucket() as forge:
        assert isinstance(forge.clock, VirtualTime)
        for number in range(600):
            forge.add_repository(f"PAY/r{number}", {"port.yaml": "a: 1"})
        async with bitbucket(forge) as client:
            repositories = await listed(client)
            forge.bucket = TokenBucket(forge.clock)
            forge.bucket_header = header
            start, before = forge.clock.now(), len(forge.requests)
            gate = asyncio.Semaphore(16)

            async def one(repository: Repository) -> None:
                async with gate:
                    assert (await client.examine(repository, Wanted(Patterns(("port.yaml",))))).files

            await asyncio.gather(*(one(each) for each in repositories))
            asked = len(forge.requests) - before
            seconds = (forge.clock.now() - start).total_seconds()
        rejected = client.figures.rate_limited
        assert asked == 600 + rejected
        assert rejected <= 0.01 * 600
        assert seconds <= (600 - 60) / 5 * 1.15
        assert forge.peak <= 16


async def test_a_full_pass_leaves_a_reserve_of_the_budget_to_events() -> None:
    async with FakeGitHub() as forge, github(forge) as client:
        assert isinstance(forge.clock, VirtualTime)
        forge.add_repository("pay/a", {"port.yml": "a: 1"})
        (repository,) = await listed(client)
        forge.budgets["core"].limit, forge.budgets["core"].used = 100, 83
        start = forge.clock.now()
        first = await client.examine(repository, Wanted(Patterns(ROOT), lane="event"))
        assert forge.clock.now() == start
        await client.examine(repository, Wanted(Patterns(ROOT), lane="event"))
        assert forge.clock.now() == start
        await client.examine(repository, Wanted(Patterns(ROOT)))
        assert forge.clock.now() - start > timedelta(minutes=50)
        assert first.tip is not None
        assert client.figures.rate_limited == 0


@pytest.mark.parametrize("status", [403, 429])
async def test_a_used_up_budget_is_waited_for_whatever_its_status(status: int) -> None:
    async with world("github") as there:
        assert isinstance(there.server, FakeGitHub)
        budget = there.server.budgets["core"]
        budget.used, budget.status = budget.limit, status
        assert await there.read() == b"a: 1"
        assert there.client.figures.rate_limited == 1
        assert not there.client.http.circuit.open


@pytest.mark.parametrize("status", [200, 403])
async def test_the_budget_of_queries_is_another_one(status: int) -> None:
    async with FakeGitHub() as forge, github(forge, organisation="pay") as client:
        assert isinstance(forge.clock, VirtualTime)
        forge.add_repository("pay/a", {"port.yml": "a: 1"})
        await listed(client)
        budget = forge.budgets["graphql"]
        budget.used, budget.status = budget.limit, status
        start = forge.clock.now()
        assert await client.repository("pay/a") is not None
        assert forge.clock.now() == start
        assert len(await listed(client)) == 1
        assert forge.clock.now() - start > timedelta(minutes=50)


async def test_a_secondary_limit_is_waited_out() -> None:
    async with world("github") as there:
        message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        there.server.fail(status=403, json={"message": message}, headers={"Retry-After": "30"})
        start = there.clock.now()
        assert await there.read() == b"a: 1"
        assert there.clock.now() - start >= timedelta(seconds=30)
