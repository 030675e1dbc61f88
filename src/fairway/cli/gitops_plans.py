"""``fairway gitops plans``, ``approve``, ``discard``, ``journal`` and ``restore``: deletions that wait, and those that
were made. Sections 7.3 and 10.3 of the contract."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fairway.cli.output import emit, run
from fairway.kit.clock import rfc3339

if TYPE_CHECKING:
    from fairway.gitops.ledger.file_store import FileLedger
    from fairway.gitops.ledger.model import HeldPlan, JournalEntry
    from fairway.gitops.sync.engine import Engine
    from fairway.gitops.sync.report import Ends
    from fairway.gitops.sync.settings import SyncSettings


def show_plans(settings: SyncSettings) -> None:
    """Those of the source."""

    async def main() -> None:
        async with _ledger(settings) as store:
            found = await store.plans(settings.source_id)
        for plan in found:
            emit(plan.document(), _plan(plan))
        if not found:
            emit({"plans": 0}, "Nothing is held")

    run(main)


def show_journal(settings: SyncSettings, limit: int) -> None:
    """What was deleted and cleared, newest first."""

    async def main() -> None:
        async with _ledger(settings) as store:
            found = await store.journal(settings.source_id, None, limit)
        for entry in found:
            emit(_document(entry), _entry(entry))
        if not found:
            emit({"entries": 0}, "Nothing was deleted or cleared within 30 days")

    run(main)


def approve(settings: SyncSettings, plan: str) -> None:
    """Carries a plan out."""

    async def main() -> None:
        async with _engine(settings) as engine:
            ends = await engine.approve(plan)
        _ended("approved", plan, ends, f"Plan {plan} was carried out: {ends.due} claims ended")

    run(main)


def discard(settings: SyncSettings, plan: str) -> None:
    """Keeps what a plan would have deleted."""

    async def main() -> None:
        async with _engine(settings) as engine:
            ends = await engine.discard(plan)
        _ended("discarded", plan, ends, f"Plan {plan} was discarded: {ends.orphaned} entities stay")

    run(main)


def restore(settings: SyncSettings, entry: str) -> None:
    """Brings an entity back."""

    async def main() -> None:
        async with _engine(settings) as engine:
            found = await engine.restore(entry)
        emit({"event": "restored", **_document(found)}, f"{found.key} is restored")

    run(main)


@asynccontextmanager
async def _ledger(settings: SyncSettings) -> AsyncIterator[FileLedger]:
    from fairway.gitops.ledger.file_store import FileLedger

    store = FileLedger(settings.state)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def _engine(settings: SyncSettings) -> AsyncIterator[Engine]:
    from fairway.gitops.sync.reconcile import silent
    from fairway.gitops.sync.running import opened

    async with opened(settings, silent, grace=0, environment=os.environ) as engine:
        yield engine


def _ended(event: str, plan: str, ends: Ends, text: str) -> None:
    kept = f"; {ends.orphaned} entities stay, because others relate to them" if event == "approved" else ""
    emit(
        {"event": event, "plan": plan, "due": ends.due, "orphaned": ends.orphaned},
        text + (kept if ends.orphaned else ""),
    )


def _plan(plan: HeldPlan) -> str:
    counts = ", ".join(f"{count} of {name}" for name, count in sorted(plan.by_blueprint.items()))
    lines = [
        f"{plan.id} of {rfc3339(plan.created_at)}: deletes {plan.deletes}, clears {plan.clears} ({counts})",
        *(f"  because {reason}" for reason in plan.reasons),
        *(f"  {key}" for key in plan.keys[:20]),
    ]
    return "\n".join([*lines, f"  and {len(plan.keys) - 20} more"] if len(plan.keys) > 20 else lines)


def _entry(entry: JournalEntry) -> str:
    restored = "" if entry.restored_at is None else f", restored {rfc3339(entry.restored_at)}"
    return f"{entry.id} {rfc3339(entry.at)} {entry.effect.value} {entry.key}: {entry.reason}{restored}"


def _document(entry: JournalEntry) -> dict[str, object]:
    return {
        "id": entry.id,
        "at": rfc3339(entry.at),
        "effect": entry.effect.value,
        "blueprint": entry.key.blueprint,
        "identifier": entry.key.identifier,
        "reason": entry.reason,
        "restoredAt": None if entry.restored_at is None else rfc3339(entry.restored_at),
    }
