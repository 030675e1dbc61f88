"""The ledger in the portal's database. Section 7.1 of the contract."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.sql import ColumnElement

from fairway.gitops.ledger import records
from fairway.gitops.ledger.model import (
    Claim,
    ClaimState,
    HeldPlan,
    JournalEntry,
    Listed,
    RepositoryState,
    SourceState,
)
from fairway.gitops.ledger.store import Changes, ClaimFigures
from fairway.gitops.model import EntityKey
from fairway.portal.sources.gitops import ledger_rows as rows
from fairway.portal.sources.gitops import ledger_writes as writes
from fairway.portal.sources.gitops.tables import (
    gitops_claim,
    gitops_journal,
    gitops_ledger_source,
    gitops_plan,
    gitops_repository,
    gitops_waiting,
)
from fairway.portal.storage import Database, Tx


class DatabaseLedger:
    """A :class:`~fairway.gitops.ledger.store.LedgerStore`; all sources of a process share one."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def lease(self, name: str, holder: str, now: int, until: int) -> bool:
        return await self._db.write(lambda tx: writes.take_lease(tx, name, holder, now, until))

    async def release(self, name: str, holder: str) -> None:
        await self._db.write(lambda tx: writes.release_lease(tx, name, holder))

    async def source(self, source: str) -> SourceState:
        table = gitops_ledger_source
        row = await self._db.read(lambda tx: tx.row(select(table).where(table.c.source == source)))
        return SourceState(source) if row is None else records.source_of(row.data.encode(), row.report.encode())

    async def save_source(self, state: SourceState) -> None:
        values = {
            "source": state.source, "data": records.source_data(state).decode(), "report": state.report.decode(),
        }  # fmt: skip
        await self._db.write(lambda tx: tx.upsert(gitops_ledger_source, values, ["source"]))

    async def repositories(self, source: str, ids: Collection[str]) -> Mapping[str, RepositoryState]:
        keys = [rows.repository_key(source, each) for each in ids]
        found = await self._repositories(lambda tx: [tx.any_of(gitops_repository.c.key, keys)])
        return {each.id: each for each in found}

    async def named(self, source: str, label: str) -> RepositoryState | None:
        columns, folded = gitops_repository.c, rows.fold(label)
        found = await self._repositories(lambda tx: [columns.source == source, columns.folded == folded])
        return next((each for each in found if each.label.lower() == label.lower()), None)

    async def _repositories(self, where: Any, limit: int | None = None) -> list[RepositoryState]:
        async def work(tx: Tx) -> Sequence[Any]:
            statement = select(gitops_repository).where(*where(tx)).order_by(gitops_repository.c.id).limit(limit)
            return await tx.rows(statement)

        return [rows.repository_of(row) for row in await self._db.read(work)]

    async def listed(self, source: str, generation: int, found: Sequence[Listed]) -> None:
        await self._db.write(lambda tx: writes.listed(tx, source, generation, found))

    async def checked(self, source: str, generation: int, ids: Collection[str], now: int) -> None:
        known = list(ids)
        await self._db.write(lambda tx: writes.checked(tx, source, generation, known, now))

    async def failed(self, source: str, repository: str, problem: str, now: int) -> None:
        values = {"problem": rows.text(problem), "last_attempt": now}
        await self._update(source, repository, values)

    async def missed(self, source: str, repository: str, since: int | None, count: int) -> None:
        await self._update(source, repository, {"missing_since": since, "missed": count})

    async def _update(self, source: str, repository: str, values: dict[str, Any]) -> None:
        here = gitops_repository.c.key == rows.repository_key(source, repository)
        await self._db.write(lambda tx: tx.run(update(gitops_repository).where(here).values(**values)))

    async def unlisted(self, source: str, generation: int, after: str, limit: int) -> Sequence[RepositoryState]:
        columns = gitops_repository.c
        gone = (columns.listed < generation) | columns.excluded
        return await self._repositories(lambda tx: [columns.source == source, columns.id > after, gone], limit)

    async def claims_of(self, source: str, repositories: Collection[str]) -> Sequence[Claim]:
        keys = [rows.repository_key(source, each) for each in repositories]
        return await self._claims(lambda tx: [tx.any_of(gitops_claim.c.repository_key, keys)])

    async def claims(self, keys: Collection[EntityKey]) -> Sequence[Claim]:
        wanted = [rows.entity_key(each) for each in keys]
        return await self._claims(lambda tx: [tx.any_of(gitops_claim.c.entity_key, wanted)])

    async def waiting(self, keys: Collection[EntityKey]) -> Sequence[Claim]:
        wanted = [rows.entity_key(each) for each in keys]
        columns = gitops_waiting.c

        def where(tx: Tx) -> list[ColumnElement[bool]]:
            return [gitops_claim.c.key.in_(select(columns.claim_key).where(tx.any_of(columns.target_key, wanted)))]

        return await self._claims(where)

    async def page(
        self, source: str, states: Collection[ClaimState], after: EntityKey | None, limit: int
    ) -> Sequence[Claim]:
        columns, start = gitops_claim.c, "" if after is None else rows.entity_key(after)
        names = sorted(each.value for each in states)
        where = [columns.source == source, columns.state.in_(names), columns.entity_key > start]
        found = await self._claims(lambda tx: where, limit + 1)
        if len(found) <= limit:
            return found
        whole = [each for each in found if each.key != found[-1].key]
        if whole:
            return whole
        same = [columns.source == source, columns.state.in_(names), columns.entity_key == rows.entity_key(found[0].key)]
        return await self._claims(lambda tx: same)

    async def _claims(self, where: Any, limit: int | None = None) -> list[Claim]:
        async def work(tx: Tx) -> Sequence[Any]:
            order = (gitops_claim.c.entity_key, gitops_claim.c.key)
            return await tx.rows(select(gitops_claim).where(*where(tx)).order_by(*order).limit(limit))

        return [rows.claim_of(row) for row in await self._db.read(work)]

    async def figures(self, source: str) -> ClaimFigures:
        return await self._db.read(lambda tx: _figures(tx, source))

    async def commit(self, changes: Changes) -> None:
        await self._db.write(lambda tx: writes.commit(tx, changes))

    async def plans(self, source: str) -> Sequence[HeldPlan]:
        statement = select(gitops_plan.c.data).where(gitops_plan.c.source == source).order_by(gitops_plan.c.id)
        return [records.plan_of(row.data.encode()) for row in await self._db.read(lambda tx: tx.rows(statement))]

    async def journal(self, source: str, before: str | None, limit: int) -> Sequence[JournalEntry]:
        columns = gitops_journal.c
        statement = select(gitops_journal).where(columns.source == source)
        if before is not None:
            older = select(columns.number).where(columns.id == before).scalar_subquery()
            statement = statement.where(columns.number < older)
        statement = statement.order_by(columns.number.desc()).limit(limit)
        return [rows.entry_of(row) for row in await self._db.read(lambda tx: tx.rows(statement))]

    async def journal_entry(self, entry: str) -> JournalEntry | None:
        statement = select(gitops_journal).where(gitops_journal.c.id == entry)
        row = await self._db.read(lambda tx: tx.row(statement))
        return None if row is None else rows.entry_of(row)

    async def purge(self, source: str, before: int) -> int:
        return await self._db.write(lambda tx: writes.purge(tx, source, before))

    async def close(self) -> None:
        """Nothing to close: the database is the portal's."""


async def _figures(tx: Tx, source: str) -> ClaimFigures:
    columns, own = gitops_claim.c, gitops_claim.c.source == source
    states = await tx.rows(select(columns.state, func.count().label("n")).where(own).group_by(columns.state))
    counted = {row.state: int(row.n) for row in states}
    wanted = (own, columns.created.is_(True), columns.state != ClaimState.SHADOWED.value)
    statement = select(columns.blueprint, func.count().label("n")).where(*wanted).group_by(columns.blueprint)
    created = {row.blueprint: int(row.n) for row in await tx.rows(statement)}
    active = sum(number for state, number in counted.items() if state != ClaimState.SHADOWED.value)
    return ClaimFigures(active, created, counted)
