"""One batch of entity writes: set-wise reads, decisions in memory in request order, set-wise writes.

Items are independent: whatever can fail is decided in memory before anything is written, so a failing item needs no
savepoint and a later item may relate to an earlier one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from fairway.kit.errors import Conflict, FairwayError, InvalidRequest, NotFound
from fairway.kit.ids import random_id
from fairway.portal.catalog.entities import repository
from fairway.portal.catalog.entities.context import Context
from fairway.portal.catalog.entities.drafts import parse_draft
from fairway.portal.catalog.entities.ledger import Ledger
from fairway.portal.catalog.entities.merge import check_required_relations, merged
from fairway.portal.catalog.entities.model import Draft, Mode, Outcome, RelationValue, Stored, WriteOptions
from fairway.portal.catalog.entities.permit import permit_write
from fairway.portal.catalog.entities.resolve import Resolver
from fairway.portal.catalog.model import Blueprint, Relation

_NEVER_IMPLIED = frozenset({"_user", "_team"})
"""Blueprints in which ``create_missing_related_entities`` never creates (contract 2.9)."""


class WriteBatch:
    """Writes items of one blueprint."""

    def __init__(self, context: Context, blueprint: Blueprint, options: WriteOptions) -> None:
        self._context = context
        self._tx = context.tx
        self._schema = context.schema
        self._caller = context.caller
        self._now = context.now
        self._blueprint = blueprint
        self._options = options
        self._ledger = Ledger(context, options.run_id, options.notes)
        self._guarded = not options.managed and (blueprint.system or not context.caller.is_admin)
        self._known: dict[str, Stored | None] = {}
        self._targets: dict[tuple[str, str], int] = {}
        self._fresh: list[int] = []
        self._datasource = 0

    async def run(self, bodies: Sequence[Any], path_identifier: str | None) -> list[Outcome]:
        """Decides and writes all items."""
        outcomes: list[Outcome] = []
        drafts: list[Draft] = []
        for index, body in enumerate(bodies):
            outcome = Outcome(index, _named(body))
            outcomes.append(outcome)
            with _recorded(outcome):
                drafts.append(parse_draft(index, body, path_identifier))
        await self._prepare(drafts, outcomes, path_identifier)
        for draft in drafts:
            outcome = outcomes[draft.index]
            if outcome.error is None:
                with _recorded(outcome):
                    await self._decide(draft, outcome, path_identifier)
        if not self._options.validation_only:
            await self._ledger.write()
            for outcome in outcomes:
                if outcome.entity_id is not None:
                    outcome.additional = self._ledger.additional.get(outcome.entity_id)
            await self._ledger.write_failures(self._blueprint, outcomes)
        return outcomes

    async def _prepare(self, drafts: list[Draft], outcomes: list[Outcome], path_identifier: str | None) -> None:
        """Reads everything the items name, in a handful of statements whatever their number."""
        resolver = Resolver(self._context)
        for draft in drafts:
            with _recorded(outcomes[draft.index]):
                if draft.identifier_query is not None:
                    await resolver.identifier(self._blueprint, draft)
                await resolver.relations(self._blueprint, draft)
            if draft.identifier is None and draft.identifier_query is None:
                draft.identifier = random_id("e_")
            outcomes[draft.index].identifier = draft.identifier or "unknown"
        if any(draft.team is not None for draft in drafts):
            await resolver.teams(drafts)
        names = {draft.identifier for draft in drafts if draft.identifier is not None}
        if path_identifier is not None:
            names.add(path_identifier)
        found = await repository.load_by_identifier(self._tx, self._blueprint, sorted(names))
        self._known = {name: found.get(name) for name in names}
        await self._find_targets(drafts)
        self._datasource = await repository.datasource_key(self._tx, self._caller.user_agent)
        missing = sum(stored is None for stored in self._known.values())
        if missing and self._options.mode.creates:
            self._fresh = (await self._tx.allocate_ids("entity", missing))[::-1]

    async def _find_targets(self, drafts: list[Draft]) -> None:
        wanted: dict[str, set[str]] = defaultdict(set)
        for draft in drafts:
            for name, value in draft.relations.items():
                relation = self._blueprint.relations.get(name)
                if relation is None or not value:
                    continue
                wanted[relation.target].update([value] if isinstance(value, str) else value)
        for target, identifiers in wanted.items():
            blueprint = self._schema.get(target)
            if blueprint is not None:
                found = await repository.find_targets(self._tx, blueprint.id, identifiers)
                self._targets.update({(target, identifier): key for identifier, key in found.items()})

    async def _decide(self, draft: Draft, outcome: Outcome, path_identifier: str | None) -> None:
        name = path_identifier if path_identifier is not None else draft.identifier
        assert name is not None
        stored = self._known.get(name)
        mode = self._options.mode
        if stored is None and not mode.creates:
            raise NotFound(f'Entity with identifier "{name}" was not found in blueprint "{self._blueprint.identifier}"')
        if stored is not None and mode is Mode.CREATE:
            raise Conflict(
                f'Entity with identifier "{name}" already exists in blueprint "{self._blueprint.identifier}"'
            )
        fresh = stored is None
        base = stored if stored is not None else self._blank(name)
        after = merged(self._blueprint, base, draft, keep=mode.merges and not fresh, fresh=fresh)
        if self._guarded:
            await permit_write(self._context, self._blueprint, draft, stored, after)
        after.relations = await self._relations(draft, base, keep=mode.merges and not fresh)
        check_required_relations(self._blueprint, after)
        await self._rename(draft, name, after)
        self._record(stored, after, outcome)

    def _blank(self, name: str) -> Stored:
        fresh = self._fresh[-1] if self._fresh else 0
        by = self._caller.principal_id
        return Stored(fresh, name, None, None, None, {}, {}, self._datasource, self._now, by, self._now, by)

    async def _rename(self, draft: Draft, name: str, after: Stored) -> None:
        """A body identifier other than that of the path renames (contract 3.3); edges hold keys, so they follow."""
        wanted = draft.identifier
        if wanted is None or wanted == name:
            return
        if self._known.get(wanted) is not None:
            raise Conflict(
                f'Entity with identifier "{wanted}" already exists in blueprint "{self._blueprint.identifier}"'
            )
        after.identifier = wanted
        self._known[name] = None

    def _record(self, stored: Stored | None, after: Stored, outcome: Outcome) -> None:
        blueprint = self._blueprint
        outcome.identifier = after.identifier
        outcome.created = stored is None
        if stored is None:
            after.id = self._fresh.pop()
            self._ledger.created(blueprint, after)
            outcome.changed = True
        else:
            after.datasource_id = self._datasource
            outcome.changed = self._ledger.updated(blueprint, stored, after)
        outcome.entity_id = None if self._options.validation_only else after.id
        outcome.stored = after
        self._known[after.identifier] = after
        self._targets[blueprint.identifier, after.identifier] = after.id

    async def _relations(self, draft: Draft, base: Stored, *, keep: bool) -> dict[str, RelationValue]:
        relations = dict(base.relations) if keep else {}
        for name, value in draft.relations.items():
            relation = self._blueprint.relations.get(name)
            if relation is None:
                raise InvalidRequest(
                    f'Blueprint "{self._blueprint.identifier}" has no relation "{name}"',
                    code="blueprint_schema_mismatch",
                )
            targets = await self._relation(relation, value)
            if targets:
                relations[name] = targets
            else:
                relations.pop(name, None)
        return relations

    async def _relation(self, relation: Relation, value: Any) -> RelationValue:
        if value is None or (value == "" and not relation.required):
            return []
        if relation.many != isinstance(value, list):
            wanted = "a list of entity identifiers" if relation.many else "one entity identifier"
            raise InvalidRequest(f'Relation "{relation.identifier}" takes {wanted}')
        names = dict.fromkeys(value) if isinstance(value, list) else (value,)
        known, target = self._targets, relation.target
        return [(known.get((target, name)) or await self._missing_target(relation, name), name) for name in names]

    async def _missing_target(self, relation: Relation, name: str) -> int:
        if not self._options.create_missing or relation.target in _NEVER_IMPLIED:
            raise NotFound(
                f'Entity with identifier "{name}" was not found in blueprint "{relation.target}", '
                f'which relation "{relation.identifier}" points to'
            )
        return await self._imply(relation.target, name)

    async def _imply(self, target: str, name: str) -> int:
        """A target that ``create_missing_related_entities`` brings into being: identifier, title, nothing else."""
        draft = parse_draft(0, {"identifier": name, "title": name})
        blueprint = self._schema.require(target)
        if not self._options.managed:
            await permit_write(self._context, blueprint, draft, None, None)
        (fresh,) = await self._tx.allocate_ids("entity", 1)
        by = self._caller.principal_id
        stored = Stored(fresh, name, name, None, None, {}, {}, self._datasource, self._now, by, self._now, by)
        self._ledger.created(blueprint, stored)
        self._targets[target, name] = fresh
        if blueprint is self._blueprint:
            self._known[name] = stored
        return fresh


def _named(body: Any) -> str:
    """The identifier that an item asks for, right or wrong; ``unknown`` when a search is to find it."""
    asked = body.get("identifier") if isinstance(body, dict) else None
    return asked if isinstance(asked, str) else "unknown"


class _recorded:  # noqa: N801 reads as a statement: with _recorded(outcome)
    """Keeps a domain error on its item; anything else is a defect and passes through."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        if isinstance(error, FairwayError):
            self._outcome.error = error
            return True
        return False
