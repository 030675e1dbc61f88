"""What a scorecard is, checked and compiled (contract 5.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairway.kit.clock import rfc3339
from fairway.kit.errors import InvalidRequest
from fairway.portal.catalog.search.rules import (
    Group,
    Not,
    PathRule,
    RelatedTo,
    Rule,
    ScorecardRule,
    parse_query,
)
from fairway.portal.http.requests import optional, require

DEFAULT_LEVELS: list[dict[str, str]] = [
    {"title": "Basic", "color": "paleBlue"},
    {"title": "Bronze", "color": "bronze"},
    {"title": "Silver", "color": "silver"},
    {"title": "Gold", "color": "gold"},
]
"""Compared deeply by a client, which hides them when they are exactly these."""

_LETTER = r"[^\W\d_]"
_SCORECARD = re.compile(rf"(?!\.{{1,2}}\Z)(?:{_LETTER}|[0-9@_.+:\\/=-]){{1,100}}\Z")
_RULE = re.compile(r"[A-Za-z0-9@_=\\-]{1,100}\Z")
_READ_ONLY = ("id", "blueprint", "createdAt", "createdBy", "updatedAt", "updatedBy")


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule of a scorecard, ready to be asked."""

    identifier: str
    level: str
    rank: int
    """Position of the level."""
    rule: Rule


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A scorecard as stored, with its rules compiled."""

    id: str
    blueprint_id: int
    identifier: str
    position: int
    document: Mapping[str, Any]
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str
    filter: Rule | None
    rules: tuple[CompiledRule, ...]

    @property
    def title(self) -> str:
        return str(self.document["title"])

    @property
    def levels(self) -> list[dict[str, Any]]:
        """Lowest first."""
        return levels_of(self.document)


def parse(body: Any, where: str = "body") -> dict[str, Any]:
    """The document of a scorecard, checked; what only reads show is left out.

    Raises:
        InvalidRequest: with what is wrong, where, and what would be right.
    """
    if not isinstance(body, dict):
        raise InvalidRequest(f"A scorecard must be an object ({where})")
    document = {key: value for key, value in body.items() if key not in _READ_ONLY}
    identifier = require(document, "identifier", str, where=where)
    if not _SCORECARD.match(identifier):
        raise InvalidRequest(
            f'Scorecard identifier "{identifier[:100]}" is not valid: 1 to 100 letters, digits and @ _ . + : \\ / = -'
        )
    require(document, "title", str, where=where)
    _check_levels(document, where)
    if optional(document, "filter", dict, where=where) is not None:
        _compile(document["filter"], f"{where}.filter")
    seen: set[str] = set()
    for number, rule in enumerate(require(document, "rules", list, where=where)):
        _check_rule(rule, f"{where}.rules[{number}]", levels_of(document), seen)
    return document


def levels_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The levels of a document, those of the contract when it names none."""
    return document.get("levels") or DEFAULT_LEVELS


def compiled(document: Mapping[str, Any]) -> tuple[Rule | None, tuple[CompiledRule, ...]]:
    """Filter and rules of a checked document."""
    ranks = {level["title"]: rank for rank, level in enumerate(levels_of(document))}
    rules = tuple(
        CompiledRule(rule["identifier"], rule["level"], ranks[rule["level"]], parse_query(rule["query"]))
        for rule in document["rules"]
    )
    return (parse_query(document["filter"]) if document.get("filter") else None), rules


def show(scorecard: Scorecard, blueprint: str) -> dict[str, Any]:
    """The scorecard as answers carry it."""
    return {
        "id": scorecard.id,
        **scorecard.document,
        "levels": scorecard.levels,
        "blueprint": blueprint,
        "createdAt": rfc3339(scorecard.created_at),
        "createdBy": scorecard.created_by,
        "updatedAt": rfc3339(scorecard.updated_at),
        "updatedBy": scorecard.updated_by,
    }


def _check_levels(document: dict[str, Any], where: str) -> None:
    titles = []
    for number, level in enumerate(optional(document, "levels", list, where=where) or []):
        place = f"{where}.levels[{number}]"
        if not isinstance(level, dict):
            raise InvalidRequest(f'{place} must be an object with "title" and "color"')
        titles.append(require(level, "title", str, where=place))
        require(level, "color", str, where=place)
    if len(set(titles)) != len(titles):
        raise InvalidRequest(f"{where}.levels: each level needs a title of its own, not {', '.join(titles)}")


def _check_rule(rule: Any, where: str, levels: list[dict[str, Any]], seen: set[str]) -> None:
    if not isinstance(rule, dict):
        raise InvalidRequest(f"{where} must be an object")
    identifier = require(rule, "identifier", str, where=where)
    if not _RULE.match(identifier):
        raise InvalidRequest(f'{where}: identifier "{identifier[:100]}" may hold 1 to 100 of A-Z a-z 0-9 @ _ = \\ -')
    if identifier in seen:
        raise InvalidRequest(f'{where}: the scorecard has a rule "{identifier}" already')
    seen.add(identifier)
    require(rule, "title", str, where=where)
    optional(rule, "description", str, where=where)
    level = require(rule, "level", str, where=where)
    above = [each["title"] for each in levels[1:]]
    if level not in above:
        allowed = ", ".join(f'"{title}"' for title in above) or "none, for there is only one level"
        raise InvalidRequest(
            f'{where}: rule "{identifier}" has level "{level}"; allowed are {allowed} '
            f'(the first level, "{levels[0]["title"]}", holds no rules)'
        )
    _compile(require(rule, "query", dict, where=where), f"{where}.query")


def _compile(query: dict[str, Any], where: str) -> None:
    parsed = parse_query(query, where)
    if isinstance(parsed, Group) and not parsed.rules:
        raise InvalidRequest(f'{where}: "conditions" must hold at least one condition')
    _refuse_graph(parsed, where)


def _refuse_graph(rule: Rule, where: str) -> None:
    """A condition is about the entity itself: what it is related to is asked through mirrors and aggregations."""
    match rule:
        case Group(_, rules):
            for inner in rules:
                _refuse_graph(inner, where)
        case Not(inner):
            _refuse_graph(inner, where)
        case RelatedTo() | PathRule() | ScorecardRule():
            raise InvalidRequest(f'{where}: conditions ask for a "property" or a "relation" of the entity')
        case _:
            return
