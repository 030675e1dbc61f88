"""Which blueprints and entries of the mapping a portal gets, and when."""

from __future__ import annotations

import pytest

from fairway.integration.folder import load_integration
from fairway.integration.manifest.choice import chosen, first_choice
from fairway.integration.manifest.resources import Resources
from fairway.integrations import builtin, locate
from fairway.jq.literals import literal
from fairway.kit.errors import InvalidRequest


def _entry(kind: str, blueprint: str) -> dict[str, object]:
    return {"kind": kind, "port": {"entity": {"mappings": {"identifier": ".id", "blueprint": blueprint}}}}


def _blueprint(name: str, *targets: str) -> dict[str, object]:
    return {"identifier": name, "relations": {target: {"target": target} for target in targets}}


RESOURCES = Resources(
    blueprints=(_blueprint("repo"), _blueprint("tag", "commit"), _blueprint("commit"), _blueprint("free")),
    mapping={"resources": [_entry("repo", '"repo"')]},
    more=(_entry("tag", "'tag'"), _entry("any", ".type")),
)


def _names(blueprints: object) -> list[str]:
    return [each["identifier"] for each in blueprints]  # type: ignore[attr-defined]  # documents


def test_the_first_start_leaves_out_what_only_later_kinds_map_to() -> None:
    assert _names(first_choice(RESOURCES).blueprints) == ["repo", "commit", "free"]


def test_a_kind_comes_with_its_blueprint_and_what_that_relates_to() -> None:
    found = chosen(RESOURCES, ["tag"])
    assert [each["kind"] for each in found.entries] == ["tag"]
    assert _names(found.blueprints) == ["tag", "commit"]


def test_a_kind_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(InvalidRequest, match=r'no entry to add for the kind "x"; there are: "any", "tag"'):
        chosen(RESOURCES, ["tag", "x"])


@pytest.mark.parametrize("name", list(builtin()))
def test_what_ships_has_blueprints_for_its_first_mapping(name: str) -> None:
    resources = load_integration(locate(name)).resources
    first = first_choice(resources)
    mapped = {literal(each["port"]["entity"]["mappings"]["blueprint"]) for each in first.entries}
    assert mapped - {None} <= set(_names(first.blueprints))
    for entry in resources.more:
        needed = literal(entry["port"]["entity"]["mappings"]["blueprint"])
        assert needed in _names(chosen(resources, [entry["kind"]]).blueprints)


@pytest.mark.parametrize(
    ("program", "text"),
    [('"a"', "a"), (" 'a b' ", "a b"), (".a", None), ('"a" + "b"', None), ("1", None), ("''", ""), ('"\\u0041"', "A")],
)
def test_literals(program: str, text: str | None) -> None:
    assert literal(program) == text
