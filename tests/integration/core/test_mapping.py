"""Raw items through a compiled resource (contract 6.3 to 6.6; scenarios 5 to 11)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from fairway.integration.mapping.batch import MappedBatch
from fairway.integration.mapping.compiled import CompiledResource
from fairway.integration.mapping.config import parse_config
from fairway.integration.mapping.outcome import key_of
from fairway.integration.model import Counts, Entity, Problem
from fairway.jq import Engine
from fairway.jq.pace import Pace

SERVICE = {"identifier": ".id", "blueprint": '"service"'}


async def run(
    engine: Engine,
    items: list[Any],
    mappings: Any = SERVICE,
    query: str = "true",
    *,
    parse_all: bool = False,
    **port: Any,
) -> MappedBatch:
    document = {"kind": "k", "selector": {"query": query}, "port": {**port, "entity": {"mappings": mappings}}}
    config = parse_config({"resources": [document]})
    assert config.problems == ()
    return await CompiledResource.of(engine, config.resources[0]).map(items, parse_all=parse_all)


async def one(engine: Engine, item: Mapping[str, Any], **fields: Any) -> Entity:
    batch = await run(engine, [dict(item)], {**SERVICE, **fields})
    return batch.entities[0]


# --- mappings -----------------------------------------------------------------------------------------------------


async def test_an_entity_has_exactly_the_keys_of_its_mapping(engine: Engine) -> None:
    entity = await one(engine, {"id": "a", "n": 1}, title=".name", properties={"stars": ".n"}, relations={})
    assert entity.blueprint == "service"
    assert entity.document == {
        "identifier": "a", "blueprint": "service", "title": None, "properties": {"stars": 1}, "relations": {},
    }  # fmt: skip


@pytest.mark.parametrize("value", [None, "", 0, [], {}, False])
async def test_an_empty_identifier_drops_the_entity(engine: Engine, value: Any) -> None:
    batch = await run(engine, [{"id": value}])
    assert batch.entities == []
    assert batch.counts == Counts(raw=1, dropped=1)
    assert batch.problems[0].where == "identifier"


async def test_an_empty_blueprint_drops_the_entity(engine: Engine) -> None:
    batch = await run(engine, [{"id": "a"}], {"identifier": ".id", "blueprint": ".type"})
    assert batch.counts == Counts(raw=1, dropped=1)
    assert batch.problems[0].where == "blueprint"


@pytest.mark.parametrize(
    ("value", "text"), [(7, "7"), (1.5, "1.5"), (3.0, "3"), (12345678901234567890, "12345678901234567890")]
)
async def test_a_number_as_identifier_is_sent_as_text(engine: Engine, value: float, text: str) -> None:
    assert (await one(engine, {"id": value})).identifier == text


@pytest.mark.parametrize("value", [["a"], {"a": 1}])
async def test_a_list_or_object_as_identifier_is_sent_as_it_is(engine: Engine, value: Any) -> None:
    assert (await one(engine, {"id": value})).identifier == value


async def test_a_blueprint_that_is_no_text_fails_the_item(engine: Engine) -> None:
    batch = await run(engine, [{"id": "a", "b": ["x"]}], {"identifier": ".id", "blueprint": ".b"})
    assert batch.counts == Counts(raw=1, failed=1)


async def test_the_blueprint_may_be_computed_per_item(engine: Engine) -> None:
    batch = await run(engine, [{"id": "1", "t": "x"}, {"id": "2", "t": "y"}], {**SERVICE, "blueprint": ".t"})
    assert [key_of(entity) for entity in batch.entities] == [("x", "1"), ("y", "2")]


@pytest.mark.parametrize("value", [None, "a", ["a", "b"]])
async def test_a_relation_may_be_null_text_or_list(engine: Engine, value: Any) -> None:
    entity = await one(engine, {"id": "a", "r": value}, relations={"owner": ".r"})
    assert entity.document["relations"] == {"owner": value}


SEARCH = {
    "combinator": '"and"',
    "rules": [
        {"property": '"$email"', "operator": '"="', "value": ".mail"},
        {"combinator": '"or"', "rules": [{"property": "'x'", "operator": '"="', "value": ".n"}]},
    ],
}
FOUND = {
    "combinator": "and",
    "rules": [
        {"property": "$email", "operator": "=", "value": "a@b.c"},
        {"combinator": "or", "rules": [{"property": "x", "operator": "=", "value": 1}]},
    ],
}


async def test_a_search_is_evaluated_leaf_by_leaf(engine: Engine) -> None:
    item = {"id": "a", "mail": "a@b.c", "n": 1}
    entity = await one(engine, item, identifier=SEARCH, team=SEARCH, relations={"oncall": SEARCH})
    assert entity.identifier == FOUND
    assert entity.document["team"] == FOUND
    assert entity.document["relations"] == {"oncall": FOUND}


async def test_the_key_of_a_search_is_its_canonical_json(engine: Engine) -> None:
    entity = Entity("b", {"identifier": {"rules": [], "combinator": "and"}})
    assert key_of(entity) == ("b", '{"combinator":"and","rules":[]}')


async def test_properties_may_nest_and_hold_constants(engine: Engine) -> None:
    entity = await one(engine, {"id": "a"}, properties={"x": {"y": [".id", 5]}, "on": True})
    assert entity.document["properties"] == {"x": {"y": ["a", 5]}, "on": True}


async def test_each_of_several_mappings_yields_its_entity(engine: Engine) -> None:
    other = {"identifier": ".other", "blueprint": '"other"'}
    batch = await run(engine, [{"id": "a", "other": None}, {"id": "b", "other": "c"}], [SERVICE, other])
    assert [key_of(entity) for entity in batch.entities] == [("service", "a"), ("service", "b"), ("other", "c")]
    assert batch.counts == Counts(raw=2, mapped=3, dropped=1)
    assert batch.problems[0].where == "mappings.1.identifier"


# --- evaluation ---------------------------------------------------------------------------------------------------


async def test_only_the_first_output_counts(engine: Engine) -> None:
    entity = await one(engine, {"id": "a", "l": [1, 2]}, properties={"x": ".l[]", "none": "empty"})
    assert entity.document["properties"] == {"x": 1, "none": None}


async def test_a_program_that_fails_gives_null_and_a_problem_with_item_field_and_expression(engine: Engine) -> None:
    batch = await run(engine, [{"id": "a", "n": 5}], {**SERVICE, "properties": {"url": ".n | ascii_downcase"}})
    assert batch.entities[0].document["properties"] == {"url": None}
    problem = batch.problems[0]
    assert (problem.where, problem.program) == ("properties.url", ".n | ascii_downcase")
    assert problem.item == '{"id": "a"}'
    assert problem.message
    assert batch.counts == Counts(raw=1, mapped=1)


async def test_a_false_selector_filters(engine: Engine) -> None:
    batch = await run(engine, [{"id": "a", "old": True}, {"id": "b", "old": False}], query=".old | not")
    assert [entity.identifier for entity in batch.entities] == ["b"]
    assert batch.counts == Counts(raw=2, filtered=1, mapped=1)
    assert batch.problems == []


@pytest.mark.parametrize(("query", "shown"), [(".x", "null"), ('"yes"', '"yes"'), ("1", "1"), ("empty", "nothing")])
async def test_a_selector_that_is_no_boolean_fails_the_item_and_names_it(
    engine: Engine, query: str, shown: str
) -> None:
    batch = await run(engine, [{"id": "a"}], query=query)
    assert batch.counts == Counts(raw=1, failed=1)
    problem = batch.problems[0]
    assert problem.message == f"the selector must give true or false, not {shown}"
    assert (problem.where, problem.program, problem.item) == ("selector.query", query, '{"id": "a"}')


async def test_parse_all_maps_what_the_selector_refuses_apart(engine: Engine) -> None:
    batch = await run(engine, [{"id": "a"}, {"id": "b"}], query='.id == "a"', parse_all=True)
    assert [entity.identifier for entity in batch.entities] == ["a"]
    assert [entity.identifier for entity in batch.unselected] == ["b"]
    assert batch.counts == Counts(raw=2, filtered=1, mapped=1)


@pytest.mark.parametrize(
    ("program", "value"), [("'x'", "x"), ('"x"', "x"), ('"it\'s"', "it's"), ("'a' + .id", "aI"), (".id == 'I'", True)]
)
async def test_quotes(engine: Engine, program: str, value: Any) -> None:
    assert (await one(engine, {"id": "I"}, properties={"p": program})).document["properties"] == {"p": value}


async def test_programs_do_not_see_the_environment(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRWAY_TEST_HOME", "secret")
    entity = await one(engine, {"id": "a"}, properties={"a": "env.FAIRWAY_TEST_HOME", "b": "$ENV.FAIRWAY_TEST_HOME"})
    assert entity.document["properties"] == {"a": None, "b": None}


async def test_programs_see_the_environment_they_are_given() -> None:
    engine = Engine(env={"REGION": "eu"})
    try:
        entity = await one(engine, {"id": "a"}, properties={"a": "env.REGION", "b": "$ENV.REGION"})
    finally:
        await engine.aclose()
    assert entity.document["properties"] == {"a": "eu", "b": "eu"}


async def test_dates_in_raw_items_are_iso_text(engine: Engine) -> None:
    item = {"id": "a", "at": datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "deep": [{"on": date(2026, 1, 2)}]}
    entity = await one(engine, item, properties={"at": ".at", "year": ".at[:4]", "on": ".deep[0].on"})
    assert entity.document["properties"] == {"at": "2026-01-02T03:04:00+00:00", "year": "2026", "on": "2026-01-02"}


@pytest.mark.parametrize("item", [{"id": "a", "x": {1}}, {"id": "a", 5: "x"}, ["a"], None, "text"])
async def test_an_item_that_is_not_json_fails(engine: Engine, item: Any) -> None:
    batch = await run(engine, [item, {"id": "b"}])
    assert batch.counts == Counts(raw=2, failed=1, mapped=1)
    assert batch.problems[0].where == "item"


async def test_big_integers_keep_their_digits(engine: Engine) -> None:
    entity = await one(engine, {"id": "a", "n": 2**70}, properties={"n": ".n"})
    assert entity.document["properties"] == {"n": 2**70}


async def test_programs_beyond_the_compiled_subset_work(engine: Engine) -> None:
    entity = await one(engine, {"id": "a", "l": [3, 1]}, properties={"x": ".l | to_entries | [paths] | length"})
    assert entity.document["properties"]["x"] == 6


async def test_nulls_are_counted_by_field(engine: Engine) -> None:
    mapping = {**SERVICE, "title": ".t", "properties": {"url": ".u", "n": ".n"}, "relations": {"o": ".o"}}
    batch = await run(engine, [{"id": "a", "n": 1}, {"id": "b", "t": "T", "o": "x"}], mapping)
    counted = {(null.field, null.program): count for null, count in batch.nulls.items()}
    assert counted == {
        ("title", ".t"): 1, ("properties.url", ".u"): 2, ("properties.n", ".n"): 1, ("relations.o", ".o"): 1,
    }  # fmt: skip


async def test_one_bad_field_does_not_hide_another(engine: Engine) -> None:
    mapping = {**SERVICE, "properties": {f"p{at}": f".x{at} | ascii_downcase" for at in range(3)}}
    batch = await run(engine, [{"id": str(at)} for at in range(30)], mapping)
    assert Counter(problem.where for problem in batch.problems) == {f"properties.p{at}": 3 for at in range(3)}


async def test_the_first_20_problems_are_kept_and_failed_items_come_first(engine: Engine) -> None:
    mapping = {**SERVICE, "properties": {f"p{at}": f".x{at} | ascii_downcase" for at in range(40)}}
    batch = await run(engine, [{"id": "a"}, {"id": {1}}], mapping)
    assert len(batch.problems) == 20
    batch.fail(Problem("item", "is lost"))
    assert [problem.where for problem in batch.problems][:3] == ["item", "item", "properties.p0"]
    assert len(batch.problems) == 20


async def test_a_program_that_runs_over_its_limit_fails_the_item() -> None:
    engine = Engine()
    try:
        endless = {**SERVICE, "properties": {"x": "last(range(1e12))"}}
        batch = await run(engine, [{"id": "a"}], endless)
    finally:
        await engine.aclose()
    assert batch.counts == Counts(raw=1, failed=1)
    assert batch.problems[0].where == "properties.x"


async def test_other_tasks_get_turns_while_many_items_are_mapped(engine: Engine) -> None:
    turns = 0

    async def ticker() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(ticker())
    mapping = {**SERVICE, "properties": {f"p{at}": ".l | map(. * 2) | add" for at in range(20)}}
    await run(engine, [{"id": str(at), "l": list(range(50))} for at in range(400)], mapping)
    task.cancel()
    assert turns > 3


async def test_a_turn_is_due_when_the_time_is_over() -> None:
    now = 0.0
    pace = Pace(0.01, lambda: now)
    assert not pace.due()
    now = 0.011
    assert pace.due()
    await pace.turn()
    assert not pace.due()


# --- itemsToParse -------------------------------------------------------------------------------------------------

TOPIC = {"identifier": '.id + "/" + .item', "blueprint": '"topic"', "properties": {"rest": ".topics"}}


async def identifiers(engine: Engine, item: dict[str, Any], program: str) -> list[Any]:
    mapping = {"identifier": ".item", "blueprint": '"x"'}
    return [entity.identifier for entity in (await run(engine, [item], mapping, itemsToParse=program)).entities]


async def test_items_to_parse_makes_an_item_of_each_element_without_the_list(engine: Engine) -> None:
    batch = await run(engine, [{"id": "a", "topics": ["x", "y"]}], TOPIC, itemsToParse=".topics")
    assert [entity.identifier for entity in batch.entities] == ["a/x", "a/y"]
    assert batch.entities[0].document["properties"] == {"rest": None}
    assert batch.counts == Counts(raw=2, mapped=2)


async def test_items_to_parse_keeps_the_list_when_told(engine: Engine) -> None:
    item = {"id": "a", "topics": ["x"]}
    batch = await run(engine, [item], TOPIC, itemsToParse=".topics", itemsToParseTopLevelTransform=False)
    assert batch.entities[0].document["properties"] == {"rest": ["x"]}


async def test_items_to_parse_has_a_name(engine: Engine) -> None:
    mapping = {"identifier": ".topic", "blueprint": '"x"'}
    batch = await run(engine, [{"t": ["x"]}], mapping, itemsToParse=".t", itemsToParseName="topic")
    assert [entity.identifier for entity in batch.entities] == ["x"]


@pytest.mark.parametrize(
    ("program", "found"),
    [
        (".a.b", ["x", "y"]),
        ('.a["b"]', ["x", "y"]),
        (".a.b | map(. + \"!\")", ["x!", "y!"]),
        (". as $all | .a.b | map(. + $all.id)", ["xI", "yI"]),
        ("(.a.b // []) | reverse", ["y", "x"]),
        ("[.id, .a.c]", ["I", "z"]),
        ("[.a | to_entries[] | .key]", ["b", "c"]),
        (".a.b + [.a.c]", ["x", "y", "z"]),
    ],
)  # fmt: skip
async def test_items_to_parse_by_path_and_computed(engine: Engine, program: str, found: list[str]) -> None:
    assert await identifiers(engine, {"id": "I", "a": {"b": ["x", "y"], "c": "z"}}, program) == found


async def test_items_to_parse_that_is_computed_takes_nothing_away(engine: Engine) -> None:
    mapping = {"identifier": ".item", "blueprint": '"x"', "properties": {"a": ".a", "b": ".b"}}
    batch = await run(engine, [{"a": "1", "b": "2"}], mapping, itemsToParse="[.a, .b]")
    assert [entity.document["properties"] for entity in batch.entities] == [{"a": "1", "b": "2"}] * 2


async def test_items_to_parse_leaves_the_raw_item_as_it_was(engine: Engine) -> None:
    item = {"id": "a", "spec": {"topics": ["x"], "other": 1}}
    mapping = {**SERVICE, "properties": {"spec": ".spec"}}
    batch = await run(engine, [item], mapping, itemsToParse=".spec.topics")
    assert batch.entities[0].document["properties"] == {"spec": {"other": 1}}
    assert item == {"id": "a", "spec": {"topics": ["x"], "other": 1}}


@pytest.mark.parametrize(("value", "shown"), [(None, "null"), ("text", '"text"'), ({"a": 1}, '{"a": 1}')])
async def test_items_to_parse_without_a_list_is_an_error_of_the_item(engine: Engine, value: Any, shown: str) -> None:
    batch = await run(engine, [{"id": "a", "topics": value}], TOPIC, itemsToParse=".topics")
    assert batch.counts == Counts(raw=1, failed=1)
    assert batch.problems[0].message == f"the items to parse must be a list, not {shown}"


async def test_items_to_parse_of_an_empty_list_gives_no_items_and_no_error(engine: Engine) -> None:
    batch = await run(engine, [{"id": "a", "topics": []}], TOPIC, itemsToParse=".topics")
    assert batch.counts == Counts()


async def test_items_to_parse_of_many_elements(engine: Engine) -> None:
    batch = await run(engine, [{"id": "a", "topics": [str(at) for at in range(1001)]}], TOPIC, itemsToParse=".topics")
    assert batch.counts.mapped == 1001


async def test_a_problem_of_an_expanded_item_names_the_element(engine: Engine) -> None:
    batch = await run(engine, [{"id": "a", "l": [{"name": "n"}]}], {**SERVICE, "title": ".item + 1"}, itemsToParse=".l")
    assert batch.problems[0].item == '{"id": "a", "item": {"name": "n"}}'
