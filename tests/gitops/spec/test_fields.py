"""Sections 2.3, 2.5 and 2.8: the fields of a definition."""

from __future__ import annotations

import pytest

from support.specs import one, places, read

START = "identifier: a\nblueprint: service\n"


def test_the_contract_s_first_example() -> None:
    found = one(
        "identifier: checkout\nblueprint: service\nproperties:\n  tier: 1\n  version: 1.10\n"
        "  readme: file://./README.md\nrelations:\n  domain: payments\n"
    )
    assert found.key == ("service", "checkout")
    assert found.properties == {"tier": 1, "version": "1.10", "readme": "file://./README.md"}
    assert found.relations == {"domain": "payments"}
    assert found.present == frozenset()
    assert (found.title, found.icon, found.team) == (None, None, None)
    assert found.mark == (1, 1)
    assert found.marks[("relations", "domain")] == (8, 3)


def test_the_contract_s_second_example() -> None:
    spec = read(
        "- identifier: payments\n  blueprint: domain\n- identifier: checkout\n  blueprint: service\n  relations:\n"
        '    owner: {combinator: and, rules: [{property: handle, operator: "=", value: kim}]}\n---\n'
        "identifier: refunds\nblueprint: service\nproperties: {tier: null}  # clears\n"
    )
    assert spec.diagnostics == ()
    payments, checkout, refunds = spec.definitions
    assert payments.key == ("domain", "payments")
    rule = {"property": "handle", "operator": "=", "value": "kim"}
    assert checkout.relations == {"owner": {"combinator": "and", "rules": [rule]}}
    assert checkout.mark == (3, 3)
    assert refunds.properties == {"tier": None}
    assert refunds.mark == (8, 1)


def test_absent_and_null_are_told_apart() -> None:
    found = one(START + "title: null\nicon:\nteam: ~\nproperties:\n  tier: null\nrelations:\n  owner: null\n")
    assert found.present == {"title", "icon", "team"}
    assert (found.title, found.icon, found.team) == (None, None, None)
    assert found.properties == {"tier": None}
    assert found.relations == {"owner": None}


@pytest.mark.parametrize(
    "empty", ["properties:\nrelations:\n", "properties: ~\nrelations: null\n", "properties: {}\n", ""]
)
def test_no_properties_or_relations(empty: str) -> None:
    found = one(START + empty)
    assert (found.properties, found.relations) == ({}, {})


def test_team_in_its_forms() -> None:
    assert one(START + "team: 007\n").team == "007"
    assert one(START + "team: [a, 1.0]\n").team == ["a", "1.0"]
    search = "team: {combinator: or, rules: [{property: $title, operator: in, value: [1, x]}]}\n"
    rule = {"property": "$title", "operator": "in", "value": ["1", "x"]}
    assert one(START + search).team == {"combinator": "or", "rules": [rule]}


@pytest.mark.parametrize(("content", "found"), [
    ("blueprint: service\n", [("E_FIELD_MISSING", 1, 1)]),
    ("identifier: a\n", [("E_FIELD_MISSING", 1, 1)]),
    ("{}", [("E_FIELD_MISSING", 1, 1), ("E_FIELD_MISSING", 1, 1)]),
    ("identifier:\nblueprint: service\n", [("E_FIELD_MISSING", 1, 1)]),
    ("- title: x\n  blueprint: ~\n  identifier: a\n", [("E_FIELD_MISSING", 2, 3)]),
    ("identifier: {combinator: and, rules: []}\nblueprint: service\n", [("E_FIELD_TYPE", 1, 13)]),
    ("identifier: a\nblueprint: [service]\n", [("E_FIELD_TYPE", 2, 12)]),
    (START + "title: [a]\n", [("E_FIELD_TYPE", 3, 8)]),
    (START + "icon: {a: b}\n", [("E_FIELD_TYPE", 3, 7)]),
    (START + "team: [a, [b]]\n", [("E_FIELD_TYPE", 3, 11)]),
    (START + "team: [a, null]\n", [("E_FIELD_TYPE", 3, 11)]),
    (START + "properties:\n- a\n", [("E_FIELD_TYPE", 4, 1)]),
    (START + "properties: text\n", [("E_FIELD_TYPE", 3, 13)]),
    (START + "relations: 5\n", [("E_FIELD_TYPE", 3, 12)]),
    (START + "relations:\n  uses: [a, {b: c}]\n", [("E_FIELD_TYPE", 4, 13)]),
    (START + "relations:\n  uses: [a, ~]\n", [("E_FIELD_TYPE", 4, 13)]),
    (START + 'title: "a\\0b"\n', [("E_FIELD_TYPE", 3, 8)]),
    (START + "properties:\n  size: .inf\n", [("E_PROPERTY_TYPE", 4, 9)]),
    (START + "properties:\n  size: [1, 1e999]\n", [("E_PROPERTY_TYPE", 4, 13)]),
])  # fmt: skip
def test_wrong_fields(content: str, found: list[tuple[str, int, int]]) -> None:
    spec = read(content)
    assert spec.readable
    assert places(spec) == found
    assert spec.definitions == ()


