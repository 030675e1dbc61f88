"""Several async generators as one (contract section 15.2). Order between them is lost; buffers are bounded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from typing import Any, Concatenate, ParamSpec, TypeVar

from structlog.typing import FilteringBoundLogger

from fairway.integration.http.errors import ThirdPartyError

_T = TypeVar("_T")
_R = TypeVar("_R")
_P = ParamSpec("_P")
_LEAST_BUFFER = 32


async def stream_async_iterators_tasks(*iterators: AsyncIterator[_T]) -> AsyncGenerator[_T, None]:
    """What all of them yield, as it comes. The first error ends the others and is raised."""
    async with aclosing(_Merged(iterators)) as merged:
        async for item in merged.items():
            if isinstance(item, _Failure):
                raise item.error
            yield item


async def stream_independent_async_iterators(*iterators: AsyncIterator[_T]) -> AsyncGenerator[_T, None]:
    """What all of them yield, as it comes. Those that fail do not stop the others.

    Raises:
        ExceptionGroup: after everything, of what was raised.
    """
    errors: list[Exception] = []
    async with aclosing(_Merged(iterators)) as merged:
        async for item in merged.items():
            if isinstance(item, _Failure):
                errors.append(item.error)
            else:
                yield item
    if errors:
        raise ExceptionGroup(f"{len(errors)} of {len(iterators)} iterators failed", errors)


async def semaphore_async_iterator(
    semaphore: asyncio.Semaphore, function: Callable[[], AsyncIterator[_T]]
) -> AsyncGenerator[_T, None]:
    """What ``function()`` yields, started when the semaphore has a place, which is given back at the end."""
    async with semaphore:
        iterator = function()
        try:
            async for item in iterator:
                yield item
        finally:
            await _close(iterator)


async def process_in_queue(
    items: Iterable[_T],
    function: Callable[Concatenate[_T, _P], Awaitable[_R]],
    *args: _P.args,
    **kwargs: _P.kwargs,
) -> list[_R]:
    """``function(item, ...)`` of every item, 50 at once; results in the order of ``items``.

    Raises:
        ExceptionGroup: after everything, of what was raised.
    """
    calls = [lambda item=item: function(item, *args, **kwargs) for item in items]
    results: list[Any] = await _bounded(calls, 50, keep=True)
    errors = [result for result in results if isinstance(result, _Failure)]
    if errors:
        raise ExceptionGroup(f"{len(errors)} of {len(results)} items failed", [each.error for each in errors])
    return results


async def throttle_batch_operation(
    operations: Sequence[Callable[[], Awaitable[_R]]], concurrency: int = 10
) -> list[_R]:
    """Results in order, with at most ``concurrency`` at once. The first error ends the others and is raised."""
    return await _bounded(operations, concurrency, keep=False)


async def _bounded(calls: Sequence[Callable[[], Awaitable[_R]]], concurrency: int, *, keep: bool) -> list[Any]:
    results: list[Any] = [None] * len(calls)
    waiting = iter(enumerate(calls))

    async def work() -> None:
        for place, call in waiting:
            try:
                results[place] = await call()
            except Exception as error:  # an author's code; kept for the caller, who is told all of them
                if not keep:
                    raise
                results[place] = _Failure(error)

    workers = [asyncio.create_task(work()) for _ in range(min(max(1, concurrency), len(calls)))]
    try:
        await asyncio.gather(*workers)
    finally:
        await _end(workers)
    return results


class _Failure:
    def __init__(self, error: Exception) -> None:
        self.error = error


_END = object()


async def unless_missing(
    pages: AsyncIterator[_T], missing: Callable[[ThirdPartyError], bool], log: FilteringBoundLogger
) -> AsyncGenerator[_T, None]:
    """``pages``, or nothing when their first error says that there is no such thing, as ``missing`` tells. What breaks
    off in the middle is an error all the same."""
    begun = False
    try:
        async for page in pages:
            begun = True
            yield page
    except ThirdPartyError as error:
        if begun or not missing(error):
            raise
        log.info("not_offered", url=error.url, status=error.answered)


async def up_to(pages: AsyncIterator[list[_T]], most: int) -> AsyncGenerator[list[_T], None]:
    """The first ``most`` items of pages; no page beyond them is asked for."""
    async for page in pages:
        yield page[:most]
        most -= len(page)
        if most <= 0:
            return


class _Merged:
    """One task for each iterator, which wait when nobody takes what they have."""

    def __init__(self, iterators: Sequence[AsyncIterator[Any]]) -> None:
        self._queue: asyncio.Queue[Any] = asyncio.Queue(max(2 * len(iterators), _LEAST_BUFFER))
        self._tasks = [asyncio.create_task(self._pump(iterator)) for iterator in iterators]

    async def items(self) -> AsyncIterator[Any]:
        """Items and failures, until all iterators have ended."""
        left = len(self._tasks)
        while left:
            item = await self._queue.get()
            if item is _END:
                left -= 1
            else:
                yield item

    async def aclose(self) -> None:
        """Ends the iterators."""
        await _end(self._tasks)

    async def _pump(self, iterator: AsyncIterator[Any]) -> None:
        try:
            async for item in iterator:
                await self._queue.put(item)
        except Exception as error:  # noqa: BLE001 raised by whoever reads the merged stream
            await self._queue.put(_Failure(error))
        finally:
            await _close(iterator)
        await self._queue.put(_END)


async def _end(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _close(iterator: AsyncIterator[Any]) -> None:
    close = getattr(iterator, "aclose", None)
    if close is not None:
        await close()
