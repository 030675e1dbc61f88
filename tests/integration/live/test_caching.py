"""Results that live for one resync (contract section 15.1)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fairway.integration.caching import Cache, cached, cached_pages, open_cache
from fairway.kit.errors import InvalidRequest


@pytest.fixture(params=["disk", "memory"])
async def cache(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Cache]:
    found = open_cache(request.param, tmp_path / "own")
    yield found
    await found.aclose()


class Source:
    def __init__(self, *results: Any) -> None:
        self.results = results
        self.calls = 0

    async def one(self) -> Any:
        self.calls += 1
        await asyncio.sleep(0.005)
        return self.results[0]

    async def pages(self) -> AsyncIterator[Any]:
        self.calls += 1
        for result in self.results:
            await asyncio.sleep(0)
            yield result


@pytest.mark.parametrize("value", [[], 0, None, "", False, {"a": [1]}])
async def test_empty_results_are_hits_too(cache: Cache, value: Any) -> None:
    source = Source(value)
    assert [await cache.result("k", source.one) for _ in range(3)] == [value] * 3
    assert source.calls == 1


async def test_concurrent_callers_share_one_computation(cache: Cache) -> None:
    source = Source([1])
    assert await asyncio.gather(*(cache.result("k", source.one) for _ in range(10))) == [[1]] * 10
    assert source.calls == 1


async def test_errors_go_to_all_and_are_not_kept(cache: Cache) -> None:
    async def fail() -> Any:
        await asyncio.sleep(0)
        raise ValueError("no")

    found = await asyncio.gather(*(cache.result("k", fail) for _ in range(3)), return_exceptions=True)
    assert all(isinstance(each, ValueError) for each in found)
    assert await cache.result("k", Source(1).one) == 1


async def test_who_computes_may_be_cancelled(cache: Cache) -> None:
    source = Source(7)
    first = asyncio.create_task(cache.result("k", source.one))
    await asyncio.sleep(0)
    second = asyncio.create_task(cache.result("k", source.one))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == 7


async def test_pages_are_shared_while_they_come_and_kept(cache: Cache) -> None:
    source = Source([1], [], [2])

    async def read() -> list[Any]:
        return [page async for page in cache.pages("k", source.pages)]

    assert await asyncio.gather(read(), read()) == [[[1], [], [2]]] * 2
    assert await read() == [[1], [], [2]]
    assert source.calls == 1


async def test_a_consumer_that_leaves_keeps_nothing(cache: Cache) -> None:
    source = Source([1], [2], [3], [4], [5], [6])
    reading = cache.pages("k", source.pages)
    assert await anext(reading) == [1]
    await reading.aclose()
    assert cache.size == 0
    assert len([page async for page in cache.pages("k", source.pages)]) == 6
    assert source.calls == 2


async def test_errors_of_pages_reach_every_consumer(cache: Cache) -> None:
    async def produce() -> AsyncIterator[Any]:
        yield [1]
        raise ValueError("no")

    reading = cache.pages("k", produce)
    assert await anext(reading) == [1]
    with pytest.raises(ValueError, match="no"):
        await anext(reading)


async def test_clearing_forgets(cache: Cache) -> None:
    source = Source(1)
    await cache.result("k", source.one)
    await cache.clear()
    await cache.result("k", source.one)
    assert source.calls == 2


async def test_the_size_is_bounded(tmp_path: Path) -> None:
    cache = Cache(max_bytes=100)
    for number in range(20):
        await cache.result(str(number), Source("x" * 30).one)
    assert cache.size <= 100
    large = Source(["x" * 80], ["x" * 80])
    assert [page async for page in cache.pages("large", large.pages)] == [["x" * 80]] * 2
    assert cache.size <= 100


async def test_two_installations_do_not_clear_each_other(tmp_path: Path) -> None:
    one, two = open_cache("disk", tmp_path), open_cache("disk", tmp_path)
    await one.result("k", Source(1).one)
    await two.result("k", Source(2).one)
    await two.clear()
    assert await one.result("k", Source(3).one) == 1
    assert not os.listdir(tmp_path)
    await one.aclose()
    await two.aclose()


async def test_what_is_no_json_value_is_an_error(cache: Cache) -> None:
    with pytest.raises(InvalidRequest, match='The result of "k" cannot be cached'):
        await cache.result("k", Source(object()).one)


@dataclass
class Client:
    cache: Cache
    calls: int = 0

    @cached()
    async def name(self, number: int, *, loud: bool = False) -> str:
        self.calls += 1
        return f"{number}{'!' if loud else ''}"

    @cached_pages()
    async def listing(self, kinds: list[str]) -> AsyncIterator[list[str]]:
        self.calls += 1
        yield kinds

    @cached()
    async def odd(self, thing: object) -> None:
        pass


async def test_decorated_functions_are_told_apart_by_arguments(cache: Cache) -> None:
    client = Client(cache)
    assert [await client.name(1), await client.name(1), await client.name(1, loud=True)] == ["1", "1", "1!"]
    for _ in range(2):
        assert [page async for page in client.listing(["a"])] == [["a"]]
    assert client.calls == 3
    with pytest.raises(TypeError, match="give the decorator a `key`"):
        await client.odd(object())
