"""The ledger's file: nothing is lost or half there, whoever dies when. What all ledgers hold to is under test beside
the portal's: ``tests/sources/gitops/test_ledger.py``."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fairway.gitops.ledger.file_store import FileLedger
from fairway.gitops.ledger.model import (
    SourceState,
)
from fairway.gitops.ledger.store import Changes, LedgerUnusable
from support.ledgers import CLAIM, ENTRY, PLAN, STATE


@pytest.fixture
async def ledger(tmp_path: Path):  # type: ignore[no-untyped-def] # a fixture that yields
    made = FileLedger(tmp_path / "ledger.db")
    await made.open()
    yield made
    await made.close()


async def test_everything_comes_back_as_it_was(ledger: FileLedger, tmp_path: Path) -> None:
    changes = Changes(claims=[CLAIM], repositories=[STATE], journal=[ENTRY], plans=[PLAN])
    await ledger.commit(changes)
    source = SourceState("git", 3, 4, 5, "complete", "me", "org", "s", 6, 7, b"{}")
    await ledger.save_source(source)
    await ledger.close()
    ledger = FileLedger(tmp_path / "ledger.db")
    await ledger.open()
    assert list(await ledger.claims([CLAIM.key])) == [CLAIM]
    assert list(await ledger.claims_of("git", ["7"])) == [CLAIM]
    assert await ledger.repositories("git", ["7", "8"]) == {"7": STATE}
    assert await ledger.named("git", "A/B") == STATE
    assert await ledger.source("git") == source
    assert await ledger.source("other") == SourceState("other")
    assert list(await ledger.journal("git", None, 5)) == [ENTRY]
    assert await ledger.journal_entry("j1") == ENTRY
    assert list(await ledger.plans("git")) == [PLAN]
    await ledger.close()


async def test_only_its_owner_can_read_the_file(ledger: FileLedger, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "ledger.db").stat().st_mode) == 0o600


async def test_leases_have_one_holder_until_they_run_out(ledger: FileLedger, tmp_path: Path) -> None:
    other = FileLedger(tmp_path / "ledger.db")
    await other.open()
    assert await ledger.lease("pass", "one", now=0, until=10)
    assert not await other.lease("pass", "two", now=5, until=15)
    assert await ledger.lease("pass", "one", now=5, until=20)
    assert not await other.lease("pass", "two", now=15, until=25)
    assert await other.lease("pass", "two", now=20, until=30)
    await ledger.release("pass", "one")
    assert not await ledger.lease("pass", "one", now=25, until=35)
    await other.release("pass", "two")
    assert await ledger.lease("pass", "one", now=25, until=35)
    await other.close()


async def test_a_change_is_stored_whole_or_not_at_all(ledger: FileLedger) -> None:
    broken = replace(ENTRY, id=None)  # type: ignore[arg-type] # what the file refuses
    with pytest.raises(LedgerUnusable):
        await ledger.commit(Changes(claims=[CLAIM], repositories=[STATE], journal=[broken]))
    assert list(await ledger.claims([CLAIM.key])) == []
    assert await ledger.repositories("git", ["7"]) == {}


async def test_a_copy_goes_its_own_way(ledger: FileLedger) -> None:
    await ledger.commit(Changes(claims=[CLAIM]))
    twin = await ledger.copy()
    await twin.commit(Changes(dropped=[CLAIM.owner]))
    assert list(await ledger.claims([CLAIM.key])) == [CLAIM]
    assert list(await twin.claims([CLAIM.key])) == []
    await twin.close()


async def test_files_that_are_no_ledger_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database" * 1000)
    for path in (tmp_path / "text", tmp_path / "no folder" / "x.db"):
        with pytest.raises(LedgerUnusable, match="cannot be used"):
            await FileLedger(path).open()


_WRITER = """
import asyncio, sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, "tests")
from fairway.gitops.ledger.file_store import FileLedger
from fairway.gitops.ledger.model import *
from fairway.gitops.ledger.store import Changes
from fairway.gitops.model import EntityKey, Location

async def main():
    ledger = FileLedger(Path(sys.argv[1]))
    await ledger.open()
    for number in range(1_000_000):
        where = Location("git", str(number), "main", "port.yml")
        keys = [EntityKey("b", f"{number}-{each}") for each in range(9)]
        claims = [Claim(key, where, 1, ClaimState.ACTIVE, 0, b"{}", "w") for key in keys]
        await ledger.commit(Changes(claims=claims, repositories=[RepositoryState("git", str(number), "l", revision=1)]))
        print(number, flush=True)

asyncio.run(main())
"""


async def test_a_killed_process_leaves_whole_transactions(tmp_path: Path) -> None:
    path = tmp_path / "killed.db"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _WRITER, str(path), stdout=asyncio.subprocess.PIPE, env=os.environ
    )
    assert process.stdout is not None
    for _ in range(20):
        last = await process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    await process.wait()
    ledger = FileLedger(path)
    await ledger.open()
    known = await ledger.repositories("git", [str(number) for number in range(1000)])
    assert len(known) > int(last)
    for each in known:
        assert len(await ledger.claims_of("git", [each])) == 9
    await ledger.close()
