"""SQL of sources, passes, deliveries and notices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import case, delete, func, insert, select, update

from fairway.gitops.diagnostics import Severity
from fairway.gitops.ledger.model import ClaimState, RepositoryState
from fairway.portal.sources.gitops import ledger_rows
from fairway.portal.sources.gitops.model import Outcome, PassRecord, SourceTotals
from fairway.portal.sources.gitops.tables import (
    gitops_claim,
    gitops_delivery,
    gitops_ledger_source,
    gitops_notice,
    gitops_pass,
    gitops_plan,
    gitops_repository,
    gitops_source,
)
from fairway.portal.storage import Tx

KEPT_PASSES = 50
_DELIVERY_MS = 7 * 86_400_000


async def sources(tx: Tx) -> Sequence[Any]:
    """Every source, oldest first."""
    return await tx.rows(select(gitops_source).order_by(gitops_source.c.created_at, gitops_source.c.id))


async def source(tx: Tx, source_id: str) -> Any | None:
    """One source."""
    return await tx.row(select(gitops_source).where(gitops_source.c.id == source_id))


async def insert_source(tx: Tx, values: Mapping[str, Any]) -> None:
    """Stores a new source."""
    await tx.run(insert(gitops_source).values(**values))


async def update_source(tx: Tx, source_id: str, **values: Any) -> None:
    """Changes columns of a source."""
    await tx.run(update(gitops_source).where(gitops_source.c.id == source_id).values(**values))


async def count_event(tx: Tx, source_id: str, now: int) -> None:
    """Notes an event that was authentic."""
    columns = gitops_source.c
    await tx.run(
        update(gitops_source)
        .where(columns.id == source_id)
        .values(accepted=columns.accepted + 1, last_event_at=now)
    )  # fmt: skip


async def count_refusals(tx: Tx, source_id: str, number: int, now: int) -> None:
    """Notes events that were not."""
    columns = gitops_source.c
    await tx.run(
        update(gitops_source)
        .where(columns.id == source_id)
        .values(refused=columns.refused + number, last_bad_signature_at=now)
    )


async def remove_source(tx: Tx, source_id: str) -> None:
    """Forgets a source and what was kept of its passes and events; its ledger has been emptied before."""
    for table in (gitops_pass, gitops_delivery, gitops_notice, gitops_ledger_source):
        await tx.run(delete(table).where(table.c.source == source_id))
    await tx.run(delete(gitops_source).where(gitops_source.c.id == source_id))


async def with_pending_claims(tx: Tx) -> list[str]:
    """Sources at work that have something to write."""
    pending = select(gitops_claim.c.source).where(gitops_claim.c.state == ClaimState.PENDING.value)
    columns = gitops_source.c
    works = (columns.id.in_(pending), columns.enabled, columns.removal.is_(None))
    return [row.id for row in await tx.rows(select(columns.id).where(*works))]


async def totals(tx: Tx, only: str | None = None) -> dict[str, SourceTotals]:
    """Held plans and problems, by source."""
    plans = await _counts(tx, gitops_plan, only, n=func.count())
    repository, claim = gitops_repository.c, gitops_claim.c
    files = await _counts(
        tx, gitops_repository, only, e=func.sum(repository.errors), w=func.sum(repository.warnings)
    )  # fmt: skip
    claims = await _counts(
        tx, gitops_claim, only, e=func.sum(_is(claim.severity, Severity.ERROR)),
        w=func.sum(_is(claim.severity, Severity.WARNING)),
    )  # fmt: skip
    found = {}
    for name in {*plans, *files, *claims}:
        both = [each[name] for each in (files, claims) if name in each]
        errors, warnings = (sum(int(getattr(each, field) or 0) for each in both) for field in "ew")
        found[name] = SourceTotals(int(plans[name].n) if name in plans else 0, errors, warnings)
    return found


def _is(column: Any, severity: Severity) -> Any:
    return case((column == severity.value, 1), else_=0)


async def _counts(tx: Tx, table: Any, only: str | None, **wanted: Any) -> dict[str, Any]:
    statement = select(table.c.source, *(each.label(name) for name, each in wanted.items())).group_by(table.c.source)
    if only is not None:
        statement = statement.where(table.c.source == only)
    return {row.source: row for row in await tx.rows(statement)}


async def open_pass(tx: Tx, source_id: str) -> PassRecord | None:
    """The pass that has not ended."""
    columns = gitops_pass.c
    statement = select(gitops_pass).where(columns.source == source_id, columns.ended_at.is_(None))
    row = await tx.row(statement.order_by(columns.started_at.desc()).limit(1))
    return None if row is None else _pass(row)


async def put_pass(tx: Tx, record: PassRecord) -> None:
    """Stores a pass, and forgets those that are too old."""
    values = {
        "id": record.id, "source": record.source, "started_at": record.started_at, "ended_at": record.ended_at,
        "status": record.status.value, "document": dict(record.document),
    }  # fmt: skip
    await tx.upsert(gitops_pass, values, ["id"])
    if record.ended_at is None:
        return
    columns = gitops_pass.c
    newest = select(columns.id).where(columns.source == record.source)
    kept = newest.order_by(columns.started_at.desc(), columns.id.desc()).limit(KEPT_PASSES)
    await tx.run(delete(gitops_pass).where(columns.source == record.source, columns.id.not_in(kept)))


async def passes(tx: Tx, source_id: str, limit: int) -> list[PassRecord]:
    """The newest passes."""
    columns = gitops_pass.c
    statement = select(gitops_pass).where(columns.source == source_id)
    ordered = statement.order_by(columns.started_at.desc(), columns.id.desc()).limit(limit)
    return [_pass(row) for row in await tx.rows(ordered)]


async def last_passes(tx: Tx, only: str | None = None) -> dict[str, PassRecord]:
    """The newest pass of each source."""
    columns = gitops_pass.c
    newest = select(columns.source, func.max(columns.started_at).label("at")).group_by(columns.source)
    if only is not None:
        newest = newest.where(columns.source == only)
    found = newest.subquery()
    statement = select(gitops_pass).join(found, (columns.source == found.c.source) & (columns.started_at == found.c.at))
    return {row.source: _pass(row) for row in await tx.rows(statement.order_by(columns.id))}


def _pass(row: Any) -> PassRecord:
    return PassRecord(row.id, row.source, row.started_at, row.ended_at, Outcome(row.status), row.document)


async def first_delivery(tx: Tx, source_id: str, delivery: str, now: int) -> bool:
    """Whether an event is new; it is not, after this."""
    values = {"source": source_id, "delivery": delivery, "received_at": now}
    return await tx.insert_ignore(gitops_delivery, values)


async def forget_deliveries(tx: Tx, source_id: str, now: int) -> None:
    """Forgets events of more than 7 days ago."""
    columns = gitops_delivery.c
    old = columns.received_at < now - _DELIVERY_MS
    await tx.run(delete(gitops_delivery).where(columns.source == source_id, old))


async def notice(tx: Tx, notice_id: str) -> Any | None:
    """What events said of a repository or pull request."""
    return await tx.row(select(gitops_notice).where(gitops_notice.c.id == notice_id))


async def put_notice(tx: Tx, values: Mapping[str, Any]) -> None:
    """Stores what events said."""
    await tx.upsert(gitops_notice, dict(values), ["id"])


async def drop_notice(tx: Tx, notice_id: str, version: int | None = None) -> bool:
    """Forgets it; false when more events have come since ``version``."""
    where = [gitops_notice.c.id == notice_id]
    if version is not None:
        where.append(gitops_notice.c.version == version)
    return await tx.run(delete(gitops_notice).where(*where)) > 0


async def claim_counts(tx: Tx, source_id: str) -> dict[str, int]:
    """A source's claims by state, and how many of all of them are ``stale``."""
    columns = gitops_claim.c
    stale = func.sum(case((columns.stale, 1), else_=0))
    statement = select(columns.state, func.count().label("n"), stale.label("stale")).where(columns.source == source_id)
    rows = await tx.rows(statement.group_by(columns.state))
    return {**{row.state: int(row.n) for row in rows}, "stale": sum(int(row.stale or 0) for row in rows)}


async def repositories_behind(tx: Tx, source_id: str, after: str, limit: int) -> list[RepositoryState]:
    """A page of a source's repositories, behind the key ``after``."""
    columns = gitops_repository.c
    statement = select(gitops_repository).where(columns.source == source_id, columns.key > after)
    return [ledger_rows.repository_of(row) for row in await tx.rows(statement.order_by(columns.key).limit(limit))]


async def latest_orphan(tx: Tx, source_id: str) -> int | None:
    """When the last of a source's orphaned claims became one, in milliseconds."""
    columns = gitops_claim.c
    orphans = (columns.source == source_id, columns.state == ClaimState.ORPHANED.value)
    found = await tx.scalar(select(func.max(columns.orphaned_since)).where(*orphans))
    return None if found is None else int(found)
