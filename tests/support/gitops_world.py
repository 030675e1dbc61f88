"""An engine between a forge and a catalog, both in memory, with a ledger and a clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from fairway.gitops.ledger.file_store import FileLedger
from fairway.gitops.ledger.model import Claim, ClaimState
from fairway.gitops.model import EntityKey
from fairway.gitops.options import SourceOptions
from fairway.gitops.sync import DeltaReport, Engine, Hint, PassReport, Patience
from fairway.kit.clock import ManualClock
from support.gitops_memory_catalog import MemoryCatalog
from support.gitops_memory_forge import MemoryForge

ONE_SHOT = SourceOptions(deletion_grace_seconds=0)


def spec(*entities: dict[str, Any] | str, **properties: Any) -> str:
    """A spec file: of whole definitions, or of services of these names with the same properties."""
    documents = [
        each if isinstance(each, dict) else {"identifier": each, "blueprint": "service", "properties": properties}
        for each in entities
    ]
    return yaml.safe_dump(documents, sort_keys=False)


class World:
    """What a test moves."""

    def __init__(self, store: FileLedger, options: SourceOptions) -> None:
        self.store = store
        self.options = options
        self.forge = MemoryForge()
        self.catalog = MemoryCatalog()
        self.clock = ManualClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
        self.engine = self.restart()

    def restart(self, **changes: Any) -> Engine:
        """A new process, with other options when asked."""
        self.options = replace(self.options, **changes)
        self.engine = Engine(
            "git", self.forge, self.catalog, self.store, self.options, self.clock, patience=Patience(0.01, 0.1)
        )
        return self.engine

    def push(self, label: str, files: dict[str, str | bytes | None] | str | None) -> str:
        """A commit; the repository is made when there is none. Text is the content of ``port.yml``."""
        found = self.forge.repositories.by_label.get(label) or self.forge.repositories.add(label)
        return found.commit(files if isinstance(files, dict) else {"port.yml": files})

    async def reconcile(self, *, minutes: float = 61) -> PassReport:
        """A pass, an hour after what was before."""
        self.clock.advance(minutes=minutes)
        return await self.engine.reconcile()

    async def delta(self, label: str, hint: Hint | None = None) -> DeltaReport:
        """An event."""
        self.clock.advance(seconds=1)
        return await self.engine.delta(label, hint)

    async def claims(self, blueprint: str, identifier: str) -> list[Claim]:
        """All claims on an entity."""
        return list(await self.store.claims([EntityKey(blueprint, identifier)]))

    async def state(self, identifier: str, blueprint: str = "service") -> ClaimState:
        """That of its only claim."""
        (claim,) = await self.claims(blueprint, identifier)
        return claim.state

    def has(self, identifier: str, blueprint: str = "service") -> bool:
        """Whether the catalog has it."""
        return EntityKey(blueprint, identifier) in self.catalog.entities

    def value(self, identifier: str, name: str, blueprint: str = "service") -> Any:
        """A property or relation."""
        stored = self.catalog.entities[EntityKey(blueprint, identifier)]
        return stored.properties.get(name, stored.relations.get(name))


@asynccontextmanager
async def world(path: Path | None = None, options: SourceOptions = ONE_SHOT) -> AsyncIterator[World]:
    """A world with an empty ledger."""
    store = FileLedger(path)
    await store.open()
    try:
        yield World(store, options)
    finally:
        await store.close()
