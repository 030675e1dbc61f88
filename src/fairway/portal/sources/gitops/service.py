"""Use cases of the definitions of sources."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fairway.gitops.forges.base import ForgeKind
from fairway.kit.clock import Clock, to_millis
from fairway.kit.crypto import SecretBox
from fairway.kit.errors import Conflict, InvalidRequest, NotFound
from fairway.kit.ids import random_id
from fairway.portal.access.decisions import require_admin
from fairway.portal.caller import Caller
from fairway.portal.sources.gitops import documents, repository, schedule
from fairway.portal.sources.gitops.drafts import Draft, matters, read_draft, scope_of
from fairway.portal.sources.gitops.model import REMOVALS, RESOURCE, Outcome, Removal, Source, SourceTotals
from fairway.portal.sources.gitops.settings import Rules
from fairway.portal.storage import Database, Tx, outbox
from fairway.portal.storage.outbox import Action, Change

_MOST_SOURCES = 500


class SourceService:
    """Keeps sources. Writing is for Admins; how to log in is shown to them alone, and secrets to nobody."""

    def __init__(self, db: Database, clock: Clock, box: SecretBox, rules: Rules, base_url: str) -> None:
        self._db = db
        self._clock = clock
        self._box = box
        self._rules = rules
        self._base_url = base_url

    async def all(self, caller: Caller) -> list[dict[str, Any]]:
        """All sources with their states."""

        async def work(tx: Tx) -> list[dict[str, Any]]:
            lasts, totals = await repository.last_passes(tx), await repository.totals(tx)
            found = [self.opened(row) for row in await repository.sources(tx)]
            return [
                documents.source_document(
                    each, self._base_url, lasts.get(each.id), totals.get(each.id, SourceTotals()), whole=caller.is_admin
                )
                for each in found
            ]

        return await self._db.read(work)

    async def read(self, caller: Caller, source_id: str) -> dict[str, Any]:
        """One source with its state.

        Raises:
            NotFound: there is none.
        """

        async def work(tx: Tx) -> dict[str, Any]:
            found = await self.require(tx, source_id)
            last = (await repository.last_passes(tx, source_id)).get(source_id)
            totals = (await repository.totals(tx, source_id)).get(source_id, SourceTotals())
            return documents.source_document(found, self._base_url, last, totals, whole=caller.is_admin)

        return await self._db.read(work)

    async def create(self, caller: Caller, body: dict[str, Any]) -> str:
        """Stores a source and asks for its first pass; its id.

        Raises:
            Forbidden: the caller is no Admin.
            InvalidRequest: something does not fit.
            Conflict: there is such a source already, or there are too many.
        """
        require_admin(caller, "connect GitOps sources")
        draft, now, by = self.draft(body, None), self._now(), caller.principal_id
        fresh = Source(
            random_id("git_"), draft.title, draft.kind, draft.url, draft.enabled, draft.settings, draft.options,
            draft.secrets, 1, Outcome.NEVER, None, 0, 0, None, None, None, 0, 0, now, by, now, by,
        )  # fmt: skip

        async def work(tx: Tx) -> None:
            await self._refuse_twin(tx, fresh)
            await repository.insert_source(tx, self._values(fresh))
            await self._tell(tx, caller, "CREATE", None, fresh)
            if fresh.enabled:
                await schedule.ask(tx, fresh.id, now)

        await self._db.write(work)
        return fresh.id

    async def update(self, caller: Caller, source_id: str, body: dict[str, Any]) -> None:
        """Changes what the body names. A pass follows, as the configuration is another one; one that is under way ends.

        Raises:
            Forbidden: the caller is no Admin.
            InvalidRequest: something does not fit.
            NotFound: there is no such source.
            Conflict: there is another source of the same repositories, or this one is being deleted.
        """
        require_admin(caller, "change GitOps sources")

        async def work(tx: Tx) -> None:
            before = await self.require_there(tx, source_id)
            draft, now = self.draft(body, before), max(self._now(), before.updated_at)
            after = replace(
                before, title=draft.title, url=draft.url, enabled=draft.enabled, settings=draft.settings,
                secrets=draft.secrets, options=draft.options, updated_at=now, updated_by=caller.principal_id,
            )  # fmt: skip
            if matters(before, after):
                outcome = Outcome.NEVER if before.outcome is Outcome.REFUSED else before.outcome
                next_at = before.next_pass_at if after.enabled else None
                after = replace(after, revision=before.revision + 1, outcome=outcome, next_pass_at=next_at)
                await self._refuse_twin(tx, after)
                if after.enabled:
                    await schedule.ask(tx, after.id, now)
            await repository.update_source(tx, after.id, **self._values(after))
            await self._tell(tx, caller, "UPDATE", before, after)

        await self._db.write(work)

    async def remove(self, caller: Caller, source_id: str, entities: str | None) -> None:
        """Begins to delete a source: its entities first, in the background, as ``entities`` says.

        Raises:
            Forbidden: the caller is no Admin.
            InvalidRequest: ``entities`` is missing or unknown.
            NotFound: there is no such source.
        """
        require_admin(caller, "delete GitOps sources")
        removal: Removal | None = next((each for each in REMOVALS if each == entities), None)
        if removal is None:
            raise InvalidRequest(
                '"entities" in the query says what becomes of them: "delete" (those that git created are deleted, of '
                'others what git wrote is cleared), "detach" (all stay, and are forgotten here) or "keep" (all stay, '
                "marked as orphaned)"
            )

        async def work(tx: Tx) -> None:
            before, now = await self.require(tx, source_id), self._now()
            after = replace(before, removal=removal, next_pass_at=None, updated_by=caller.principal_id)
            await repository.update_source(tx, source_id, **self._values(after))
            await self._tell(tx, caller, "UPDATE", before, after)
            await schedule.remove(tx, source_id, now)

        await self._db.write(work)

    async def sync(self, caller: Caller, source_id: str) -> None:
        """Asks for a pass now, also where the forge has refused the login.

        Raises:
            Forbidden: the caller is no Admin.
            NotFound: there is no such source.
            Conflict: it is disabled, or is being deleted.
        """
        require_admin(caller, "synchronise GitOps sources")

        async def work(tx: Tx) -> None:
            found, now = await self.require_there(tx, source_id), self._now()
            if not found.enabled:
                raise Conflict(f'GitOps source "{found.title}" is disabled; enable it to synchronise it')
            if found.outcome is Outcome.REFUSED:
                outcome = {"revision": found.revision + 1, "outcome": Outcome.NEVER.value}
                await repository.update_source(tx, source_id, **outcome)
            await schedule.ask(tx, source_id, now)

        await self._db.write(work)

    async def abort(self, caller: Caller, source_id: str) -> None:
        """Ends the pass that is under way; the next one goes on from there.

        Raises:
            Forbidden: the caller is no Admin.
            NotFound: there is no such source.
            Conflict: none is under way.
        """
        require_admin(caller, "abort passes of GitOps sources")

        async def work(tx: Tx) -> None:
            found = await self.require(tx, source_id)
            if found.outcome is not Outcome.RUNNING:
                raise Conflict(f'No pass of GitOps source "{found.title}" is under way')
            await repository.update_source(tx, source_id, abort_asked_at=self._now())

        await self._db.write(work)

    async def passes(self, source_id: str, limit: int) -> list[dict[str, Any]]:
        """The last passes, newest first.

        Raises:
            NotFound: there is no such source.
        """

        async def work(tx: Tx) -> list[dict[str, Any]]:
            await self.require(tx, source_id)
            return [documents.pass_document(each) for each in await repository.passes(tx, source_id, limit)]

        return await self._db.read(work)

    def draft(self, body: dict[str, Any], before: Source | None) -> Draft:
        """A body, checked against what there was.

        Raises:
            InvalidRequest: something does not fit; no secret is repeated.
        """
        return read_draft(body, before, self._rules)

    async def require(self, tx: Tx, source_id: str) -> Source:
        """A source.

        Raises:
            NotFound: there is none.
        """
        row = await repository.source(tx, source_id)
        if row is None:
            raise NotFound(f'GitOps source "{source_id}" was not found')
        return self.opened(row)

    async def require_there(self, tx: Tx, source_id: str) -> Source:
        """A source that is to stay.

        Raises:
            NotFound: there is none.
            Conflict: it is being deleted.
        """
        found = await self.require(tx, source_id)
        if found.removal is not None:
            raise Conflict(f'GitOps source "{found.title}" is being deleted')
        return found

    def opened(self, row: Any) -> Source:
        """A stored row with its secrets opened."""
        secrets = {name: self._box.open(sealed, _place(row.id, name)) for name, sealed in row.sealed.items()}
        return Source(
            row.id, row.title, ForgeKind(row.kind), row.url, bool(row.enabled), row.settings, row.options, secrets,
            row.revision, Outcome(row.outcome), row.removal, row.sync_asked_at, row.abort_asked_at, row.next_pass_at,
            row.last_event_at, row.last_bad_signature_at, row.accepted, row.refused, row.created_at, row.created_by,
            row.updated_at, row.updated_by,
        )  # fmt: skip

    def shown(self, source: Source) -> dict[str, Any]:
        """What was configured, as Admins and events see it."""
        return documents.definition(source, self._base_url)

    async def _refuse_twin(self, tx: Tx, fresh: Source) -> None:
        rows = await repository.sources(tx)
        if sum(row.id != fresh.id for row in rows) >= _MOST_SOURCES:
            raise Conflict(f"There are {_MOST_SOURCES} GitOps sources already; more would not be looked after in time")
        scope = scope_of(fresh)
        for row in rows:
            other = self.opened(row)
            if other.id != fresh.id and scope_of(other) == scope:
                raise Conflict(f'GitOps source "{other.title}" reads the same repositories already')

    def _values(self, source: Source) -> dict[str, Any]:
        sealed = {name: self._box.seal(value, _place(source.id, name)) for name, value in source.secrets.items()}
        return {
            "id": source.id, "title": source.title, "kind": source.kind.value, "url": source.url,
            "enabled": source.enabled, "settings": dict(source.settings), "options": dict(source.options),
            "sealed": sealed, "revision": source.revision, "outcome": source.outcome.value, "removal": source.removal,
            "next_pass_at": source.next_pass_at, "created_at": source.created_at, "created_by": source.created_by,
            "updated_at": source.updated_at, "updated_by": source.updated_by,
        }  # fmt: skip

    async def _tell(self, tx: Tx, caller: Caller, action: Action, before: Source | None, after: Source | None) -> None:
        subject = after or before
        assert subject is not None
        was, becomes = (None if each is None else self.shown(each) for each in (before, after))
        context = {"gitopsSource": subject.id, "gitopsSourceTitle": subject.title}
        change = Change(action, RESOURCE, subject.id, was, becomes, context=context)
        await outbox.append(tx, caller, self._now(), [change])

    def _now(self) -> int:
        return to_millis(self._clock.now())


def _place(source_id: str, name: str) -> str:
    return f"gitops:{source_id}:{name}"
