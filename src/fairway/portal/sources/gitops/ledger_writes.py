"""Writing the ledger, inside a transaction of the caller's."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, update

from fairway.gitops.ledger import records
from fairway.gitops.ledger.model import Claim, ClaimId, JournalEntry, Listed, RepositoryState
from fairway.gitops.ledger.store import Changes
from fairway.portal.sources.gitops import ledger_rows as rows
from fairway.portal.sources.gitops.tables import (
    gitops_claim,
    gitops_journal,
    gitops_lease,
    gitops_plan,
    gitops_repository,
    gitops_waiting,
)
from fairway.portal.storage import Tx


async def commit(tx: Tx, changes: Changes) -> None:
    """All of ``changes``."""
    await _put_claims(tx, changes.claims)
    await _drop_claims(tx, changes.dropped)
    await _put_repositories(tx, changes.repositories)
    forgotten = [(rows.repository_key(*each),) for each in changes.forgotten]
    await tx.delete_many(gitops_repository, ("key",), forgotten)
    await _put_journal(tx, changes.journal)
    await tx.delete_many(gitops_journal, ("id",), [(each,) for each in changes.erased])
    gone = [*changes.settled, *(each.id for each in changes.plans)]
    await tx.delete_many(gitops_plan, ("id",), [(each,) for each in gone])
    plans = [(each.id, each.source, records.plan_data(each).decode()) for each in changes.plans]
    await tx.insert_many(gitops_plan, ("id", "source", "data"), plans)


async def _put_claims(tx: Tx, claims: Sequence[Claim]) -> None:
    last = {each.owner: each for each in claims}.values()
    await _drop_claims(tx, [each.owner for each in last])
    await tx.insert_many(gitops_claim, rows.CLAIM, [rows.claim_row(each) for each in last])
    await tx.insert_many(gitops_waiting, ("target_key", "claim_key"), rows.waiting_rows(last))


async def _drop_claims(tx: Tx, owners: Sequence[ClaimId]) -> None:
    keys = [(rows.claim_key(each),) for each in owners]
    await tx.delete_many(gitops_waiting, ("claim_key",), keys)
    await tx.delete_many(gitops_claim, ("key",), keys)


async def _put_repositories(tx: Tx, states: Sequence[RepositoryState]) -> None:
    made = [dict(zip(rows.REPOSITORY, rows.repository_row(each), strict=True)) for each in states]
    table = gitops_repository
    found = select(table.c.key, table.c.checked).where(tx.any_of(table.c.key, [each["key"] for each in made]))
    known = {row.key: row.checked for row in await tx.rows(found)}
    fresh = [tuple(each.values()) for each in made if each["key"] not in known]
    columns = tuple(name for name in rows.REPOSITORY if name not in rows.OF_THE_PASS)
    changed = []
    for each in made:
        if each["key"] in known:
            each["checked"] = max(each["checked"], known[each["key"]])
            changed.append((*(each[name] for name in columns), each["key"]))
    await tx.insert_many(table, rows.REPOSITORY, fresh)
    await tx.update_many(table, columns, changed)


async def _put_journal(tx: Tx, entries: Sequence[JournalEntry]) -> None:
    table = gitops_journal
    found = await tx.rows(select(table.c.id).where(tx.any_of(table.c.id, [each.id for each in entries])))
    known = {row.id for row in found}
    fresh = [each for each in entries if each.id not in known]
    numbers = await tx.allocate_ids("gitops_journal", len(fresh)) if fresh else []
    made = [rows.journal_row(number, each) for number, each in zip(numbers, fresh, strict=True)]
    await tx.insert_many(table, rows.JOURNAL, made)
    for each in entries:
        if each.id in known:
            await tx.run(update(table).where(table.c.id == each.id).values(restored_at=each.restored_at))


async def listed(tx: Tx, source: str, generation: int, found: Sequence[Listed]) -> None:
    """A page of a listing."""
    table = gitops_repository
    by_key = {rows.repository_key(source, each.id): each for each in found}
    statement = select(table.c.key).where(tx.any_of(table.c.key, list(by_key)))
    known = {row.key for row in await tx.rows(statement)}
    columns = ("label", "folded", "url", "listed", "excluded", "missing_since", "missed")
    changed = [
        (*_listed(each), generation, each.excluded, None, 0, key) for key, each in by_key.items() if key in known
    ]
    await tx.update_many(table, columns, changed)
    states = [
        RepositoryState(source, each.id, each.label, each.url, listed=generation, excluded=each.excluded)
        for key, each in by_key.items()
        if key not in known
    ]
    await tx.insert_many(table, rows.REPOSITORY, [rows.repository_row(each) for each in states])


def _listed(found: Listed) -> tuple[str | None, str | None, str | None]:
    return rows.text(found.label), rows.text(rows.fold(found.label)), rows.text(found.url)


async def checked(tx: Tx, source: str, generation: int, ids: Sequence[str], now: int) -> None:
    """These repositories were looked at, and nothing was new."""
    columns = gitops_repository.c
    values = {"problem": None, "last_attempt": now, "last_success": now}
    keys = [rows.repository_key(source, each) for each in ids]
    here = tx.any_of(columns.key, keys)
    await tx.run(update(gitops_repository).where(here).values(**values))
    await tx.run(update(gitops_repository).where(here, columns.checked < generation).values(checked=generation))


async def take_lease(tx: Tx, name: str, holder: str, now: int, until: int) -> bool:
    """Takes or renews a lease; false while another holder has it."""
    columns = gitops_lease.c
    if await tx.insert_ignore(gitops_lease, {"name": name, "holder": holder, "until": until}):
        return True
    free = (columns.holder == holder) | (columns.until <= now)
    statement = update(gitops_lease).where(columns.name == name, free)
    return await tx.run(statement.values(holder=holder, until=until)) > 0


async def release_lease(tx: Tx, name: str, holder: str) -> None:
    """Gives a lease back."""
    await tx.run(delete(gitops_lease).where(gitops_lease.c.name == name, gitops_lease.c.holder == holder))


async def purge(tx: Tx, source: str, before: int) -> int:
    """Forgets journal entries older than an instant."""
    columns = gitops_journal.c
    return await tx.run(delete(gitops_journal).where(columns.source == source, columns.at < before))


async def forget(tx: Tx, source: str, *, labels: bool) -> None:
    """Everything that the ledger knows of a source, but for claims; ``labels``: those of repositories, too."""
    for table in (gitops_plan, gitops_journal, *((gitops_repository,) if labels else ())):
        await tx.run(delete(table).where(table.c.source == source))
