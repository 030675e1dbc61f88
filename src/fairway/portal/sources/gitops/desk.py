"""What administrators decide: held plans, restoring, pinning. Sections 7.3 and 8 of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from fairway.gitops.ledger.model import Claim, Effect, HeldPlan, JournalEntry, RepositoryState
from fairway.gitops.ledger.store import LedgerStore
from fairway.gitops.model import EntityKey
from fairway.gitops.sync.context import Shapes
from fairway.gitops.sync.ending import Ender
from fairway.gitops.sync.tally import Tally
from fairway.kit.clock import Clock, rfc3339, to_millis
from fairway.kit.errors import Conflict, InvalidRequest, NotFound
from fairway.portal.access.decisions import require_admin
from fairway.portal.caller import Caller
from fairway.portal.http.requests import require
from fairway.portal.sources.gitops.documents import when
from fairway.portal.sources.gitops.engines import Engines
from fairway.portal.sources.gitops.model import Source
from fairway.portal.sources.gitops.service import SourceService
from fairway.portal.sources.gitops.states import tell_state
from fairway.portal.storage import Database, Tx

_SAMPLES = 20
_EFFECTS = {Effect.DELETE: "deleted", Effect.CLEAR: "cleared"}


class DeskService:
    """All of it is for Admins; the forge is never asked."""

    def __init__(
        self, db: Database, clock: Clock, sources: SourceService, engines: Engines, ledger: LedgerStore
    ) -> None:
        self._db = db
        self._clock = clock
        self._sources = sources
        self._engines = engines
        self._ledger = ledger

    async def plans(self, caller: Caller, source_id: str) -> list[dict[str, Any]]:
        """Held plans with some of the entities.

        Raises:
            Forbidden: the caller is no Admin.
            NotFound: there is no such source.
        """
        require_admin(caller, "read held deletions")
        source = await self._source(source_id)
        settings = self._engines.context(source, caller).settings
        plans = await self._ledger.plans(source_id)
        return [await self._shown(each, stale=each.settings != settings) for each in plans]

    async def _shown(self, plan: HeldPlan, *, stale: bool) -> dict[str, Any]:
        keys = plan.keys[:_SAMPLES]
        claims = {each.key: each for each in await self._ledger.claims(keys) if each.location.source == plan.source}
        ids = {each.location.repository for each in claims.values()}
        repositories = await self._ledger.repositories(plan.source, ids)
        return {
            "id": plan.id,
            "createdAt": rfc3339(plan.created_at),
            "reason": "; ".join(plan.reasons),
            "counts": {"delete": plan.deletes, "clear": plan.clears, "byBlueprint": dict(plan.by_blueprint)},
            "samples": [_sample(claims[key], repositories) for key in keys if key in claims],
            "stale": stale,
        }

    async def approve(self, caller: Caller, source_id: str, plan_id: str) -> dict[str, Any]:
        """Carries out those ends of a plan that are still due.

        Raises:
            Forbidden: the caller is no Admin.
            NotFound: there is no such plan.
            Conflict: the configuration is another than when it was made.
        """
        require_admin(caller, "approve held deletions")
        source = await self._source(source_id)
        context = self._engines.context(source, caller)
        plan = await self._plan(source_id, plan_id)
        organisation = await context.catalog.organisation()
        if plan.settings != context.settings or plan.organisation not in ("", organisation):
            raise Conflict(f'Plan "{plan_id}" was made under another configuration; the next pass makes a new one')
        tally = Tally()
        ender = Ender(context, Shapes(await context.catalog.blueprints()), organisation)
        ends = await ender.sweep(tally, approved=frozenset(plan.keys))
        await self._tell(caller, source, "approve", plan_id)
        return {**asdict(tally), "due": ends.due, "orphaned": ends.orphaned}

    async def discard(self, caller: Caller, source_id: str, plan_id: str) -> dict[str, Any]:
        """Leaves the entities of a plan as they are, marked as orphaned.

        Raises:
            Forbidden: the caller is no Admin.
            NotFound: there is no such plan.
        """
        require_admin(caller, "discard held deletions")
        source = await self._source(source_id)
        ends = await self._engines.desk(source, caller).discard(plan_id)
        await self._tell(caller, source, "discard", plan_id)
        return {**asdict(Tally()), "due": ends.due, "orphaned": ends.orphaned}

    async def journal(self, caller: Caller, source_id: str, before: str | None, limit: int) -> dict[str, Any]:
        """What git deleted or cleared, newest first, and where the next page begins.

        Raises:
            Forbidden: the caller is no Admin.
            NotFound: there is no such source.
        """
        require_admin(caller, "read what GitOps deleted")
        await self._source(source_id)
        found = await self._ledger.journal(source_id, before, limit + 1)
        ids = {each.location.repository for each in found}
        labels = {name: each.label for name, each in (await self._ledger.repositories(source_id, ids)).items()}
        return {
            "entries": [_entry(each, labels) for each in found[:limit]],
            "next": found[limit - 1].id if len(found) > limit else None,
        }

    async def restore(self, caller: Caller, source_id: str, entry_id: str) -> dict[str, str]:
        """Brings back what an entry tells of.

        Raises:
            Forbidden: the caller is no Admin.
            NotFound: there is no such entry.
            Conflict: it was restored already, or a repository defines the entity now.
            InvalidRequest: the catalog refuses it.
        """
        require_admin(caller, "restore what GitOps deleted")
        source = await self._source(source_id)
        entry = await self._engines.desk(source, caller).restore(entry_id)
        await self._tell(caller, source, "restore", entry_id)
        return {"blueprint": entry.key.blueprint, "identifier": entry.key.identifier}

    async def pin(self, caller: Caller, key: EntityKey, body: Mapping[str, Any]) -> None:
        """Lets the definition of one repository count before those of others.

        Raises:
            Forbidden: the caller is no Admin.
            InvalidRequest: the body does not say which.
            NotFound: there is no such source, or the repository does not define the entity.
        """
        require_admin(caller, "pin definitions")
        given = dict(body)
        source = await self._source(require(given, "source", str))
        name = require(given, "repository", str)
        pinned = require(given, "pinned", bool)
        if not name:
            raise InvalidRequest('"repository" is the id or the label of a repository')
        known = await self._ledger.repositories(source.id, [name])
        state = known.get(name) or await self._ledger.named(source.id, name)
        if state is None:
            raise NotFound(f'Repository "{name}" is not known of GitOps source "{source.title}"')
        await self._engines.desk(source, caller).pin(key, state.id, pinned=pinned)
        await self._tell(caller, source, "pin" if pinned else "unpin", f"{key}")

    async def _plan(self, source_id: str, plan_id: str) -> HeldPlan:
        for each in await self._ledger.plans(source_id):
            if each.id == plan_id:
                return each
        raise NotFound(f'There is no held plan "{plan_id}" of source "{source_id}"')

    async def _source(self, source_id: str) -> Source:
        return await self._db.read(lambda tx: self._sources.require(tx, source_id))

    async def _tell(self, caller: Caller, source: Source, operation: str, subject: str) -> None:
        async def work(tx: Tx) -> None:
            now = to_millis(self._clock.now())
            present = await self._sources.require(tx, source.id)
            more = {"gitopsOperation": operation, "gitopsSubject": subject}
            await tell_state(tx, caller, now, present, present, f"{operation} {subject}", **more)

        await self._db.write(work)


def _sample(claim: Claim, repositories: Mapping[str, RepositoryState]) -> dict[str, Any]:
    known = repositories.get(claim.location.repository)
    return {
        "blueprint": claim.key.blueprint,
        "identifier": claim.key.identifier,
        "effect": (Effect.DELETE if claim.created_by_git and not claim.foreign else Effect.CLEAR).value,
        "repository": claim.location.repository if known is None else known.label,
        "path": claim.location.path,
    }


def _entry(entry: JournalEntry, labels: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": rfc3339(entry.at),
        "entity": {"blueprint": entry.key.blueprint, "identifier": entry.key.identifier},
        "effect": _EFFECTS[entry.effect],
        "repository": labels.get(entry.location.repository, entry.location.repository),
        "path": entry.location.path,
        "reason": entry.reason,
        "restoredAt": when(entry.restored_at),
    }
