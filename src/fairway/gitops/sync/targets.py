"""What relations name: searches answered by the catalog, and targets that have to exist. Section 2.7."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fairway.gitops.catalog import BlueprintShape, Catalog
from fairway.gitops.ledger.fields import RELATION, digest
from fairway.gitops.model import EntityKey

MOST = 100
"""Targets that a search may find."""
TEAMS = "_team"
_SYSTEM = ("_",)


@dataclass(frozen=True, slots=True)
class SearchFailed:
    """A search that did not give what its relation needs."""

    field: str
    message: str
    code: str = "E_SEARCH_RESULT"


class Searches:
    """Answers searches, each once while this lives."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._answers: dict[str, tuple[str, ...]] = {}

    async def answered(
        self, fields: Mapping[str, Any], shape: BlueprintShape | None
    ) -> tuple[dict[str, Any], SearchFailed | None]:
        """The fields with identifiers in place of searches; stops at the first that fails."""
        found = dict(fields)
        for name, value in fields.items():
            if not isinstance(value, dict) or not (name == "team" or name.startswith(RELATION)):
                continue
            relation = shape.relations.get(name.removeprefix(RELATION)) if shape is not None else None
            target = TEAMS if name == "team" else relation.target if relation is not None else None
            if target is None:
                return found, SearchFailed(name, "there is no such relation", "E_RELATION_UNKNOWN")
            hits = await self._search(target, value)
            many = name == "team" or (relation is not None and relation.many)
            problem = _problem(hits, target, many=many)
            if problem is not None:
                return found, SearchFailed(name, problem)
            found[name] = list(hits) if many else hits[0]
        return found, None

    async def _search(self, blueprint: str, rule: Mapping[str, Any]) -> tuple[str, ...]:
        key = digest([blueprint, rule])
        if key not in self._answers:
            self._answers[key] = tuple(await self._catalog.search(blueprint, rule, MOST + 1))
        return self._answers[key]


def _problem(hits: tuple[str, ...], target: str, *, many: bool) -> str | None:
    if len(hits) > MOST:
        return f'the search finds more than {MOST} entities of "{target}"; at most {MOST} are allowed'
    if many or len(hits) == 1:
        return None
    shown = ", ".join(f'"{each}"' for each in hits[:5])
    return f'the search finds {len(hits)} entities of "{target}"{": " + shown if hits else ""}; exactly one is needed'


def targets_of(fields: Mapping[str, Any], shape: BlueprintShape | None) -> dict[EntityKey, str]:
    """The entities that relations name, with the field that names each."""
    found: dict[EntityKey, str] = {}
    for name, value in fields.items():
        relation = shape.relations.get(name.removeprefix(RELATION)) if shape and name.startswith(RELATION) else None
        if relation is None or value is None or isinstance(value, dict):
            continue
        for identifier in value if isinstance(value, list) else [value]:
            if isinstance(identifier, str):
                found.setdefault(EntityKey(relation.target, identifier), name)
    return found


def never_implied(keys: Iterable[EntityKey]) -> list[EntityKey]:
    """Those that are not created as empty targets: the catalog does not do that in system blueprints."""
    return [key for key in keys if key.blueprint.startswith(_SYSTEM)]