def test_the_key_of_a_bad_definition_is_told_when_it_can_be_read() -> None:
    spec = read(START + "properties: 5\n---\nblueprint: service\n---\nidentifier: c\nblueprint: service\n")
    assert spec.broken == (("service", "a"),)
    assert spec.nameless == 1
    assert [definition.key for definition in spec.definitions] == [("service", "c")]
    first, second = spec.diagnostics
    assert str(first) == (
        'port.yml:3:13: E_FIELD_TYPE: "properties" is a number; a mapping is needed (entity "service/a")'
    )
    assert str(second) == 'port.yml:5:1: E_FIELD_MISSING: The field "identifier" is missing in entity 2 of 3'


@pytest.mark.parametrize(("field", "suggestion"), [
    ("propertes", "properties"), ("relation", "relations"), ("Title", "title"), ("icno", "icon"), ("teams", "team"),
])  # fmt: skip
def test_unknown_fields_are_dropped_with_a_suggestion(field: str, suggestion: str) -> None:
    spec = read(f"{START}{field}: {{tier: 1}}\n")
    assert places(spec) == [("W_UNKNOWN_FIELD", 3, 1)]
    assert f'did you mean "{suggestion}"?' in spec.diagnostics[0].message
    assert len(spec.definitions) == 1


def test_unknown_fields_that_the_blueprint_knows() -> None:
    found = places(read(START + "owner: kim\nscorecards: {}\n"))
    assert found == [("W_UNKNOWN_FIELD", 3, 1), ("W_UNKNOWN_FIELD", 4, 1)]
    from support.specs import SHAPES

    hints = [each.hint or "" for each in read(START + "owner: kim\ntier: 1\n", shapes=SHAPES).diagnostics]
    assert '"relations"' in hints[0]
    assert '"properties"' in hints[1]


def test_a_misspelt_identifier_is_pointed_at() -> None:
    spec = read("identifer: a\nblueprint: service\n")
    assert places(spec) == [("E_FIELD_MISSING", 1, 1), ("W_UNKNOWN_FIELD", 1, 1)]
    assert '"identifer" in line 1 is nearly that' in spec.diagnostics[0].message


def test_the_same_entity_twice_in_a_file() -> None:
    spec = read(START + "title: first\n---\n" + START + "title: second\n")
    assert [definition.title for definition in spec.definitions] == ["first"]
    assert places(spec) == [("E_DUPLICATE_ENTITY", 5, 13)]
    assert "line 1" in spec.diagnostics[0].message
    assert "line 5" in spec.diagnostics[0].message
    assert spec.broken == ()


def test_the_first_counts_even_when_it_is_broken() -> None:
    spec = read(START + "title: []\n---\n" + START)
    assert spec.definitions == ()
    assert spec.broken == (("service", "a"),)
    assert places(spec) == [("E_FIELD_TYPE", 3, 8), ("E_DUPLICATE_ENTITY", 5, 13)]
