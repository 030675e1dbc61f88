"""Operators, presets and context values on one document."""

from __future__ import annotations

from typing import Any

import pytest

from fairway.kit.errors import InvalidRequest
from fairway.portal.catalog.search.bind import Context
from fairway.portal.catalog.search.evaluate import matches
from fairway.portal.catalog.search.presets import PRESETS, preset_range
from fairway.portal.catalog.search.rules import NEGATIONS, parse_query

NOW = 1_706_443_200_000  # 2024-01-28T12:00:00Z
DOCUMENT: dict[str, Any] = {
    "identifier": "svc-a",
    "title": "Service A",
    "blueprint": "service",
    "icon": None,
    "team": ["red", "blue"],
    "properties": {
        "tier": "gold", "score": 7, "ratio": 0.5, "live": True, "tags": ["a", "b", 3], "empty": "", "nothing": None,
        "none": [], "at": "2024-01-28T13:00:00+01:00", "expired": "2024-01-28T11:59:59.999Z", "object": {"a": 1},
    },
    "relations": {"domain": "pay", "uses": ["x", "y"]},
    "scorecards": {"ready": {"level": "Gold", "rules": [{"identifier": "r", "status": "SUCCESS", "level": "Gold"}]}},
    "createdAt": "2024-01-27T12:00:00.000Z",
}  # fmt: skip
CONTEXT = Context(
    NOW,
    user={"identifier": "ann@x.io", "team": ["red"], "properties": {"role": "gold"}},
    teams=({"identifier": "red", "properties": {"size": 7}}, {"identifier": "green", "properties": {}}),
    my_teams=frozenset({"red", "Reds"}),
)


def holds(*rules: dict[str, Any], combinator: str = "and", context: Context = CONTEXT) -> bool:
    return matches(parse_query({"combinator": combinator, "rules": list(rules)}), DOCUMENT, context)


TRUE: list[tuple[str, str, Any]] = [
    ("tier", "=", "gold"), ("score", "=", 7.0), ("live", "=", True), ("at", "=", "2024-01-28T12:00:00Z"),
    ("tags", "=", ["a", "b", 3]), ("nothing", "=", None), ("unknown", "=", None), ("$team", "=", "red"),
    ("uses", "=", "x"), ("domain", "=", "pay"), ("$createdAt", "=", {"preset": "yesterday"}),
    ("score", ">", 6), ("score", ">=", 7), ("score", "<", 8), ("score", "<=", 7), ("tier", ">", "fold"),
    ("at", ">=", "2024-01-28"), ("at", "<", "2024-01-29T00:00:00Z"),
    ("nothing", "isEmpty", ...), ("empty", "isEmpty", ...), ("none", "isEmpty", ...), ("unknown", "isEmpty", ...),
    ("expired", "isExpired", ...), ("at", "between", {"from": "2024-01-28T12:00:00Z", "to": "2024-01-28T12:00:00Z"}),
    ("tier", "contains", "ol"), ("tags", "contains", "a"), ("tags", "contains", 3), ("tags", "containsAny", ["z", "b"]),
    ("tier", "containsAny", ["gold"]), ("tier", "beginsWith", "go"), ("tier", "endsWith", "ld"),
    ("tier", "in", ["gold", "x"]), ("tags", "in", ["b"]), ("$team", "in", "My Teams"), ("tier", "matchAny", ["gold"]),
    ("$identifier", "beginsWith", "svc-"), ("$blueprint", "=", "service"),
    ("tier", "=", {"context": "user", "property": "role"}),
    ("score", "=", {"context": "userTeams", "property": "size"}),
    ("$team", "containsAny", {"context": "userTeams", "property": "$identifier"}),
]  # fmt: skip
FALSE: list[tuple[str, str, Any]] = [
    ("score", "=", "7"), ("live", "=", 1), ("live", "=", "true"), ("tags", "=", "a"), ("tags", "=", ["a"]),
    ("tier", "=", "Gold"), ("nothing", ">", 0), ("score", ">", "6"), ("tags", ">", "a"), ("object", "contains", "a"),
    ("expired", "between", {"preset": "tomorrow"}), ("at", "isExpired", ...), ("tier", "isExpired", ...),
    ("score", "contains", "7"), ("score", "beginsWith", "7"), ("nothing", "contains", "a"), ("nothing", "in", ["a"]),
    ("object", "isEmpty", ...), ("score", "isEmpty", ...), ("live", "isEmpty", ...), ("tier", "contains", "%"),
    ("tier", "=", {"context": "user", "property": "unset"}), ("tier", "in", []), ("$icon", "=", "x"),
]  # fmt: skip


