"""Which events a caller may see.

Administrators see all. Others see what they did themselves, changes to blueprints and scorecards (whose definitions
everyone reads), and changes to entities that they may read: of a blueprint that is open to them all, of one that is
open to owners those whose entity belonged to their teams at the time. A read policy opens nothing here, because an
event does not hold the related values that a policy may ask for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, true

from fairway.portal.access.decisions import read_scope
from fairway.portal.caller import Caller
from fairway.portal.catalog.model import Schema
from fairway.portal.storage.outbox import Event
from fairway.portal.storage.tables import event
from fairway.portal.storage.tx import Tx

_OPEN_TO_ALL = ("blueprint", "scorecard")


@dataclass(frozen=True, slots=True)
class Sight:
    """What one caller may see under one version of the schema."""

    everything: bool
    actor: str
    blueprints: frozenset[str] = frozenset()
    """Blueprints of which every entity may be read."""
    owned: Mapping[str, frozenset[str]] | None = None
    """Blueprints of which only the entities of these teams may be read."""

    def sees(self, seen: Event) -> bool:
        """Whether the caller may see this event."""
        if self.everything or seen.actor == self.actor or seen.resource_type in _OPEN_TO_ALL:
            return True
        if seen.resource_type != "entity" or seen.blueprint is None:
            return False
        teams = (self.owned or {}).get(seen.blueprint)
        return seen.blueprint in self.blueprints or (teams is not None and not teams.isdisjoint(_owners(seen)))

    def candidates(self, tx: Tx) -> ColumnElement[bool]:
        """The same in SQL, as far as it goes: :meth:`sees` has the last word about owners."""
        if self.everything:
            return true()
        readable = tx.any_of(event.c.blueprint, sorted({*self.blueprints, *(self.owned or {})}))
        return or_(
            event.c.actor == self.actor,
            event.c.resource_type.in_(_OPEN_TO_ALL),
            and_(event.c.resource_type == "entity", readable),
        )


def sight(caller: Caller, schema: Schema) -> Sight:
    """What the caller may see."""
    if caller.is_admin:
        return Sight(True, caller.principal_id)
    scopes = {each.identifier: read_scope(caller, each.identifier, each.permissions) for each in schema}
    return Sight(
        False,
        caller.principal_id,
        frozenset(name for name, scope in scopes.items() if scope.everything),
        {name: scope.owned_by for name, scope in scopes.items() if scope.owned_by and not scope.everything},
    )


def _owners(seen: Event) -> set[str]:
    document = seen.diff.get("after") or seen.diff.get("before") or {}
    team = document.get("team") or [] if isinstance(document, dict) else []
    return {team} if isinstance(team, str) else {each for each in team if isinstance(each, str)}
