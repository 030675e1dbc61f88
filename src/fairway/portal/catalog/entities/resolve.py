"""Turning search objects, team names and target identifiers into entities (contract 3.4, 15.14)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from fairway.kit.errors import InvalidRequest, NotFound
from fairway.portal.catalog.entities import repository
from fairway.portal.catalog.entities.context import Context
from fairway.portal.catalog.entities.model import CLEAR, Draft
from fairway.portal.catalog.model import Blueprint, Relation

MAX_MATCHES = 100
"""Entities that a search object in a many relation or team may give (contract 3.4)."""


class Resolver:
    """Resolves what one batch of drafts names."""

    def __init__(self, context: Context) -> None:
        self._tx = context.tx
        self._schema = context.schema
        self._caller = context.caller
        self._lookups = context.lookups
        self._teams: dict[str, str] = {}

    async def identifier(self, blueprint: Blueprint, draft: Draft) -> None:
        """Replaces a search identifier by the one entity it finds.

        Raises:
            NotFound: none matches.
            InvalidRequest: several match.
        """
        query = draft.identifier_query
        if query is None:
            return
        found = await self._lookups.find(self._tx, self._schema, self._caller, blueprint, query, 2)
        if not found:
            raise NotFound(f'No entity of blueprint "{blueprint.identifier}" matches the search identifier')
        if len(found) > 1:
            raise InvalidRequest(f'Several entities of blueprint "{blueprint.identifier}" match the search identifier')
        draft.identifier = found[0][1]

    async def relations(self, blueprint: Blueprint, draft: Draft) -> None:
        """Replaces search objects in relations by identifiers."""
        for name, value in draft.relations.items():
            relation = blueprint.relations.get(name)
            if isinstance(value, dict) and relation is not None:
                draft.relations[name] = await self._search_relation(relation, value)

    async def _search_relation(self, relation: Relation, query: dict[str, Any]) -> Any:
        target = self._schema.require(relation.target)
        limit = MAX_MATCHES + 1 if relation.many else 2
        found = await self._lookups.find(self._tx, self._schema, self._caller, target, query, limit)
        if relation.many:
            if len(found) > MAX_MATCHES:
                raise InvalidRequest(
                    f'The search in relation "{relation.identifier}" matches over {MAX_MATCHES} entities'
                )
            return [identifier for _, identifier in found]
        if len(found) > 1:
            raise InvalidRequest(
                f'The search in relation "{relation.identifier}" matches several entities, one is needed'
            )
        return found[0][1] if found else None

    async def teams(self, drafts: Iterable[Draft]) -> None:
        """Resolves team names to identifiers of ``_team`` where exactly one team answers to the name."""
        named: set[str] = set()
        for draft in drafts:
            if isinstance(draft.team, dict):
                await self._search_team(draft)
            if isinstance(draft.team, list):
                named.update(draft.team)
        unknown = named - self._teams.keys()
        if unknown:
            self._teams.update(await self._lookup_teams(unknown))
        for draft in drafts:
            if isinstance(draft.team, list):
                draft.team = list(dict.fromkeys(self._teams.get(name, name) for name in draft.team))

    async def _search_team(self, draft: Draft) -> None:
        teams = self._schema.require("_team")
        found = await self._lookups.find(self._tx, self._schema, self._caller, teams, draft.team, MAX_MATCHES)
        draft.team = [identifier for _, identifier in found] or CLEAR

    async def _lookup_teams(self, names: set[str]) -> dict[str, str]:
        teams = self._schema.get("_team")
        if teams is None:
            return {}
        rows = await repository.find_teams(self._tx, teams.id, names)
        answers: dict[str, set[str]] = defaultdict(set)
        for identifier, title in rows:
            answers[identifier].add(identifier)
            if title:
                answers[title].add(identifier)
        return {name: next(iter(found)) for name, found in answers.items() if len(found) == 1 and name in names}
