"""Reading ``integration.config``: what is sound is used, and every problem is told at once (contract 6.1, 6.2)."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, Field

from fairway.integration.mapping.compiled import compile_config
from fairway.integration.mapping.config import parse_config
from fairway.jq import Engine


def resource(kind: str = "repo", **changes: Any) -> dict[str, Any]:
    mappings = {"identifier": ".id", "blueprint": '"service"'}
    return {
        "kind": kind,
        "selector": {"query": "true"},
        "port": {"entity": {"mappings": mappings}},
        **changes,
    }


def with_mappings(mappings: Any) -> dict[str, Any]:
    return resource(port={"entity": {"mappings": mappings}})


def problems(document: Any, **given: Any) -> dict[str, str]:
    return {problem.where: problem.message for problem in parse_config(document, **given).problems}


def test_an_empty_mapping_has_no_resources_and_the_defaults_of_the_switches() -> None:
    config = parse_config({})
    assert config.resources == ()
    assert (config.delete_dependent_entities, config.create_missing_related_entities) == (True, True)
    assert config.enable_merge_entity
    assert config.entity_deletion_threshold is None
    assert config.problems == ()


def test_switches_are_read() -> None:
    config = parse_config({
        "deleteDependentEntities": False, "createMissingRelatedEntities": False, "enableMergeEntity": False,
        "entityDeletionThreshold": 0,
    })  # fmt: skip
    assert not config.delete_dependent_entities
    assert not config.create_missing_related_entities
    assert not config.enable_merge_entity
    assert config.entity_deletion_threshold == 0


def test_a_switch_that_is_text_is_a_problem() -> None:
    found = problems({"enableMergeEntity": "false", "entityDeletionThreshold": 2})
    assert found == {
        "/enableMergeEntity": 'must be true or false, not "false"',
        "/entityDeletionThreshold": "must be a number from 0 to 1, not 2",
    }


def test_a_bad_resource_does_not_hide_a_good_one() -> None:
    config = parse_config({"resources": [{"kind": "bad"}, resource(), "x", resource("other")]})
    assert [found.name for found in config.resources] == ["repo-1", "other-3"]
    assert {problem.where for problem in config.problems} >= {"/resources/0/selector", "/resources/2"}


def test_all_problems_of_a_resource_are_told_at_once() -> None:
    broken = resource(
        enableDelete="false",
        selector={"query": 5},
        port={
            "itemsToParse": 3,
            "itemsToParseName": "",
            "itemsToParseTopLevelTransform": None,
            "entity": {"mappings": {"blueprint": '"x"', "properties": [], "relations": {"a/b": {"rules": [1]}}}},
        },
    )
    at = "/resources/0/port"
    assert set(problems({"resources": [broken]})) == {
        "/resources/0/enableDelete",
        "/resources/0/selector/query",
        f"{at}/itemsToParse",
        f"{at}/itemsToParseName",
        f"{at}/itemsToParseTopLevelTransform",
        f"{at}/entity/mappings/identifier",
        f"{at}/entity/mappings/properties",
        f"{at}/entity/mappings/relations/a~1b/combinator",
        f"{at}/entity/mappings/relations/a~1b/rules/0",
    }


@pytest.mark.parametrize("value", ["false", 0, None])
def test_enable_delete_is_strict(value: Any) -> None:
    assert "/resources/0/enableDelete" in problems({"resources": [resource(enableDelete=value)]})


def test_enable_delete_is_read() -> None:
    assert not parse_config({"resources": [resource(enableDelete=False)]}).resources[0].enable_delete


def test_unknown_keys_are_ignored() -> None:
    extra = with_mappings({"identifier": ".id", "blueprint": '"x"', "color": ".c"})
    config = parse_config({"resources": [{**extra, "more": 1}], "other": {}})
    assert config.problems == ()
    assert "color" not in config.resources[0].mappings[0]


def test_an_unserved_kind_is_a_problem_that_names_those_served() -> None:
    found = problems({"resources": [resource("repos")]}, kinds={"repo", "team"})
    assert found == {"/resources/0/kind": 'no handler serves the kind "repos"; those served: "repo", "team"'}


def test_the_selector_is_kept_without_its_query() -> None:
    config = parse_config({"resources": [resource(selector={"query": "true", "states": ["open"]})]})
    assert config.resources[0].selector == {"states": ["open"]}


class Issues(BaseModel):
    most: int = Field(10, ge=1, alias="maxResults")


def test_a_selector_may_be_typed_for_every_kind() -> None:
    bad = resource("anything", selector={"query": "true", "maxResults": 0})
    found = problems({"resources": [bad]}, selectors={"*": Issues})
    assert found == {"/resources/0/selector/maxResults": "Input should be greater than or equal to 1"}


def test_a_typed_selector_is_checked() -> None:
    bad = resource("issue", selector={"query": "true", "maxResults": 0})
    found = problems({"resources": [bad]}, selectors={"issue": Issues})
    assert found == {"/resources/0/selector/maxResults": "Input should be greater than or equal to 1"}


def test_mappings_may_be_a_list() -> None:
    one, two = {"identifier": ".id", "blueprint": '"a"'}, {"identifier": ".id", "blueprint": '"b"'}
    assert parse_config({"resources": [with_mappings([one, two])]}).resources[0].mappings == (one, two)


def test_a_broken_element_of_listed_mappings_is_told_by_its_place() -> None:
    one = {"identifier": ".id", "blueprint": '"a"'}
    found = problems({"resources": [with_mappings([one, {"identifier": ".id"}])]})
    assert set(found) == {"/resources/0/port/entity/mappings/1/blueprint"}


@pytest.mark.parametrize("document", [[], None, "x", {"resources": {}}, {"resources": [[]]}])
def test_nonsense_is_a_problem_and_no_crash(document: Any) -> None:
    assert problems(document)


async def test_programs_that_are_no_jq_leave_out_their_resource_only(engine: Engine) -> None:
    bad = with_mappings([{"identifier": ".id |", "blueprint": '"x"', "properties": {"url": "nosuch(1)"}}])
    bad["selector"] = {"query": "== 1"}
    compiled = compile_config(engine, parse_config({"resources": [bad, resource("good")]}))
    assert [found.resource.kind for found in compiled.resources] == ["good"]
    at = "/resources/0/port/entity/mappings/0"
    assert [problem.where for problem in compiled.problems] == [
        "/resources/0/selector/query", f"{at}/identifier", f"{at}/properties/url",
    ]  # fmt: skip
    assert compiled.problems[1].program == ".id |"
