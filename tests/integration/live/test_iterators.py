"""Several async generators as one (contract section 15.2)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from fairway.integration.http import ThirdPartyBroken, ThirdPartyError, ThirdPartyMissing
from fairway.integration.iterators import (
    process_in_queue,
    semaphore_async_iterator,
    stream_async_iterators_tasks,
    stream_independent_async_iterators,
    throttle_batch_operation,
    unless_missing,
    up_to,
)
from fairway.kit.logs import get_logger

ended: list[int] = []


async def count(most: int, fail_at: int = -1) -> AsyncIterator[int]:
    try:
        for number in range(most):
            await asyncio.sleep(0)
            if number == fail_at:
                raise ValueError(str(most))
            yield number
    finally:
        ended.append(most)


async def test_merged_iterators_yield_everything() -> None:
    found = [item async for item in stream_async_iterators_tasks(count(3), count(100), count(0))]
    assert sorted(found) == sorted([*range(3), *range(100)])


async def test_an_error_in_one_is_raised_and_the_others_are_ended() -> None:
    ended.clear()
    merged = stream_async_iterators_tasks(count(100_000), count(9, fail_at=2))
    with pytest.raises(ValueError, match="9"):
        _ = [item async for item in merged]
    assert sorted(ended) == [9, 100_000]


async def test_buffers_are_bounded() -> None:
    made = 0

    async def produce() -> AsyncIterator[int]:
        nonlocal made
        while True:
            made += 1
            yield made

    merged = stream_async_iterators_tasks(produce())
    await anext(merged)
    for _ in range(20):
        await asyncio.sleep(0)
    assert made <= 40
    await merged.aclose()


async def test_independent_iterators_survive_the_failure_of_one() -> None:
    found: list[int] = []
    merged = stream_independent_async_iterators(count(50), count(9, fail_at=2))

    async def read() -> None:
        async for item in merged:
            found.append(item)

    with pytest.raises(ExceptionGroup, match="1 of 2"):
        await read()
    assert sorted(found) == sorted([*range(50), 0, 1])


async def test_iterators_under_a_semaphore_run_so_many_at_once() -> None:
    busy = most = 0

    async def work() -> AsyncIterator[int]:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.001)
        yield 1
        busy -= 1

    semaphore = asyncio.Semaphore(2)
    merged = stream_async_iterators_tasks(*(semaphore_async_iterator(semaphore, work) for _ in range(8)))
    assert len([item async for item in merged]) == 8
    assert most == 2


async def test_bounded_batches_keep_their_order() -> None:
    async def double(number: int, plus: int) -> int:
        await asyncio.sleep(0)
        if number < 0:
            raise ValueError("negative")
        return number * 2 + plus

    assert await process_in_queue(range(100), double, 1) == [number * 2 + 1 for number in range(100)]
    with pytest.raises(ExceptionGroup, match="1 of 2 items"):
        await process_in_queue([1, -1], double, 1)
    assert await throttle_batch_operation([lambda: double(1, 0), lambda: double(2, 0)], 1) == [2, 4]


def _missing(error: ThirdPartyError) -> bool:
    return isinstance(error, ThirdPartyMissing)


async def _pages(*pages: list[int] | Exception) -> AsyncIterator[list[int]]:
    for page in pages:
        if isinstance(page, Exception):
            raise page
        yield page


async def test_what_is_not_offered_is_empty_and_what_breaks_off_is_an_error() -> None:
    gone, log = ThirdPartyMissing("not here"), get_logger("test")
    assert [page async for page in unless_missing(_pages(gone), _missing, log)] == []
    assert [page async for page in unless_missing(_pages([1], [2]), _missing, log)] == [[1], [2]]
    for pages, error in (([[1], gone], ThirdPartyMissing), ([ThirdPartyBroken("no")], ThirdPartyBroken)):
        with pytest.raises(error):
            [page async for page in unless_missing(_pages(*pages), _missing, log)]


async def test_no_page_beyond_the_wanted_items_is_asked_for() -> None:
    asked = _pages([1, 2], [3, 4], ThirdPartyBroken("never"))
    assert [page async for page in up_to(asked, 3)] == [[1, 2], [3]]
    assert [page async for page in up_to(_pages([1]), 3)] == [[1]]
