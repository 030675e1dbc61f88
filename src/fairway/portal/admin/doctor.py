"""Checks of an installation, each with what to do when it fails."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select

from fairway.kit.clock import Clock, to_millis
from fairway.kit.crypto import SecretBox
from fairway.kit.errors import FairwayError
from fairway.kit.settings import Settings
from fairway.portal.access.bootstrap import KEY_CHECK, load_identity
from fairway.portal.storage.database import Database, open_database
from fairway.portal.storage.outbox import Cursor, after
from fairway.portal.storage.tables import consumer, dead_job, event, job, marker
from fairway.portal.storage.tx import Tx

_LOW_DISK = 1 << 30
_LATE_MS = 300_000

Verdict = Literal["ok", "warning", "failure"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw."""

    check: str
    verdict: Verdict
    text: str


async def examine(settings: Settings, clock: Clock) -> list[Finding]:
    """All checks; those of the database only when it opens. Changes nothing."""
    findings = [_secrets_are_private(settings), _disk_has_room(settings)]
    try:
        db = await open_database(settings, migrate=False)
    except (FairwayError, OSError) as error:
        return [*findings, Finding("database", "failure", f"cannot be opened: {error}")]
    checks: tuple[tuple[str, Callable[[Tx], Awaitable[Finding]]], ...] = (
        ("database", _database_is_whole),
        ("secret key", lambda tx: _key_fits(tx, settings)),
        ("background work", lambda tx: _work_keeps_up(tx, to_millis(clock.now()))),
        ("dead jobs", _no_dead_jobs),
    )
    try:
        findings.extend([await _guarded(db, name, check) for name, check in checks])
    finally:
        await db.close()
    return findings


async def _guarded(db: Database, name: str, check: Callable[[Tx], Awaitable[Finding]]) -> Finding:
    async def work(tx: Tx) -> Finding:
        return await check(tx)

    try:
        return await db.read(work)
    except Exception as error:  # noqa: BLE001 a check that breaks is a finding, whatever broke it
        return Finding(name, "failure", str(error).splitlines()[0])


def _secrets_are_private(settings: Settings) -> Finding:
    open_files = [
        path.name
        for path in (settings.data_dir / "secret.key", settings.data_dir / "identity.json")
        if path.exists() and path.stat().st_mode & 0o077
    ]
    if open_files:
        return Finding("data dir", "failure", f"others may read {', '.join(open_files)}: chmod 600 them")
    return Finding("data dir", "ok", f"{settings.data_dir} keeps its secrets to its owner")


def _disk_has_room(settings: Settings) -> Finding:
    folder = settings.data_dir if settings.data_dir.exists() else settings.data_dir.absolute().parent
    free = shutil.disk_usage(folder).free
    verdict: Verdict = "ok" if free > _LOW_DISK else "warning"
    return Finding("disk", verdict, f"{free / (1 << 30):.1f} GiB free")


async def _database_is_whole(tx: Tx) -> Finding:
    if tx.dialect == "sqlite":
        problems = [str(row[0]) for row in await tx.raw("PRAGMA quick_check(5)") if row[0] != "ok"]
        if problems:
            return Finding("database", "failure", "; ".join(problems))
    newest = await tx.scalar(select(func.max(event.c.id)))
    return Finding("database", "ok", f"{tx.dialect}, {newest or 0} events so far")


async def _key_fits(tx: Tx, settings: Settings) -> Finding:
    sealed = await tx.scalar(select(marker.c.value).where(marker.c.name == KEY_CHECK))
    if sealed is None:
        return Finding("secret key", "ok", "no portal has been started on this database yet")
    SecretBox(load_identity(settings).secret_key).open(sealed, KEY_CHECK)
    return Finding("secret key", "ok", "opens what this database has sealed")


async def _work_keeps_up(tx: Tx, now: int) -> Finding:
    late = await tx.scalar(select(func.count()).select_from(job).where(job.c.due_at < now - _LATE_MS)) or 0
    behind = []
    for row in await tx.rows(select(consumer)):
        waiting = select(event.c.at).where(after(Cursor(row.txid, row.event_id))).order_by(event.c.txid, event.c.id)
        oldest = await tx.scalar(waiting.limit(1))
        if oldest is not None and oldest < now - _LATE_MS:
            behind.append(row.name)
    if late or behind:
        text = f"{late} jobs overdue; consumers behind: {', '.join(behind) or 'none'}. Is a worker running?"
        return Finding("background work", "warning", text)
    return Finding("background work", "ok", "nothing has waited for five minutes")


async def _no_dead_jobs(tx: Tx) -> Finding:
    count = await tx.scalar(select(func.count()).select_from(dead_job)) or 0
    if count:
        return Finding("dead jobs", "warning", f"{count} jobs ran out of attempts; see table dead_job")
    return Finding("dead jobs", "ok", "none")
