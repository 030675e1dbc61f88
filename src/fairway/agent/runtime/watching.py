"""Notices changed files: the mapping file and secrets take effect without a restart."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fairway.agent.assembly import read_mappings
from fairway.agent.execute import Executor
from fairway.agent.identity import Identity
from fairway.agent.mapping.problems import MappingInvalid
from fairway.kit.logs import get_logger

_SECONDS = 1.0

log = get_logger(__name__)


class Watcher:
    """Looks every second. A mapping file that is wrong leaves the ones in force where they are."""

    def __init__(self, identity: Identity, executor: Executor, path: Path | None) -> None:
        self._identity = identity
        self._executor = executor
        self._path = path
        self._stamp = _stamp(path)

    async def run(self) -> None:
        """Watches until cancelled."""
        while True:
            await asyncio.sleep(_SECONDS)
            self.look()

    def look(self) -> None:
        """Looks now."""
        environment = self._identity.environment
        secrets = self._identity.reload()
        for problem in environment.problems:
            log.warning("secret_unreadable", problem=problem)
        stamp = _stamp(self._path)
        if not secrets and stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            mappings = read_mappings(self._identity.settings, environment)
        except MappingInvalid as error:
            log.error("mapping_refused", problem=error.message)
            return
        for warning in mappings.warnings:
            log.warning("mapping_warning", file=mappings.where, problem=warning)
        self._executor.replace(mappings)
        log.info("reloaded", secrets=secrets, mapping=mappings.where)


def _stamp(path: Path | None) -> tuple[int, int, int]:
    """Changes when the file does, or when a link to it points elsewhere (as Kubernetes mounts do)."""
    if path is None:
        return 0, 0, 0
    try:
        state = path.stat()
    except OSError:
        return 0, 0, 0
    return state.st_mtime_ns, state.st_size, state.st_ino
