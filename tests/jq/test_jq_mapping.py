"""Framework contract 6.3 to 6.5 and catalog API 9.2."""

from __future__ import annotations

from typing import Any

import pytest

from fairway.jq import Engine, EntityMapping, JqSyntaxError, evaluate_selector, expand_items

MAPPING: dict[str, Any] = {
    "identifier": ".id | tostring",
    "title": ".name",
    "blueprint": '"service"',
    "team": {"combinator": '"and"', "rules": [{"property": '"$email"', "operator": "'='", "value": ".mail"}]},
    "properties": {"stars": ".stars", "url": '"https://x/" + .name', "nested": {"deep": [".id", ".name"]}, "n": 5},
    "relations": {"owner": ".owners[]", "others": "[.owners[] | ascii_upcase]", "none": "empty"},
}


async def test_maps_every_leaf(engine: Engine) -> None:
    item = {"id": 7, "name": "a", "stars": 10, "mail": "m@x", "owners": ["p", "q"]}
    (entity,) = await EntityMapping(engine, MAPPING).evaluate([item])
    assert entity.problems == []
    assert entity.fields == {
        "identifier": "7",
        "title": "a",
        "blueprint": "service",
        "team": {"combinator": "and", "rules": [{"property": "$email", "operator": "=", "value": "m@x"}]},
        "properties": {"stars": 10, "url": "https://x/a", "nested": {"deep": [7, "a"]}, "n": 5},
        "relations": {"owner": "p", "others": ["P", "Q"], "none": None},
    }


async def test_an_error_is_null_and_named(engine: Engine) -> None:
    broken, fine = await EntityMapping(engine, MAPPING).evaluate([{"id": 1, "owners": [1]}, {"owners": []}])
    assert broken.fields["relations"] == {"owner": 1, "others": None, "none": None}
    assert [(problem.field, problem.program) for problem in broken.problems] == [
        ("relations.others", "[.owners[] | ascii_upcase]")
    ]
    assert fine.fields["identifier"] == "null"
    assert fine.fields["relations"] == {"owner": None, "others": [], "none": None}


async def test_one_runaway_field_fails_alone(engine: Engine) -> None:
    mapping = EntityMapping(engine, {"a": "if .x then last(repeat(1)) else 1 end", "b": "limit(1; .x)"})
    good, bad = await mapping.evaluate([{"x": False}, {"x": True}])
    assert good.fields == {"a": 1, "b": False}
    assert bad.fields == {"a": None, "b": True}
    assert [(problem.field, problem.kind) for problem in bad.problems] == [("a", "limit")]


async def test_a_bad_program_names_its_field(engine: Engine) -> None:
    with pytest.raises(JqSyntaxError) as caught:
        EntityMapping(engine, {"properties": {"x": ".["}})
    assert caught.value.details
    assert caught.value.details["field"] == "properties.x"
    assert "`.[`" in caught.value.message


async def test_a_selector_must_be_boolean(engine: Engine) -> None:
    program = engine.compile(".v")
    verdicts = await evaluate_selector(
        engine, program, [{"v": True}, {"v": False}, {"v": None}, {"v": "true"}, {"v": 1}]
    )
    assert [verdict.passed for verdict in verdicts] == [True, False, False, False, False]
    assert [verdict.error is None for verdict in verdicts] == [True, True, False, False, False]


async def test_items_are_expanded(engine: Engine) -> None:
    documents = [{"list": [1, 2], "k": "v"}, {"list": "no"}, {}, {"list": [1, 2, 3]}, {"list": []}, 5]
    found = await expand_items(engine, engine.compile(".list"), "item", documents, limit=2)
    assert found[0].items == [{"list": [1, 2], "k": "v", "item": 1}, {"list": [1, 2], "k": "v", "item": 2}]
    assert [expanded.error is None for expanded in found] == [True, False, False, False, True, False]
    assert all(expanded.items == [] for expanded in found[1:])