def _rule(name: str, operator: str, value: Any) -> dict[str, Any]:
    return {"property": name, "operator": operator, **({} if value is ... else {"value": value})}


def test_operators_and_their_negations() -> None:
    negations = {positive: negative for negative, positive in NEGATIONS.items()}
    for cases, expected in ((TRUE, True), (FALSE, False)):
        for case in cases:
            assert holds(_rule(*case)) is expected, case
            assert holds({**_rule(*case), "not": True}) is not expected, case
            if case[1] in negations:
                assert holds(_rule(case[0], negations[case[1]], case[2])) is not expected, case


def test_other_subjects() -> None:
    assert holds({"relation": "domain", "operator": "=", "value": "pay"})
    assert holds({"relation": "uses", "operator": "contains", "value": "y"})
    assert holds({"relation": "nope", "operator": "isEmpty"})
    assert holds({"scorecard": "ready", "operator": "=", "value": "Gold"})
    assert holds({"scorecard": "ready", "scorecardRule": "r", "operator": "=", "value": "SUCCESS"})
    assert not holds({"scorecard": "other", "operator": "=", "value": "Gold"})
    assert holds({"property": {"context": "user", "property": "role"}, "operator": "=", "value": "gold"})
    assert not holds({"property": {"context": "user", "property": "role"}, "operator": "!=", "value": "gold"})


def test_machines_are_nobody() -> None:
    nobody = Context(NOW)
    value = {"context": "user", "property": "role"}
    assert not holds(_rule("tier", "=", value), context=nobody)
    assert not holds(_rule("nothing", "=", value), context=nobody)
    assert holds(_rule("tier", "!=", value), context=nobody)
    assert not holds(_rule("$team", "in", "My Teams"), context=nobody)


def test_groups() -> None:
    yes, no = _rule("tier", "=", "gold"), _rule("tier", "=", "x")
    assert holds(yes, no, combinator="or")
    assert not holds(yes, no)
    assert holds(combinator="or")
    assert holds(combinator="and")
    conditions = {"combinator": "and", "conditions": [yes, {"combinator": "or", "conditions": [no, yes]}]}
    assert matches(parse_query(conditions), DOCUMENT, CONTEXT)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("today", "2024-01-28T00:00:00.000Z", "2024-01-28T23:59:59.999Z"),
        ("yesterday", "2024-01-27T00:00:00.000Z", "2024-01-27T23:59:59.999Z"),
        ("tomorrow", "2024-01-29T00:00:00.000Z", "2024-01-29T23:59:59.999Z"),
        ("lastDay", "2024-01-27T12:00:00.000Z", "2024-01-28T12:00:00.000Z"),
        ("last2Weeks", "2024-01-14T12:00:00.000Z", "2024-01-28T12:00:00.000Z"),
        ("last12Months", "2023-01-28T12:00:00.000Z", "2024-01-28T12:00:00.000Z"),
        ("nextWeek", "2024-01-28T12:00:00.000Z", "2024-02-04T12:00:00.000Z"),
    ],
)
def test_presets(name: str, low: str, high: str) -> None:
    def at(text: str) -> bool:
        document = {"properties": {"at": text}}
        return matches(
            parse_query({"combinator": "and", "rules": [_rule("at", "between", {"preset": name})]}), document, CONTEXT
        )

    assert at(low)
    assert at(high)
    begin, end = preset_range(name, NOW)
    assert begin < end


def test_every_preset_has_a_range() -> None:
    for name in PRESETS:
        low, high = preset_range(name, NOW)
        assert low < high


def test_what_a_document_cannot_answer_is_refused() -> None:
    for rule in (
        {"operator": "relatedTo", "blueprint": "a", "value": "b"},
        {"operator": "matchAny", "property": {"path": ["a"]}, "value": "b"},
        {"propertySchema": {"type": "string"}, "operator": "=", "value": "b"},
    ):
        with pytest.raises(InvalidRequest):
            holds(rule)
