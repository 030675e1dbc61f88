"""The portal's own catalog, as the synchronisation asks for it: no network, and events that say which commit it was."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from fairway import __version__
from fairway.gitops.catalog import BlueprintShape, Found, Write, Written
from fairway.gitops.ledger.model import Claim
from fairway.gitops.ledger.store import LedgerStore
from fairway.gitops.model import EntityKey
from fairway.gitops.spec.shapes import shape_of
from fairway.kit.clock import rfc3339
from fairway.kit.errors import FairwayError, HasDependents, NotFound, Unavailable
from fairway.portal.caller import Caller
from fairway.portal.catalog.entities.context import DeleteOptions
from fairway.portal.catalog.entities.lookup import find_keys, load_by_id
from fairway.portal.catalog.entities.model import Mode, Outcome, Stored, WriteOptions
from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.reading.options import ReadOptions
from fairway.portal.catalog.wiring import Catalog
from fairway.portal.storage import Database, Tx

_MOST_AUTHORS = 1000
_BATCH = 100
"""Entities of one unit of work: on SQLite everybody else waits for it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What all sources write with."""

    db: Database
    catalog: Catalog
    ledger: LedgerStore
    org_id: str


class OwnCatalog:
    """A :class:`~fairway.gitops.catalog.Catalog` in the portal's own process, for one source."""

    def __init__(self, parts: Parts, source: str, caller: Caller) -> None:
        self._db = parts.db
        self._catalog = parts.catalog
        self._ledger = parts.ledger
        self._org_id = parts.org_id
        self._source = source
        self._authors: OrderedDict[str, str] = OrderedDict()
        agent = f"fairway/{__version__}/{source}/gitops"
        self._caller = replace(caller, user_agent=agent, audit_context=(("gitopsSource", source),))

    def note_authors(self, authors: Mapping[str, str]) -> None:
        """Who made commits, as authentic events say: events of entities name them."""
        self._authors.update(authors)
        while len(self._authors) > _MOST_AUTHORS:
            self._authors.popitem(last=False)

    async def organisation(self) -> str:
        return self._org_id

    async def blueprints(self) -> Sequence[BlueprintShape]:
        return [shape_of(each) for each in await self._catalog.blueprints.list()]

    async def find(self, keys: Iterable[EntityKey]) -> Mapping[EntityKey, Found]:
        found = {}
        for part in _parts(keys):
            for blueprint, stored in await self._db.read(partial(self._stored, keys=part)):
                key = EntityKey(blueprint.identifier, stored.identifier)
                found[key] = _found(key, blueprint, stored)
        return found

    async def revisions(self, keys: Iterable[EntityKey]) -> Mapping[EntityKey, str]:
        return {key: each.updated_at for key, each in (await self.find(keys)).items()}

    async def _stored(self, tx: Tx, keys: Sequence[EntityKey]) -> list[tuple[Blueprint, Stored]]:
        schema = await self._catalog.schemas.current(tx)
        ids: list[int] = []
        for name, identifiers in _by_blueprint(keys).items():
            blueprint = schema.get(name)
            if blueprint is not None:
                ids += (await find_keys(tx, blueprint.id, identifiers)).values()
        return await load_by_id(tx, {each.id: each for each in schema}, ids, lock=False)

    async def search(self, blueprint: str, rule: Mapping[str, Any], limit: int) -> Sequence[str]:
        body = {"query": dict(rule), "limit": limit}
        only = ReadOptions(include=frozenset({"identifier"}))
        page = await self._catalog.search.search_blueprint(self._caller, blueprint, body, only)
        return sorted(str(each["identifier"]) for each in page.entities)

    async def write(self, writes: Sequence[Write], *, create_missing: bool) -> Sequence[Written]:
        notes = await self._notes([each.key for each in writes])
        answers: dict[EntityKey, Written] = {}
        for mode in (Mode.UPSERT_MERGE, Mode.UPSERT_REPLACE):
            chosen = [each for each in writes if each.replace is (mode is Mode.UPSERT_REPLACE)]
            options = WriteOptions(mode, create_missing=create_missing, notes=notes)
            for start in range(0, len(chosen), _BATCH):
                for answer in await self._batch(chosen[start : start + _BATCH], options):
                    answers[answer.key] = answer
        return [answers[each.key] for each in writes]

    async def _batch(self, writes: Sequence[Write], options: WriteOptions) -> list[Written]:
        """All of one blueprint. What the database refuses as a whole is tried one by one: it is one entity's doing."""
        blueprint = writes[0].key.blueprint
        bodies = [_body(each) for each in writes]
        try:
            outcomes = await self._catalog.entities.write(self._caller, blueprint, bodies, options)
        except FairwayError as error:
            if error.retriable or error.status >= 500:
                raise
            if len(writes) > 1:
                return [answer for each in writes for answer in await self._batch([each], options)]
            return [Written(writes[0].key, error=error.code, message=error.message)]
        return [_written(each, outcome) for each, outcome in zip(writes, outcomes, strict=True)]

    async def check(self, write: Write) -> Written:
        mode = Mode.UPSERT_REPLACE if write.replace else Mode.UPSERT_MERGE
        (answer,) = await self._batch([write], WriteOptions(mode, validation_only=True))
        return answer

    async def delete(self, key: EntityKey, *, dependents: bool) -> Written:
        claims = await self._own([key])
        said = next(iter(claims.values()), None)
        reason = said.reason if said is not None and said.reason else "its definition is gone from git"
        noted = (await self._notes([key])).get(key.identifier, {})
        caller = replace(self._caller, audit_context=tuple({"gitopsSource": self._source, **noted}.items()))
        options = DeleteOptions(delete_dependents=dependents, reason=f"GitOps: {reason}"[:500], missing_ok=True)
        try:
            await self._catalog.entities.delete(caller, key.blueprint, [key.identifier], options)
        except NotFound:
            return Written(key)
        except HasDependents as error:
            return Written(key, error="has_dependents", message=error.message)
        except FairwayError as error:
            if error.retriable or error.status >= 500:
                raise
            return Written(key, error=error.code, message=error.message)
        return Written(key)

    async def _notes(self, keys: Sequence[EntityKey]) -> dict[str, dict[str, Any]]:
        """Where each entity is defined, for its event."""
        claims = await self._own(keys)
        ids = {each.location.repository for each in claims.values()}
        repositories = await self._ledger.repositories(self._source, ids)
        notes = {}
        for key, claim in claims.items():
            where = claim.location
            known = repositories.get(where.repository)
            found = {
                "gitopsRepository": where.repository if known is None else known.label,
                "gitopsPath": where.path,
                "gitopsCommit": claim.commit,
                "gitopsAuthor": self._authors.get(claim.commit),
            }
            notes[key.identifier] = {name: value for name, value in found.items() if value}
        return notes

    async def _own(self, keys: Sequence[EntityKey]) -> dict[EntityKey, Claim]:
        """This source's claims on entities; of several the one that counts, or counted last."""
        found: dict[EntityKey, Claim] = {}
        for claim in await self._ledger.claims(keys):
            if claim.location.source == self._source and (claim.key not in found or claim.state.value != "shadowed"):
                found[claim.key] = claim
        return found


def _parts(keys: Iterable[EntityKey]) -> Iterator[list[EntityKey]]:
    known = list(keys)
    for start in range(0, len(known), 500):
        yield known[start : start + 500]


def _by_blueprint(keys: Iterable[EntityKey]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key in keys:
        found.setdefault(key.blueprint, []).append(key.identifier)
    return found


def _found(key: EntityKey, blueprint: Blueprint, stored: Stored) -> Found:
    relations = stored.document(blueprint)["relations"]
    return Found(
        key, stored.title, stored.icon, stored.team or None, stored.properties, relations, rfc3339(stored.updated_at)
    )


def _body(write: Write) -> dict[str, Any]:
    return {**write.document, "identifier": write.key.identifier}


def _written(write: Write, outcome: Outcome) -> Written:
    error = outcome.error
    if error is None:
        return Written(write.key, created=outcome.created)
    if error.retriable or error.status >= 500:
        raise Unavailable(f'"{write.key}" cannot be written now: {error.message}')
    lacks = isinstance(error, NotFound)
    return Written(write.key, error=error.code, message=error.message, target_missing=lacks)
