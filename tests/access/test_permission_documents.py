"""PATCH of blueprint permissions (contract 2.10; conformance scenario 25)."""

from __future__ import annotations

from typing import Any

import pytest

from fairway.kit.errors import InvalidPermissions, InvalidRequest
from fairway.portal.access.decisions import default_permissions, merge_permissions

POLICY = {"combinator": "and", "rules": [{"property": "tier", "operator": "=", "value": "1"}]}


def merge(patch: Any, stored: Any = None) -> dict[str, Any]:
    merged = merge_permissions(stored or default_permissions("s"), patch, ["tier"], ["domain"])
    entities: dict[str, Any] = merged["entities"]
    return entities


def test_blocks_that_are_not_sent_stay() -> None:
    merged = merge({"entities": {"read": {"users": ["a@b.c"]}}})
    assert merged["read"] == {
        "users": ["a@b.c"],
        "roles": ["Admin", "Member", "s-moderator"],
        "teams": [],
        "ownedByTeam": False,
    }
    assert merged["update"] == default_permissions("s")["entities"]["update"]


def test_nulls_are_empty() -> None:
    nulls = {"users": None, "roles": None, "teams": None, "ownedByTeam": None, "policy": None}
    merged = merge(
        {"entities": {"read": nulls, "update": nulls, "register": None, "updateProperties": {"tier": nulls}}}
    )
    empty = {"users": [], "roles": [], "teams": [], "ownedByTeam": False}
    assert merged["read"] == merged["update"] == merged["register"] == merged["updateProperties"]["tier"] == empty


def test_policy_goes_when_it_is_not_sent_again() -> None:
    stored = {"entities": merge({"entities": {"read": {"roles": [], "policy": POLICY}}})}
    assert stored["entities"]["read"]["policy"] == POLICY
    assert merge({"entities": {"update": {}}}, stored)["read"]["policy"] == POLICY
    assert "policy" not in merge({"entities": {"read": {"roles": ["Member"]}}}, stored)["read"]
    assert "policy" not in merge({"entities": {"read": {"policy": None}}}, stored)["read"]


def test_granular_maps_merge_by_name() -> None:
    first = {"entities": merge({"entities": {"updateProperties": {"tier": {"roles": ["A"]}, "$title": {}}}})}
    merged = merge({"entities": {"updateProperties": {"$title": None}, "updateRelations": {"domain": {}}}}, first)
    assert list(merged["updateProperties"]) == ["tier"]
    assert list(merged["updateRelations"]) == ["domain"]
    assert merge({"entities": {"updateProperties": None}}, first)["updateProperties"] == {}


def test_unknown_names_are_told_both_at_once() -> None:
    patch = {"entities": {"updateProperties": {"tier": {}, "x": {}}, "updateRelations": {"y": {}, "domain": {}}}}
    with pytest.raises(InvalidPermissions) as caught:
        merge(patch)
    assert caught.value.message == "You cannot update permissions on unknown fields"
    assert caught.value.details == {"invalidProperties": ["x"], "invalidRelations": ["y"]}


@pytest.mark.parametrize(
    "patch",
    [
        {"entities": []},
        {"entities": {}, "more": 1},
        {"entities": {"delete": {}}},
        {"entities": {"read": []}},
        {"entities": {"read": {"users": "a"}}},
        {"entities": {"read": {"users": [1]}}},
        {"entities": {"read": {"ownedByTeam": "yes"}}},
        {"entities": {"read": {"policy": {"rules": []}}}},
        {"entities": {"read": {"other": 1}}},
        {"entities": {"update": {"policy": POLICY}}},
        {"entities": {"updateProperties": []}},
    ],
)
def test_other_shapes_are_refused(patch: Any) -> None:
    with pytest.raises(InvalidRequest):
        merge(patch)
