"""libjq as a service: checks programs, evaluates them on worker processes and turns answers into results."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from fairway.jq import codec, source
from fairway.jq.errors import JqSyntaxError
from fairway.jq.limits import Limits
from fairway.jq.pool import WorkerPool
from fairway.jq.program import Program
from fairway.jq.reading import prune
from fairway.jq.result import Result, failure, overrun

Rows = list[list[Result]]
T = TypeVar("T")


class Libjq:
    """The reference implementation behind a process border.

    Checks and blocking calls have a worker of their own, so that a runaway program of somebody else cannot hold up the
    event loop.
    """

    def __init__(self, workers: int, limits: Limits, env: Mapping[str, str]) -> None:
        self._limits = limits
        self._shell = source.prelude(env)
        self._pool = WorkerPool(limits)
        self._checker = WorkerPool(limits)
        self._threads = ThreadPoolExecutor(max(1, workers), thread_name_prefix="fairway-jq")
        self._waiting = 0
        self._closed = False

    @property
    def pids(self) -> list[int]:
        """Process ids of the living workers."""
        return self._pool.pids + self._checker.pids

    def check(self, program: Program) -> None:
        """Raises :class:`JqSyntaxError` unless libjq compiles ``program``, alone and in its shell."""
        if "\0" in program.source:
            raise JqSyntaxError(program.text, "it holds a NUL character")
        shelled = source.first_outputs(self._shell, [program.source])
        verdict = self._checker.check([source.alone(program.source), shelled])
        text = verdict[1:].decode(errors="replace")
        if verdict[:1] == b"e":
            raise JqSyntaxError(program.text, source.reason(text))
        if verdict[:1] == b"l":
            raise JqSyntaxError(program.text, f"compiling it went over a limit: {text}")

    async def first(self, programs: Sequence[Program], documents: Sequence[Any]) -> Rows:
        """The first output of each program, a row per document."""
        return await self._in_thread(
            lambda: self._first(self._pool, programs, documents),
            lambda result: [[result] * len(programs) for _ in documents],
        )

    def first_blocking(self, programs: Sequence[Program], documents: Sequence[Any]) -> Rows:
        """:meth:`first` for callers that cannot wait."""
        return self._first(self._checker, programs, documents)

    async def all(self, program: Program, document: Any, limit: int) -> Result:
        """Up to ``limit`` outputs as the value of one result."""
        text = source.all_outputs(self._shell, program.source, limit)
        return await self._in_thread(
            lambda: self._evaluate(self._pool, text, [document], 1)[0][0], lambda result: result
        )

    async def aclose(self) -> None:
        """Ends the workers; calls under way are answered with a failed result."""
        self._closed = True
        self._pool.close()
        self._checker.close()
        await asyncio.to_thread(self._threads.shutdown)

    async def _in_thread(self, call: Callable[[], T], refused: Callable[[Result], T]) -> T:
        if self._closed:
            return refused(overrun("the expression engine is closed"))
        if self._waiting >= self._limits.waiting_calls:
            return refused(overrun("too many expressions are waiting for a worker"))
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        finally:
            self._waiting -= 1

    def _first(self, pool: WorkerPool, programs: Sequence[Program], documents: Sequence[Any]) -> Rows:
        text = source.first_outputs(self._shell, [program.source for program in programs])
        reads = [program.reads for program in programs]
        seen = documents if None in reads else [prune(document, reads) for document in documents]
        rows = self._evaluate(pool, text, seen, len(programs))
        return rows if len(programs) == 1 else self._blame(pool, programs, documents, rows)

    def _blame(self, pool: WorkerPool, programs: Sequence[Program], documents: Sequence[Any], rows: Rows) -> Rows:
        """Where several programs overran together, runs each alone, so that only the culprit fails."""
        overran = [at for at, row in enumerate(rows) if row[0].kind == "limit"]
        for at in overran[: self._limits.overruns_per_batch]:
            rows[at] = [self._first(pool, [program], [documents[at]])[0][0] for program in programs]
        return rows

    def _evaluate(self, pool: WorkerPool, text: str, documents: Sequence[Any], width: int) -> Rows:
        rows: Rows = [[] for _ in documents]
        sent: list[bytes] = []
        places: list[int] = []
        for at, document in enumerate(documents):
            try:
                sent.append(codec.encode(document))
                places.append(at)
            except ValueError as error:
                rows[at] = [failure(str(error))] * width
        for at, answer in zip(places, pool.evaluate(text, sent), strict=True):
            rows[at] = codec.results(answer, width, self._limits.output_bytes)
        return rows
