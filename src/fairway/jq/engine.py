"""The engine: compiles programs, runs them in this process when it can and on worker processes when it must."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from fairway.jq.compiler import compile_program
from fairway.jq.errors import JqSyntaxError, NotCompiledError, shorten
from fairway.jq.evaluate import all_compiled, first_compiled
from fairway.jq.limits import Limits
from fairway.jq.pace import Pace
from fairway.jq.program import Program
from fairway.jq.reference import Libjq, Rows
from fairway.jq.result import EMPTY, Result

_DEFAULT = Limits()


class Engine:
    """One per process; its methods may be called from any task of the event loop.

    ``env`` is all that programs see as ``env`` and ``$ENV``: an allow-list by value. Workers start when first needed.
    """

    def __init__(self, *, workers: int = 1, limits: Limits = _DEFAULT, env: Mapping[str, str] | None = None) -> None:
        self._limits = limits
        self._programs: OrderedDict[str, Program] = OrderedDict()
        self._libjq = Libjq(workers, limits, env or {})

    @property
    def limits(self) -> Limits:
        """As given at construction."""
        return self._limits

    @property
    def worker_pids(self) -> list[int]:
        """Process ids of the workers alive now."""
        return self._libjq.pids

    def compile(self, text: str) -> Program:
        """The program for ``text``, from the cache when it was seen before.

        Text outside the compiled subset is checked by libjq in a worker process, which blocks for about two
        milliseconds (and for the start of that worker the first time).

        Raises:
            JqSyntaxError: it is not jq.
        """
        program = self._programs.get(text)
        if program is not None:
            self._programs.move_to_end(text)
            return program
        if len(text) > self._limits.program_chars:
            raise JqSyntaxError(text, f"it is longer than {self._limits.program_chars} characters")
        program = compile_program(text)
        if not program.compiled:
            self._libjq.check(program)
        self._programs[text] = program
        if len(self._programs) > self._limits.cached_programs:
            self._programs.popitem(last=False)
        return program

    async def first(self, program: Program, document: Any) -> Result:
        """The first output of ``program`` for ``document``."""
        return (await self.first_matrix([program], [document]))[0][0]

    async def first_many(self, program: Program, documents: Sequence[Any], pace: Pace | None = None) -> list[Result]:
        """The first output for each document, in order."""
        return [row[0] for row in await self.first_matrix([program], documents, pace)]

    async def first_of_many(self, programs: Sequence[Program], document: Any) -> list[Result]:
        """The first output of each program for one document, in order."""
        return (await self.first_matrix(programs, [document]))[0]

    async def first_matrix(
        self, programs: Sequence[Program], documents: Sequence[Any], pace: Pace | None = None
    ) -> Rows:
        """The first output of each program for each document: a row per document.

        Programs that need libjq run together, so that each document crosses the process border once. ``pace`` is
        given by callers for whom this is a part of something longer.
        """
        rows: Rows = []
        missing: dict[tuple[int, ...], list[int]] = {}
        pace = pace or Pace()
        for at, document in enumerate(documents):
            if pace.due():
                await pace.turn()
            row = [first_compiled(program, document, self._limits) for program in programs]
            if None in row:
                missing.setdefault(tuple(column for column, found in enumerate(row) if found is None), []).append(at)
            rows.append([found or EMPTY for found in row])
        await self._fill(rows, programs, documents, missing)
        return rows

    async def first_by_libjq(self, programs: Sequence[Program], documents: Sequence[Any]) -> Rows:
        """:meth:`first_matrix` on the workers, whether or not the programs are compiled."""
        return await self._libjq.first(programs, documents) if documents else []

    async def _fill(
        self,
        rows: Rows,
        programs: Sequence[Program],
        documents: Sequence[Any],
        missing: Mapping[tuple[int, ...], list[int]],
    ) -> None:
        for columns, places in missing.items():
            needed = [programs[column] for column in columns]
            answers = await self.first_by_libjq(needed, [documents[at] for at in places])
            for at, answer in zip(places, answers, strict=True):
                for column, result in zip(columns, answer, strict=True):
                    rows[at][column] = result

    def first_now(self, program: Program, document: Any) -> Result:
        """:meth:`first` without waiting, for compiled programs.

        In the rare case that the compiled program meets a value whose treatment only libjq knows, this blocks for one
        call of a worker.

        Raises:
            NotCompiledError: the program is outside the compiled subset.
        """
        if not program.compiled:
            raise NotCompiledError(f"`{shorten(program.text)}` is outside the compiled subset; use first()")
        result = first_compiled(program, document, self._limits)
        return result or self._libjq.first_blocking([program], [document])[0][0]

    async def all(self, program: Program, document: Any, limit: int) -> list[Any] | Result:
        """Up to ``limit`` outputs, or the failed result when the program raised on the way there."""
        result = all_compiled(program, document, limit, self._limits)
        if result is None:
            result = await self._libjq.all(program, document, limit)
        return result if result.failed else list(result.value)

    async def aclose(self) -> None:
        """Ends the workers; calls under way are answered with a failed result."""
        await self._libjq.aclose()
