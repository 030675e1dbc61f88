"""On which entities an action is offered: ``trigger.condition`` (contract 6.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import InvalidRequest
from fairway.portal.actions.forms.entities import EntityFinder
from fairway.portal.actions.model import Action
from fairway.portal.caller import Caller
from fairway.portal.catalog.search.bind import Context
from fairway.portal.catalog.search.evaluate import matches
from fairway.portal.catalog.search.rules import (
    ContextValue,
    Group,
    Not,
    PropertyRule,
    RelationRule,
    Rule,
    ScorecardRule,
    parse_query,
)

Document = Mapping[str, Any]


class Conditions:
    """Decides about entities."""

    def __init__(self, clock: Clock, entities: EntityFinder) -> None:
        self._clock = clock
        self._entities = entities

    def applies(self, caller: Caller, action: Action, entity: Document) -> bool:
        """Whether the action is offered on an entity, judged by its whole document alone.

        Raises:
            InvalidRequest: the condition asks for what no document shows: the graph, the caller's own entity, data
                sources, titles of related entities. :meth:`offered` answers it.
        """
        query = condition_of(action)
        if query is None:
            return True
        rule = parse_query(query, "trigger.condition")
        if not _by_document(rule):
            raise InvalidRequest(f'The condition of action "{action.identifier}" needs a search of the catalog')
        context = Context(to_millis(self._clock.now()), my_teams=caller.teams | caller.team_names)
        return matches(rule, entity, context)

    async def offered(self, caller: Caller, action: Action, entity: Document) -> bool:
        """Whether the action is offered on an entity, whatever its condition asks for."""
        query = condition_of(action)
        if query is None:
            return True
        if _by_document(parse_query(query, "trigger.condition")):
            return self.applies(caller, action, entity)
        identifier = str(entity["identifier"])
        blueprint = action.blueprint or entity.get("blueprint")
        return bool(await self._entities.members(caller, blueprint, query, [identifier]))


def condition_of(action: Action) -> dict[str, Any] | None:
    """The condition as a query for searches; none when the action is offered on every entity."""
    condition = action.trigger.get("condition")
    if action.operation not in ("DAY-2", "DELETE") or not condition:
        return None
    return {key: value for key, value in condition.items() if key != "type"}


def _by_document(rule: Rule) -> bool:
    """Whether an entity's document has all that a rule asks for."""
    match rule:
        case Group(_, rules):
            return all(map(_by_document, rules))
        case Not(inner):
            return _by_document(inner)
        case PropertyRule(str() as name, _, value):
            return name != "$datasource" and not isinstance(value, ContextValue)
        case RelationRule(_, target, _, value):
            return target == "$identifier" and not isinstance(value, ContextValue)
        case ScorecardRule(_, _, _, value):
            return not isinstance(value, ContextValue)
    return False
