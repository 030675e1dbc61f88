"""Keeps principals in step with ``_user`` and ``_team`` entities, in the transaction of their change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import Forbidden
from fairway.portal.access.directory import Directory, Person
from fairway.portal.caller import Caller
from fairway.portal.catalog.entities import EntityChange
from fairway.portal.people.mirror import TEAM, USER, person_of, team_of
from fairway.portal.storage.tx import Tx

SERVICE_ACCOUNT_DOMAIN = "@serviceaccounts.getport.io"


class PeopleObserver:
    """An observer of the entity writer."""

    def __init__(self, directory: Directory, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock

    @property
    def watches(self) -> frozenset[str]:
        """Identifiers of the blueprints whose changes are told."""
        return frozenset({USER, TEAM})

    async def entities_changed(
        self, tx: Tx, caller: Caller, changes: Sequence[EntityChange]
    ) -> dict[int, dict[str, Any]]:
        """Follows the changes; answers the one-time credentials of new service accounts.

        Raises:
            Forbidden: somebody who is no Admin would make, change or remove somebody with more than the role Member.
            Conflict: an e-mail is taken in other letters.
        """
        additional: dict[int, dict[str, Any]] = {}
        for change in changes:
            if change.blueprint.identifier == TEAM:
                await self._team_changed(tx, change)
                continue
            issued = await self._person_changed(tx, caller, change)
            if issued is not None:
                additional[change.entity_id] = {"credentials": issued}
        return additional

    async def _team_changed(self, tx: Tx, change: EntityChange) -> None:
        before = None if change.before is None else str(change.before["identifier"])
        if change.after is not None:
            await self._directory.put_team(tx, team_of(change.after), before)
        elif before is not None:
            await self._directory.remove_team(tx, before)

    async def _person_changed(self, tx: Tx, caller: Caller, change: EntityChange) -> dict[str, str] | None:
        before = None if change.before is None else person_of(change.before)
        after = None if change.after is None else person_of(change.after)
        _guard(caller, before, after)
        if after is None:
            if before is not None:
                await self._directory.remove_person(tx, before.email)
            return None
        await self._directory.put_person(tx, after, None if before is None else before.email)
        if before is None and earns_credentials(after):
            return await self.service_account_credentials(tx, after.email)
        return None

    async def service_account_credentials(self, tx: Tx, email: str) -> dict[str, str]:
        """Fresh credentials of a service account: ``{clientId, clientSecret}``, shown once (contract 2.9)."""
        now = to_millis(self._clock.now())
        return (await self._directory.issue_credentials(tx, email, now)).document()


def earns_credentials(person: Person) -> bool:
    """Whether creating this user answers with credentials."""
    in_domain = person.email.lower().endswith(SERVICE_ACCOUNT_DOMAIN)
    return person.service_account and in_domain and person.status.lower() == "active"


def _guard(caller: Caller, before: Person | None, after: Person | None) -> None:
    """Write permission on ``_user`` must not be a way to become an Admin, or to take an Admin's place."""
    if caller.is_admin:
        return
    standings = [None if each is None else (each.roles, each.email, each.enabled) for each in (before, after)]
    powerful = any(each is not None and each.roles != ("Member",) for each in (before, after))
    if powerful and standings[0] != standings[1]:
        raise Forbidden(
            "Only Admins may create, change or remove users with more than the role Member, or give such roles",
            details={"reason": "It needs the role Admin", "rule": "none"},
        )
