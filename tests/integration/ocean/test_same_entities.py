"""The same integration through the published port-ocean and through ours: the same entities (contract section 24)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.live import LivePortal
from support.ocean import BREAKS, Compared, published

pytestmark = pytest.mark.slow

_STRING, _NUMBER, _LIST, _OBJECT = ({"type": name} for name in ("string", "number", "array", "object"))
TEAM = {"identifier": "squad", "title": "Squad", "schema": {"properties": {"mail": _STRING}, "required": []}}
SERVICE = {
    "identifier": "service",
    "title": "Service",
    "schema": {
        "properties": {
            "url": _STRING, "stars": _NUMBER, "ratio": _NUMBER, "topics": _LIST, "labels": _OBJECT, "quoted": _STRING,
            "shout": _STRING, "day": _STRING, "missing": _STRING,
        },
        "required": [],
    },
    "relations": {
        "owner": {"target": "squad", "many": False, "required": False, "title": "Owner"},
        "uses": {"target": "service", "many": True, "required": False, "title": "Uses"},
        "contact": {"target": "squad", "many": False, "required": False, "title": "Contact"},
    },
}  # fmt: skip
TOPIC = {"identifier": "topic", "title": "Topic", "schema": {"properties": {"service": _STRING}, "required": []}}
_BY_MAIL = {"combinator": '"and"', "rules": [{"property": '"mail"', "operator": '"="', "value": ".mail"}]}
_MAPPINGS: dict[str, Any] = {
    "identifier": '.group + "/" + .name | gsub(" "; "")',
    "title": ".name",
    "icon": "'Box'",
    "blueprint": '"service"',
    "properties": {
        "url": '"https://example.com/" + (.name | @uri)',
        "stars": ".stats.stars // 0",
        "ratio": ".stats.stars / 3",
        "topics": "[.topics[]? | ascii_downcase]",
        "labels": "(.labels // []) | map({(.key): .value}) | add",
        "quoted": "'it' + \"'s\"",
        "shout": 'if .name | test("^a"; "i") then .name | ascii_upcase else null end',
        "day": '.at | split("T") | .[0]?',
        "missing": ".nowhere.at.all",
    },
    "relations": {"owner": ".owner.team", "uses": "[.uses[]?]", "contact": _BY_MAIL},
}
MAPPING = {
    "deleteDependentEntities": True,
    "createMissingRelatedEntities": True,
    "enableMergeEntity": True,
    "entityDeletionThreshold": 1,
    "resources": [
        {"kind": "squad", "selector": {"query": "true"}, "port": {"entity": {"mappings": {
            "identifier": ".id", "title": ".title", "blueprint": '"squad"', "properties": {"mail": ".mail"}}}}},
        {"kind": "repository", "selector": {"query": ".archived | not"}, "port": {"entity": {"mappings": _MAPPINGS}}},
        {"kind": "repository", "selector": {"query": "true"}, "port": {
            "itemsToParse": ".topics", "itemsToParseName": "topic", "entity": {"mappings": {
                "identifier": ".name + \"-\" + .topic | gsub(\" \"; \"_\")", "title": ".topic", "blueprint": '"topic"',
                "properties": {"service": ".name"}}}}},
    ],
}  # fmt: skip
SQUADS = [{"id": f"s{n}", "title": f"Squad {n}", "mail": f"s{n}@example.com"} for n in range(3)]


def repository(number: int, **changes: Any) -> dict[str, Any]:
    """A raw item."""
    return {
        "name": f"{'Alpha' if number % 2 else 'beta'} {number}",
        "group": "g",
        "stats": {"stars": number} if number % 3 else {},
        "topics": ["One", f"T{number}"][: number % 3],
        "labels": [{"key": "tier", "value": str(number % 4)}],
        "owner": {"team": f"s{number % 3}"} if number % 4 else None,
        "uses": [f"g/beta{number - 2}"] if number % 2 == 0 and number > 2 else [],
        "mail": f"s{number % 5}@example.com",
        "at": "2026-01-02T03:04:05Z",
        **changes,
    }


def estate(count: int) -> dict[str, Any]:
    """Two pages of ordinary items, one of awkward ones."""
    items = [repository(number) for number in range(count)]
    awkward = [
        repository(900, archived=True),
        repository(901, name=None),
        repository(902, group=None),
        repository(903, name=""),
        repository(904, name="größe ☃", topics=[]),
        repository(905, stats={"stars": 1e21}),
        repository(906, stats={"stars": 0.1}, labels=None),
        repository(907, stats={"stars": 9007199254740991}),
        repository(908, owner={"team": "created-by-need"}, at=None),
        repository(909, topics=["tab\there", "a/b", "ünïcode"]),
    ]
    return {"squad": [SQUADS], "repository": [items[: count // 2], items[count // 2 :], awkward]}


@pytest.fixture
def compared(live_portal: LivePortal, tmp_path: Path) -> Compared:
    """Both, with their blueprints and mapping."""
    both = Compared(tmp_path, live_portal, published(), estate(40))
    both.write([TEAM, SERVICE, TOPIC], MAPPING)
    return both


def test_both_make_the_same_entities_and_follow_the_same_changes(compared: Compared) -> None:
    assert compared.theirs() == 0
    first = compared.entities()
    changed = estate(36)
    changed["repository"][0][3]["stats"] = {"stars": 77}
    compared.items = changed
    assert compared.theirs() == 0
    second = compared.entities()
    compared.clear()

    compared.items = estate(40)
    assert compared.ours() == 0
    assert compared.entities() == first
    compared.items = changed
    assert compared.ours() == 0
    assert compared.entities() == second
    assert 60 < len(second) < len(first)


def test_both_keep_what_a_broken_listing_did_not_name(compared: Compared) -> None:
    found = []
    for run, code in ((compared.theirs, 0), (compared.ours, 1)):
        compared.items = estate(40)
        assert run() == 0
        whole = compared.entities()
        compared.items = {**estate(40), "repository": [estate(40)["repository"][0], BREAKS]}
        assert run() == code
        assert compared.entities() == whole
        found.append(whole)
        compared.clear()
    assert found[0] == found[1]
