"""Writing and reading scorecards (contract 5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import Conflict, InvalidRequest, NotFound
from fairway.kit.ids import random_id
from fairway.portal.access.decisions import decide_moderation
from fairway.portal.caller import Caller
from fairway.portal.catalog.model import Blueprint, Schema
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.scorecards import repository
from fairway.portal.scorecards.model import Scorecard, compiled, parse, show
from fairway.portal.storage import Database, Tx
from fairway.portal.storage.outbox import Action, Change, append

UNSCORED = ("_scorecard", "_rule", "_rule_result")
"""Blueprints that hold the results themselves."""


class ScorecardService:
    """The use cases of contract 5.1."""

    def __init__(self, db: Database, clock: Clock, schemas: SchemaCache) -> None:
        self._db = db
        self._clock = clock
        self._schemas = schemas

    async def all(self) -> list[dict[str, Any]]:
        """Every scorecard of every blueprint."""

        async def work(tx: Tx) -> list[dict[str, Any]]:
            schema = await self._schemas.current(tx)
            return [
                show(each, schema.by_id(each.blueprint_id).identifier) for each in await repository.all_scorecards(tx)
            ]

        return await self._db.read(work)

    async def of_blueprint(self, blueprint: str) -> list[dict[str, Any]]:
        """The scorecards of one blueprint."""

        async def work(tx: Tx) -> list[dict[str, Any]]:
            owner = (await self._schemas.current(tx)).require(blueprint)
            return [show(each, blueprint) for each in await repository.of_blueprint(tx, owner.id)]

        return await self._db.read(work)

    async def get(self, blueprint: str, identifier: str) -> dict[str, Any]:
        """One scorecard."""

        async def work(tx: Tx) -> dict[str, Any]:
            owner = (await self._schemas.current(tx)).require(blueprint)
            return show(await require(tx, owner, identifier), blueprint)

        return await self._db.read(work)

    async def create(self, caller: Caller, blueprint: str, body: dict[str, Any]) -> dict[str, Any]:
        """Adds a scorecard to a blueprint."""
        document = parse(body)

        async def work(tx: Tx) -> dict[str, Any]:
            owner = await self._writable(tx, caller, blueprint)
            present = await repository.of_blueprint(tx, owner.id)
            _check_free(present, blueprint, document["identifier"])
            created = self._new(caller, owner, document, _behind(present))
            await self._insert(tx, caller, owner, created)
            await self._schemas.bump(tx)
            return show(created, blueprint)

        return await self._db.write(work)

    async def replace(self, caller: Caller, blueprint: str, identifier: str, body: dict[str, Any]) -> dict[str, Any]:
        """Changes a scorecard to what the body says; its identifier may change too."""
        document = parse(body)

        async def work(tx: Tx) -> dict[str, Any]:
            owner = await self._writable(tx, caller, blueprint)
            stored = await require(tx, owner, identifier)
            if document["identifier"] != identifier:
                _check_free(await repository.of_blueprint(tx, owner.id), blueprint, document["identifier"])
            changed = await self._update(tx, caller, owner, stored, document, stored.position)
            await self._schemas.bump(tx)
            return show(changed, blueprint)

        return await self._db.write(work)

    async def replace_all(self, caller: Caller, blueprint: str, bodies: list[Any]) -> list[dict[str, Any]]:
        """Makes the given scorecards the whole set of a blueprint: those not named are deleted."""
        documents = [parse(body, f"[{number}]") for number, body in enumerate(bodies)]
        names = [document["identifier"] for document in documents]
        if len(set(names)) != len(names):
            raise InvalidRequest("Each scorecard needs an identifier of its own, not " + ", ".join(map(repr, names)))

        async def work(tx: Tx) -> list[dict[str, Any]]:
            owner = await self._writable(tx, caller, blueprint)
            present = {each.identifier: each for each in await repository.of_blueprint(tx, owner.id)}
            await self.remove(tx, caller, owner, [each for name, each in present.items() if name not in names])
            written = []
            for position, document in enumerate(documents):
                stored = present.get(document["identifier"])
                if stored is None:
                    written.append(self._new(caller, owner, document, position))
                    await self._insert(tx, caller, owner, written[-1])
                else:
                    written.append(await self._update(tx, caller, owner, stored, document, position))
            await self._schemas.bump(tx)
            return [show(each, blueprint) for each in written]

        return await self._db.write(work)

    async def delete(self, caller: Caller, blueprint: str, identifier: str) -> None:
        """Removes a scorecard; its results go in the background."""

        async def work(tx: Tx) -> None:
            owner = await self._writable(tx, caller, blueprint)
            await self.remove(tx, caller, owner, [await require(tx, owner, identifier)])
            await self._schemas.bump(tx)

        await self._db.write(work)

    async def _writable(self, tx: Tx, caller: Caller, blueprint: str) -> Blueprint:
        schema: Schema = await self._schemas.current(tx)
        owner = schema.require(blueprint)
        decide_moderation(caller, blueprint, f'change scorecards of blueprint "{blueprint}"').enforce()
        if blueprint in UNSCORED:
            raise InvalidRequest(f'Blueprint "{blueprint}" holds scorecard results and cannot have scorecards itself')
        return owner

    def _new(self, caller: Caller, owner: Blueprint, document: dict[str, Any], position: int) -> Scorecard:
        now, by = self._now(), caller.principal_id
        rule_filter, rules = compiled(document)
        return Scorecard(
            random_id("sc_"), owner.id, document["identifier"], position, document, now, by, now, by, rule_filter, rules
        )

    async def _insert(self, tx: Tx, caller: Caller, owner: Blueprint, created: Scorecard) -> None:
        await repository.add(tx, created)
        await self._record(tx, caller, "CREATE", owner, None, created)

    async def _update(
        self, tx: Tx, caller: Caller, owner: Blueprint, stored: Scorecard, document: dict[str, Any], position: int
    ) -> Scorecard:
        rule_filter, rules = compiled(document)
        changed = replace(
            stored, identifier=document["identifier"], position=position, document=document, filter=rule_filter,
            rules=rules,
        )  # fmt: skip
        if changed == stored:
            return stored
        changed = replace(changed, updated_at=self._now(), updated_by=caller.principal_id)
        await repository.save(tx, changed)
        await self._record(tx, caller, "UPDATE", owner, stored, changed)
        return changed

    async def remove(self, tx: Tx, caller: Caller, owner: Blueprint, gone: Sequence[Scorecard]) -> None:
        """Deletes scorecards inside a transaction of the caller's."""
        await repository.remove(tx, [each.id for each in gone])
        for each in gone:
            await self._record(tx, caller, "DELETE", owner, each, None)

    async def _record(
        self,
        tx: Tx,
        caller: Caller,
        action: Action,
        owner: Blueprint,
        before: Scorecard | None,
        after: Scorecard | None,
    ) -> None:
        of = after or before
        assert of is not None
        shown = [None if each is None else show(each, owner.identifier) for each in (before, after)]
        change = Change(
            action, "scorecard", of.identifier, shown[0], shown[1], owner.identifier,
            context={"scorecard": of.identifier}, additional={"scorecardId": of.id},
        )  # fmt: skip
        await append(tx, caller, self._now(), [change])

    def _now(self) -> int:
        return to_millis(self._clock.now())


async def require(tx: Tx, owner: Blueprint, identifier: str) -> Scorecard:
    """The scorecard.

    Raises:
        NotFound: the blueprint has none of that identifier.
    """
    found = await repository.find(tx, owner.id, identifier)
    if found is None:
        raise NotFound(f'Scorecard with identifier "{identifier}" was not found in blueprint "{owner.identifier}"')
    return found


def _check_free(present: Sequence[Scorecard], blueprint: str, identifier: str) -> None:
    if any(each.identifier == identifier for each in present):
        raise Conflict(f'Scorecard with identifier "{identifier}" already exists in blueprint "{blueprint}"')


def _behind(present: Sequence[Scorecard]) -> int:
    return max((each.position for each in present), default=-1) + 1
