"""The laws of ledgers, held by the file beside a forge and by the portal's database alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from fairway.gitops.ledger.file_store import FileLedger
from fairway.gitops.ledger.model import (
    Claim,
    ClaimState,
    Listed,
    SourceState,
)
from fairway.gitops.ledger.store import Changes, LedgerStore
from fairway.gitops.model import EntityKey
from fairway.portal.sources.gitops.ledger_store import DatabaseLedger
from fairway.portal.storage import Database
from support.ledgers import CLAIM, ENTRY, PLAN, STATE, WHERE


@pytest.fixture(params=["file", "database"])
async def ledger(request: pytest.FixtureRequest, tmp_path: Path, db: Database) -> AsyncIterator[LedgerStore]:
    """A ledger of either kind."""
    if request.param == "database":
        made = DatabaseLedger(db)
        yield made
        await made.close()
        return
    if db.dialect != "sqlite":
        pytest.skip("the file does not ask the database")
    file = FileLedger(tmp_path / "ledger.db")
    await file.open()
    yield file
    await file.close()


async def test_everything_comes_back_as_it_was(ledger: LedgerStore) -> None:
    await ledger.commit(Changes(claims=[CLAIM], repositories=[STATE], journal=[ENTRY], plans=[PLAN]))
    source = SourceState("git", 3, 4, 5, "complete", "me", "org", "s", 6, 7, b"{}")
    await ledger.save_source(source)
    assert list(await ledger.claims([CLAIM.key])) == [CLAIM]
    assert list(await ledger.claims_of("git", ["7"])) == [CLAIM]
    assert list(await ledger.claims_of("other", ["7"])) == []
    assert await ledger.repositories("git", ["7", "8"]) == {"7": STATE}
    assert await ledger.named("git", "A/B") == STATE
    assert await ledger.source("git") == source
    assert await ledger.source("other") == SourceState("other")
    assert list(await ledger.journal("git", None, 5)) == [ENTRY]
    assert await ledger.journal_entry("j1") == ENTRY
    assert list(await ledger.plans("git")) == [PLAN]


async def test_a_second_commit_replaces_and_leaves_the_pass_alone(ledger: LedgerStore) -> None:
    await ledger.listed("git", 4, [Listed("7", "a/b", "u", excluded=True)])
    await ledger.commit(Changes(repositories=[STATE]))
    await ledger.checked("git", 4, ["7"], 50)
    await ledger.commit(Changes(repositories=[replace(STATE, tip="d", revision=2, checked=3, listed=1)]))
    (state,) = (await ledger.repositories("git", ["7"])).values()
    assert (state.tip, state.revision, state.checked, state.listed, state.excluded) == ("d", 2, 4, 4, True)
    await ledger.failed("git", "7", "no answer", 60)
    (state,) = (await ledger.repositories("git", ["7"])).values()
    assert (state.problem, state.last_attempt, state.last_success, state.tip) == ("no answer", 60, 0, "d")
    await ledger.checked("git", 2, ["7"], 70)
    (state,) = (await ledger.repositories("git", ["7"])).values()
    assert (state.problem, state.checked, state.last_success) == (None, 4, 70)
    await ledger.commit(Changes(forgotten=[("git", "7")]))
    assert await ledger.repositories("git", ["7"]) == {}


async def test_waiting_claims_are_found_by_what_they_wait_for(ledger: LedgerStore) -> None:
    await ledger.commit(Changes(claims=[CLAIM]))
    assert list(await ledger.waiting([EntityKey("domain", "d")])) == [CLAIM]
    await ledger.commit(Changes(claims=[replace(CLAIM, waits_for=())]))
    assert list(await ledger.waiting([EntityKey("domain", "d")])) == []
    await ledger.commit(Changes(claims=[CLAIM]))
    await ledger.commit(Changes(dropped=[CLAIM.owner]))
    assert list(await ledger.waiting([EntityKey("domain", "d")])) == []


async def test_pages_hold_every_claim_once(ledger: LedgerStore) -> None:
    claims = [
        replace(CLAIM, key=EntityKey("b", f"{key:02}"), location=WHERE._replace(repository=str(repository)))
        for key in range(23)
        for repository in range(key % 3 + 1)
    ]
    await ledger.commit(Changes(claims=claims))
    for limit in (1, 2, 5, 100):
        seen: list[Claim] = []
        while page := await ledger.page("git", [ClaimState.PENDING], seen[-1].key if seen else None, limit):
            seen += page
        assert len(seen) == len({each.owner for each in seen}) == len(claims)
    figures = await ledger.figures("git")
    assert figures.active == len(claims)
    assert figures.created == {"b": len(claims)}
    assert figures.states == {"pending": len(claims)}


async def test_listings_find_what_is_missing_and_excluded(ledger: LedgerStore) -> None:
    await ledger.listed("git", 1, [Listed("1", "a", "u"), Listed("2", "b", "u"), Listed("3", "c", "u", True)])
    await ledger.listed("git", 2, [Listed("1", "a2", "u"), Listed("3", "c", "u", True)])
    assert [each.id for each in await ledger.unlisted("git", 2, "", 10)] == ["2", "3"]
    assert [each.id for each in await ledger.unlisted("git", 2, "2", 10)] == ["3"]
    await ledger.missed("git", "2", 5, 1)
    (state,) = (await ledger.repositories("git", ["2"])).values()
    assert (state.missing_since, state.missed) == (5, 1)
    await ledger.listed("git", 3, [Listed("2", "b", "u")])
    (state,) = (await ledger.repositories("git", ["2"])).values()
    assert (state.missing_since, state.missed) == (None, 0)
    assert (await ledger.repositories("git", ["1"]))["1"].label == "a2"


async def test_leases_have_one_holder_until_they_run_out(ledger: LedgerStore) -> None:
    assert await ledger.lease("pass", "one", now=0, until=10)
    assert not await ledger.lease("pass", "two", now=5, until=15)
    assert await ledger.lease("pass", "one", now=5, until=20)
    assert not await ledger.lease("pass", "two", now=15, until=25)
    assert await ledger.lease("pass", "two", now=20, until=30)
    await ledger.release("pass", "one")
    assert not await ledger.lease("pass", "one", now=25, until=35)
    await ledger.release("pass", "two")
    assert await ledger.lease("pass", "one", now=25, until=35)


async def test_a_journal_is_read_backwards_and_forgotten(ledger: LedgerStore) -> None:
    entries = [replace(ENTRY, id=f"j{number}", at=number) for number in range(5)]
    await ledger.commit(Changes(journal=entries[:3]))
    await ledger.commit(Changes(journal=[*entries[3:], replace(entries[0], restored_at=8)]))
    assert [each.id for each in await ledger.journal("git", None, 3)] == ["j4", "j3", "j2"]
    assert [each.id for each in await ledger.journal("git", "j2", 3)] == ["j1", "j0"]
    found = await ledger.journal_entry("j0")
    assert found is not None
    assert found.restored_at == 8
    assert await ledger.purge("git", 2) == 2
    await ledger.commit(Changes(erased=["j3"]))
    assert [each.id for each in await ledger.journal("git", None, 9)] == ["j4", "j2"]


async def test_plans_are_settled(ledger: LedgerStore) -> None:
    await ledger.commit(Changes(plans=[PLAN]))
    await ledger.commit(Changes(plans=[replace(PLAN, deletes=3), replace(PLAN, id="p2")]))
    assert {each.id: each.deletes for each in await ledger.plans("git")} == {"p1": 3, "p2": 2}
    await ledger.commit(Changes(settled=["p1", "p2"]))
    assert list(await ledger.plans("git")) == []


async def test_names_of_any_length_and_kind(ledger: LedgerStore) -> None:
    key = EntityKey("service", "\u4e2d\u6587" * 500)
    where = WHERE._replace(repository="https://git.example/" + "x" * 500, path="d/" * 300 + "port.yml")
    await ledger.commit(Changes(claims=[replace(CLAIM, key=key, location=where, waits_for=(key,))]))
    (found,) = await ledger.waiting([key])
    assert (found.key, found.location) == (key, where)
