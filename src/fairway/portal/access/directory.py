"""People and teams as access sees them: a mirror of the ``_user`` and ``_team`` entities.

The entities are the truth. The people feature calls this inside the transaction of their change, so a principal never
lags behind; reads here serve logins and the user and team routes without touching the catalog.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, insert, select, update

from fairway.kit.errors import Conflict, NotFound
from fairway.kit.ids import random_id
from fairway.portal.access.cache import CallerCache
from fairway.portal.access.credentials import IssuedCredentials, issue_personal, revoke_credentials
from fairway.portal.access.keys import Keys
from fairway.portal.access.principals import end_sessions, forget_principal, insert_principal, set_password
from fairway.portal.access.tables import external_identity, membership, principal, team
from fairway.portal.storage.tx import Tx

LOCAL = "port"
"""Provider of teams whose members are kept here."""

PERSON_KINDS = ("user", "service_account")


@dataclass(frozen=True, slots=True)
class Person:
    """What a ``_user`` entity says."""

    email: str
    name: str
    service_account: bool
    roles: tuple[str, ...]
    status: str
    teams: tuple[str, ...]
    """Identifiers of ``_team`` entities."""
    created_at: int
    updated_at: int

    @property
    def enabled(self) -> bool:
        """Staged people are known and not yet let in; disabled ones no longer."""
        return self.status.lower() in ("active", "invited")


@dataclass(frozen=True, slots=True)
class Team:
    """What a ``_team`` entity says, and where its members come from."""

    id: str
    name: str
    description: str | None
    provider: str = field(default=LOCAL, kw_only=True)
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """A person with what access knows beyond the entity."""

    id: str
    person: Person
    team_names: tuple[str, ...]
    providers: tuple[str, ...]
    """``port`` for a password, and the issuers of identity providers."""
    last_login_at: int | None


class Directory:
    """Reads and writes the mirror."""

    def __init__(self, keys: Keys, cache: CallerCache) -> None:
        self._keys = keys
        self._cache = cache

    async def put_person(self, tx: Tx, person: Person, before: str | None = None) -> None:
        """Makes the principal say what the entity says; ``before`` is its e-mail when that just changed.

        Raises:
            Conflict: another user has this e-mail in other letters.
        """
        login = person.email.lower()
        row = await _principal(tx, before or person.email)
        taken = await tx.row(select(principal.c.id, principal.c.email).where(principal.c.login == login))
        respelled = before is None and taken is not None and taken.email != person.email
        if taken is not None and (respelled or row is None or taken.id != row.id):
            raise Conflict(f'User "{taken.email}" already has the e-mail "{person.email}"')
        values = {
            "kind": "service_account" if person.service_account else "user",
            "login": login,
            "email": person.email,
            "name": person.name,
            "roles": list(person.roles),
            "status": person.status,
            "enabled": person.enabled,
            "created_at": person.created_at,
            "updated_at": person.updated_at,
        }
        principal_id = row.id if row is not None else random_id("user_")
        if row is None:
            await insert_principal(tx, person.created_at, id=principal_id, **values)
        else:
            await tx.run(update(principal).where(principal.c.id == principal_id).values(**values))
        await self._put_memberships(tx, principal_id, person.teams)
        if not person.enabled:
            await end_sessions(tx, principal_id)
        self._changed(tx)

    async def remove_person(self, tx: Tx, email: str) -> None:
        """Removes the principal; its credentials, tokens and sessions stop counting."""
        row = await _principal(tx, email)
        if row is not None:
            await revoke_credentials(tx, row.id)
            await forget_principal(tx, row.id)
            self._changed(tx)

    async def put_team(self, tx: Tx, given: Team, before: str | None = None) -> None:
        """Makes the team say what its entity says; ``before`` is its identifier when that just changed."""
        if before is not None and before != given.id:
            await tx.run(delete(team).where(team.c.id == before))
            await tx.run(update(membership).where(membership.c.team_id == before).values(team_id=given.id))
        values = {"name": given.name, "description": given.description}
        stamps = {"created_at": given.created_at, "updated_at": given.updated_at}
        await tx.upsert(team, {"id": given.id, **values, **stamps}, ["id"])
        self._changed(tx)

    async def set_provider(self, tx: Tx, team_id: str, provider: str) -> None:
        """Hands the membership of a team to an identity provider."""
        await tx.run(update(team).where(team.c.id == team_id).values(provider=provider))

    async def set_password(self, tx: Tx, email: str, password_hash: str) -> None:
        """Stores a password (see ``passwords.hash_password``) and signs the person out everywhere.

        Raises:
            NotFound: no such user.
        """
        row = await _principal(tx, email)
        if row is None:
            raise NotFound(f'User with email "{email}" was not found')
        await set_password(tx, row.id, password_hash)
        self._changed(tx)

    async def remove_team(self, tx: Tx, team_id: str) -> None:
        """Removes a team; nobody is in it any more."""
        await tx.run(delete(team).where(team.c.id == team_id))
        await tx.run(delete(membership).where(membership.c.team_id == team_id))
        self._changed(tx)

    async def issue_credentials(self, tx: Tx, email: str, now: int) -> IssuedCredentials:
        """New personal credentials, replacing those the user has; told once.

        Raises:
            NotFound: no such user.
        """
        row = await _principal(tx, email)
        if row is None:
            raise NotFound(f'User with email "{email}" was not found')
        self._changed(tx)
        return await issue_personal(tx, self._keys, row.id, now)

    async def people(self, tx: Tx, ids: Collection[str] | None = None) -> list[PersonRecord]:
        """People by e-mail; all of them, or those with these principal ids."""
        statement = select(principal).where(principal.c.kind.in_(PERSON_KINDS)).order_by(principal.c.login)
        if ids is not None:
            statement = statement.where(tx.any_of(principal.c.id, ids))
        rows = await tx.rows(statement)
        teams = await _teams_by_principal(tx, None if ids is None else [row.id for row in rows])
        providers = await _providers(tx, [row.id for row in rows])
        return [_record(row, teams[row.id], providers[row.id]) for row in rows]

    async def person(self, tx: Tx, email: str) -> PersonRecord:
        """One person.

        Raises:
            NotFound: no such user.
        """
        row = await _principal(tx, email)
        if row is None:
            raise NotFound(f'User with email "{email}" was not found')
        (record,) = await self.people(tx, [row.id])
        return record

    async def known_emails(self, tx: Tx, emails: Collection[str]) -> set[str]:
        """Those of the e-mails, in any case, that belong to somebody."""
        logins = {email.lower() for email in emails}
        statement = select(principal.c.login).where(tx.any_of(principal.c.login, logins))
        found = {row.login for row in await tx.rows(statement.where(principal.c.kind.in_(PERSON_KINDS)))}
        return {email for email in emails if email.lower() in found}

    async def teams(self, tx: Tx) -> list[Team]:
        """Teams by name."""
        return [Team(**row._mapping) for row in await tx.rows(select(team).order_by(team.c.name, team.c.id))]

    async def find_teams(self, tx: Tx, names: Sequence[str]) -> dict[str, Team]:
        """Teams by any of these names or identifiers; an identifier wins over another team's name."""
        matching = tx.any_of(team.c.id, names) | tx.any_of(team.c.name, names)
        rows = await tx.rows(select(team).where(matching).order_by(team.c.id))
        found: dict[str, Team] = {}
        for row in rows:
            found.setdefault(row.name, Team(**row._mapping))
        found.update({row.id: Team(**row._mapping) for row in rows})
        return {name: found[name] for name in names if name in found}

    async def members(self, tx: Tx, team_ids: Sequence[str]) -> dict[str, list[PersonRecord]]:
        """The people of each team, by e-mail."""
        rows = await tx.rows(select(membership).where(tx.any_of(membership.c.team_id, team_ids)))
        people = await self.people(tx, {row.principal_id for row in rows}) if rows else []
        teams: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            teams[row.principal_id].add(row.team_id)
        return {each: [person for person in people if each in teams[person.id]] for each in team_ids}

    async def _put_memberships(self, tx: Tx, principal_id: str, team_ids: Sequence[str]) -> None:
        await tx.run(delete(membership).where(membership.c.principal_id == principal_id))
        for team_id in dict.fromkeys(team_ids):
            await tx.run(insert(membership).values(principal_id=principal_id, team_id=team_id))

    def _changed(self, tx: Tx) -> None:
        tx.after_commit(self._cache.clear)


