"""Events on disk before they are acknowledged (contract sections 9.1 and 21.8)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairway.integration.live import Journal, JournalFull
from fairway.kit.clock import ManualClock

CHILD = """
import asyncio, sys
from pathlib import Path
from fairway.integration.live import Journal
from fairway.kit.clock import SystemClock

async def main():
    journal = Journal(Path(sys.argv[1]), SystemClock())
    await journal.open()
    for number in range(10**6):
        await journal.add("hook", str(number % 3), ["P"], {}, str(number).encode())
        print(number, flush=True)

asyncio.run(main())
"""


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2027, 3, 1, tzinfo=UTC))


@pytest.fixture
async def journal(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Journal]:
    found = Journal(tmp_path / "own" / "journal.sqlite", clock, most=5)
    await found.open()
    yield found
    await found.aclose()


async def add(journal: Journal, key: str, body: str) -> int:
    return await journal.add("hook", key, ["P"], {"x-event": "push"}, body.encode())


async def test_only_the_first_event_of_a_key_is_due(journal: Journal) -> None:
    for key, body in (("a", "1"), ("a", "2"), ("b", "3")):
        await add(journal, key, body)
    first, other = await journal.due(set(), 10)
    assert (first.body, other.body, first.headers) == (b"1", b"3", {"x-event": "push"})
    assert [event.body for event in await journal.due({("hook", "a")}, 10)] == [b"3"]
    await journal.done(first)
    assert [event.body for event in await journal.due(set(), 10)] == [b"2", b"3"]


async def test_a_failure_holds_up_its_key_and_pauses_grow(journal: Journal, clock: ManualClock) -> None:
    await add(journal, "a", "1")
    await add(journal, "a", "2")
    for pause in (1, 2, 4):
        (event,) = await journal.due(set(), 10)
        assert event.body == b"1"
        assert not await journal.failed(event, "down")
        clock.advance(seconds=pause - 0.5)
        assert await journal.due(set(), 10) == []
        clock.advance(seconds=0.5)


async def test_after_a_day_an_event_is_given_up_listed_and_replayed(journal: Journal, clock: ManualClock) -> None:
    await add(journal, "a", "1")
    given_up, hours = False, 0
    while not given_up:
        (event,) = await journal.due(set(), 10)
        given_up = await journal.failed(event, "still down")
        clock.advance(hours=1)
        hours += 1
    assert 23 <= hours <= 25
    assert await journal.due(set(), 10) == []
    (dead,) = await journal.dead()
    assert (dead.error, journal.waiting) == ("still down", 0)
    assert await journal.replay([dead.id]) == 1
    assert [event.attempts for event in await journal.due(set(), 10)] == [0]


async def test_a_full_journal_refuses_and_dead_events_do_not_count(journal: Journal) -> None:
    for number in range(5):
        await add(journal, "a", str(number))
    with pytest.raises(JournalFull, match="5 events wait"):
        await add(journal, "a", "6")
    (event,) = await journal.due(set(), 1)
    assert await journal.failed(event, "nonsense", final=True)
    await add(journal, "a", "6")


async def test_the_file_is_its_owners_alone(journal: Journal, tmp_path: Path) -> None:
    assert (tmp_path / "own" / "journal.sqlite").stat().st_mode & 0o077 == 0


async def test_a_killed_process_loses_nothing_it_acknowledged(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "journal.sqlite"
    command = [sys.executable, "-c", CHILD, str(path)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220 to be killed
    assert child.stdout is not None
    acknowledged = [int(child.stdout.readline()) for _ in range(40)]
    child.kill()
    acknowledged += [int(line) for line in child.stdout.read().split()]
    child.wait()
    journal = Journal(path, clock)
    await journal.open()
    found: dict[str, list[int]] = {}
    while events := await journal.due(set(), 10):
        for event in events:
            found.setdefault(event.key, []).append(int(event.body))
            await journal.done(event)
    assert set(acknowledged) <= {number for numbers in found.values() for number in numbers}
    assert all(numbers == sorted(numbers) for numbers in found.values())
    await journal.aclose()
