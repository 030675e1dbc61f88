"""The mappings in force: entries and the engine that evaluates them, replaced together when the file changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from fairway.agent.mapping.default import DEFAULT
from fairway.agent.mapping.environment import expression_environment
from fairway.agent.mapping.model import Entry
from fairway.agent.mapping.problems import MappingInvalid
from fairway.agent.mapping.reader import MappingFile, build_mappings, parse_mappings
from fairway.jq import Engine

BUILT_IN = "(built in)"


class Mappings:
    """Compiled entries. Work that holds them (:meth:`held`) can finish with them after :meth:`retire`."""

    def __init__(self, file: MappingFile, engine: Engine, *, where: str, env: Mapping[str, str]) -> None:
        self.where = where
        self.warnings = file.warnings
        self.entries: tuple[Entry, ...] = file.entries
        self.engine = engine
        self.env = env
        self.environment = file.environment
        self._holders = 0
        self._free = asyncio.Event()
        self._free.set()

    @asynccontextmanager
    async def held(self) -> AsyncIterator[Mappings]:
        """Keeps the engine open meanwhile."""
        self._holders += 1
        self._free.clear()
        try:
            yield self
        finally:
            self._holders -= 1
            if not self._holders:
                self._free.set()

    async def retire(self) -> None:
        """Closes the engine when nobody holds it any more."""
        await self._free.wait()
        await self.engine.aclose()


def load_mappings(
    path: Path | None, environment: Mapping[str, str], *, expose_secret: bool = False, workers: int = 1
) -> Mappings:
    """The mappings of a file, or the built-in ones without a path.

    Raises:
        MappingInvalid: the file is missing or wrong; every problem is listed.
    """
    env = expression_environment(environment, expose_secret=expose_secret)
    engine = Engine(workers=workers, env=env)
    if path is None:
        return Mappings(build_mappings(DEFAULT, engine, where=BUILT_IN, env=env), engine, where=BUILT_IN, env=env)
    try:
        text = path.read_bytes()
    except OSError as error:
        raise MappingInvalid(str(path), [f"it cannot be read: {error.strerror}"]) from None
    file = parse_mappings(text, engine, where=str(path), env=env)
    return Mappings(file, engine, where=str(path), env=env)