async def _principal(tx: Tx, email: str) -> Any | None:
    statement = select(principal).where(principal.c.login == email.lower(), principal.c.kind.in_(PERSON_KINDS))
    return await tx.row(statement)


async def _teams_by_principal(tx: Tx, ids: Collection[str] | None) -> dict[str, list[tuple[str, str]]]:
    """(identifier, name) of the teams of each principal, by name."""
    joined = membership.outerjoin(team, team.c.id == membership.c.team_id)
    statement = select(membership, team.c.name).select_from(joined).order_by(team.c.name, membership.c.team_id)
    if ids is not None:
        statement = statement.where(tx.any_of(membership.c.principal_id, ids))
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in await tx.rows(statement):
        found[row.principal_id].append((row.team_id, row.name or row.team_id))
    return found


async def _providers(tx: Tx, ids: Collection[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    statement = select(external_identity.c.principal_id, external_identity.c.issuer)
    for row in await tx.rows(statement.where(tx.any_of(external_identity.c.principal_id, ids))):
        found[row.principal_id].append(row.issuer)
    return found


def _record(row: Any, teams: list[tuple[str, str]], issuers: list[str]) -> PersonRecord:
    person = Person(
        row.email,
        row.name,
        row.kind == "service_account",
        tuple(row.roles),
        row.status,
        tuple(team_id for team_id, _ in teams),
        row.created_at,
        row.updated_at,
    )
    providers = [*(["port"] if row.password_hash else []), *issuers]
    return PersonRecord(row.id, person, tuple(name for _, name in teams), tuple(providers), row.last_login_at)
