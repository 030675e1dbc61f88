"""Use cases of the registry: who is registered, how it is configured, when it should sync again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fairway.kit.clock import Clock, rfc3339, to_millis
from fairway.kit.errors import Conflict, NotFound
from fairway.kit.ids import random_id
from fairway.portal.access.decisions import require_admin
from fairway.portal.caller import Caller
from fairway.portal.sources.integrations import documents, repository
from fairway.portal.sources.integrations.model import Integration
from fairway.portal.storage import Database, Tx, outbox
from fairway.portal.storage.outbox import Action, Change

_WITHOUT_STAMP = frozenset({"version"})
"""A new version is no change of settings, so it does not move ``updatedAt`` (contract 15.4)."""


class IntegrationService:
    """Keeps the registry. Reads are for everyone who is logged in, writes for Admins."""

    def __init__(self, db: Database, clock: Clock, base_url: str) -> None:
        self._db = db
        self._clock = clock
        self._base_url = base_url

    async def all(self, actions_processing: bool | None = None) -> list[dict[str, Any]]:
        """All integrations, or those with action processing on (or off)."""
        shown = [self.shown(row) for row in await self._db.read(repository.all_integrations)]
        return [
            each
            for each in shown
            if actions_processing is None or bool(each["actionsProcessingEnabled"]) == actions_processing
        ]

    async def summaries(self) -> list[dict[str, Any]]:
        """All integrations without their configuration."""
        return [row.summary() for row in await self._db.read(repository.all_integrations)]

    async def read(self, identifier: str, *, by_ingest_id: bool = False) -> dict[str, Any]:
        """One integration.

        Raises:
            NotFound: nothing is registered under that id.
        """
        return self.shown(await self._db.read(lambda tx: require_integration(tx, identifier, by_ingest_id)))

    async def create(self, caller: Caller, body: dict[str, Any]) -> dict[str, Any]:
        """Registers an integration; that asks it for a first sync.

        Raises:
            Forbidden: the caller is no Admin.
            InvalidRequest: a key has the wrong type.
            Conflict: the installation id is taken.
        """
        require_admin(caller, "register integrations")
        identifier, document, by = documents.installation_id(body), documents.document(body), caller.principal_id
        now = to_millis(self._clock.now())
        row = Integration(
            random_id("int_"), identifier, random_id("", 24), document, {}, now, now, by, now, by
        )  # fmt: skip

        async def work(tx: Tx) -> None:
            if not await repository.insert(tx, row):
                raise Conflict(f'Integration with installation id "{identifier}" already exists')
            await self._tell(tx, caller, now, "CREATE", None, row, resync=True)

        await self._db.write(work)
        return self.shown(row)

    async def patch(
        self, caller: Caller, identifier: str, body: dict[str, Any], *, skip_resync: bool = False
    ) -> dict[str, Any]:
        """Changes what the body names. An empty body, or another ``config``, asks for a resync (contract 15.5).

        Raises:
            Forbidden: the caller is no Admin.
            InvalidRequest: a key has the wrong type.
            NotFound: nothing is registered under that id.
        """
        require_admin(caller, "change integrations")
        changes = documents.document(body)

        async def work(tx: Tx) -> Integration:
            before = await require_integration(tx, identifier)
            documents.check_same_id(body, before.installation_id)
            asked = not body or ("config" in changes and changes["config"] != before.document.get("config"))
            return await self._apply(tx, caller, before, changes, resync=asked and not skip_resync)

        return self.shown(await self._db.write(work))

    async def report_state(self, caller: Caller, identifier: str, body: dict[str, Any]) -> dict[str, Any]:
        """Merges a state report of the integration; both stamps move to the same instant (contract 8.4).

        Raises:
            Forbidden: the caller is no Admin.
            InvalidRequest: the status is unknown or a key has the wrong type.
            NotFound: nothing is registered under that id.
        """
        require_admin(caller, "report the state of integrations")
        report = documents.resync_state(body)

        async def work(tx: Tx) -> Integration:
            before = await require_integration(tx, identifier)
            now = max(to_millis(self._clock.now()), before.updated_at)
            state = {**before.resync_state, **report, "updatedAt": rfc3339(now)}
            after = replace(before, resync_state=state, updated_at=now)
            await repository.save(tx, after)
            return after

        return self.shown(await self._db.write(work))

    async def delete(self, caller: Caller, identifier: str) -> None:
        """Forgets an integration; its entities stay.

        Raises:
            Forbidden: the caller is no Admin.
            NotFound: nothing is registered under that id.
        """
        require_admin(caller, "delete integrations")

        async def work(tx: Tx) -> None:
            before = await require_integration(tx, identifier)
            await repository.remove(tx, before.id)
            await self._tell(tx, caller, to_millis(self._clock.now()), "DELETE", before, None, resync=False)

        await self._db.write(work)

    async def resync_request(self, identifier: str) -> dict[str, Any] | None:
        """The last resync request, kept for ever: a restarted client has no memory of it (contract 8.4).

        Raises:
            NotFound: nothing is registered under that id.
        """
        row = await self._db.read(lambda tx: require_integration(tx, identifier))
        return None if row.resync_requested_at is None else {"updatedAt": rfc3339(row.resync_requested_at)}

    def shown(self, row: Integration) -> dict[str, Any]:
        """As the wire shows it."""
        return row.shown(self._base_url)

    async def _apply(
        self, tx: Tx, caller: Caller, before: Integration, changes: dict[str, Any], *, resync: bool
    ) -> Integration:
        now = to_millis(self._clock.now())
        changed = {key for key, value in changes.items() if before.document.get(key, _ABSENT) != value}
        if not changed and not resync:
            return before
        after = replace(before, document={**before.document, **changes})
        if changed - _WITHOUT_STAMP:
            stamp = max(now, before.updated_at + 1)
            after = replace(after, updated_at=stamp, updated_by=caller.principal_id)
        if resync:
            after = replace(after, resync_requested_at=_newer(now, before))
        await repository.save(tx, after)
        await self._tell(tx, caller, now, "UPDATE" if changed else "RESYNC", before, after, resync=resync)
        return after

    async def _tell(
        self,
        tx: Tx,
        caller: Caller,
        now: int,
        action: Action,
        before: Integration | None,
        after: Integration | None,
        *,
        resync: bool,
    ) -> None:
        """Appends the event. It goes to the integration's own destination only when a resync is wanted: the listeners
        of clients sync on every message that reaches them (contract 7.10)."""
        subject = after or before
        assert subject is not None
        name = subject.installation_id
        context = {"integration": name, "integrationId": name, "installationId": name}
        shown = [None if row is None else self.shown(row) for row in (before, after)]
        change = Change(
            action, "integration", name, shown[0], shown[1], context=context,
            destination=subject.destination if resync else None,
        )  # fmt: skip
        await outbox.append(tx, caller, now, [change])


_ABSENT = object()


async def require_integration(tx: Tx, identifier: str, by_ingest_id: bool = False) -> Integration:
    """The integration of an installation id (a ``+`` of form encoding counts as a space) or of an ingest id.

    Raises:
        NotFound: there is none.
    """
    if by_ingest_id:
        found = await repository.find_by_ingest_id(tx, identifier)
    else:
        found = await repository.find(tx, identifier)
        if found is None and "+" in identifier:
            found = await repository.find(tx, identifier.replace("+", " "))
    if found is None:
        raise NotFound(f'Integration with identifier "{identifier}" was not found')
    return found


def _newer(now: int, before: Integration) -> int:
    """An instant after the last state report and the last request: otherwise the request would not count."""
    return max(now, before.updated_at + 1, (before.resync_requested_at or 0) + 1)
