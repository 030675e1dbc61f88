"""Section 2.4: the dialect, and what it refuses."""

from __future__ import annotations

import math
from typing import Any

import pytest

from support.specs import SHAPES, one, places, read

START = "identifier: a\nblueprint: service\nproperties:\n"


@pytest.mark.parametrize(("written", "value"), [
    ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("Yes", "Yes"), ("y", "y"),
    ("true", True), ("False", False), ("TRUE", True), ("tRUE", "tRUE"), ("null", None), ("~", None), ("", None),
    ("NULL", None),
    ("nULL", "nULL"), ("007", 7), ("0o17", 15), ("0x1F", 31), ("0b11", "0b11"), ("0o8", "0o8"), ("1_000", "1_000"),
    ("1:30", "1:30"), ("190:20:30", "190:20:30"), ("1.10", 1.1), ("1.", 1.0), (".5", 0.5), ("-.5e3", -500.0), ("+7", 7),
    ("1e3", 1000.0), ("1.2.3", "1.2.3"), ("2024-03-01", "2024-03-01"), ("2024-03-01T10:00:00Z", "2024-03-01T10:00:00Z"),
    ("=", "="), ("<", "<"), ("'1'", "1"), ('"true"', "true"), ("!!str 1", "1"), ("! 1", "1"), ("!!int '5'", 5),
    ("!!float 5", 5.0), ("!!bool true", True), ("!!null ''", None), ("18446744073709551615", 2**64 - 1),
    ("-9223372036854775808", -(2**63)), ("18446744073709551616", 1.8446744073709552e19), ("-", None), ("x: y", None),
    ("0" * 5000 + "12", 12), ("-" + "0" * 5000 + "12", -12), ("0x" + "0" * 50 + "ff", 255),
    ("1" + "0" * 300, 1e300), ("٣", "٣"),
    ("|\n    a\n    b", "a\nb\n"), (">-\n    a\n    b", "a b"), ("a # b", "a"), ("a#b", "a#b"),
])  # fmt: skip
def test_the_core_schema(written: str, value: Any) -> None:
    spec = read(f"{START}  p: {written}\n")
    if written in ("-", "x: y"):
        assert not spec.diagnostics or spec.diagnostics[0].code == "E_YAML"
        return
    assert spec.diagnostics == ()
    found = spec.definitions[0].properties["p"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("written", [".inf", "-.INF", ".nan", "1e999", "1" + "0" * 400, "-0x" + "f" * 300])
def test_numbers_that_json_does_not_have(written: str) -> None:
    spec = read(f"{START}  p: {written}\n")
    if written.startswith("-0x"):
        assert spec.definitions[0].properties["p"] == written
    else:
        assert places(spec) == [("E_PROPERTY_TYPE", 4, 6)]
    assert not any(
        isinstance(value, float) and not math.isfinite(value)
        for definition in spec.definitions
        for value in definition.properties.values()
    )


@pytest.mark.parametrize("written", [
    "1.10", "007", "2024-03-01", "true", "no", "0o17", "1e3", ".inf", "12:30", "1_000",
    "'1.10'", '"1.10"', "!!str 1.10",
])  # fmt: skip
def test_strings_are_taken_by_their_source_text(written: str) -> None:
    found = one(
        f"identifier: {written}\nblueprint: service\ntitle: {written}\nteam: {written}\n"
        f"properties:\n  version: {written}\n  labels: [{written}]\n  config: {{name: {written}}}\n"
        f"relations:\n  owner: {written}\n  uses: [{written}]\n"
    )
    text = written.removeprefix("!!str ").strip("'\"")
    assert (found.key.identifier, found.title, found.team) == (text, text, text)
    assert found.properties == {"version": text, "labels": [text], "config": {"name": text}}
    assert found.relations == {"owner": text, "uses": [text]}


def test_blueprints_are_strings_too() -> None:
    assert read("identifier: a\nblueprint: 1.10\n").definitions[0].key == ("1.10", "a")


def test_null_stays_null_in_string_properties() -> None:
    assert one(START + "  version: ~\n  readme: null\n  url:\n").properties == {
        "version": None,
        "readme": None,
        "url": None,
    }
    assert one(START + "  version: 'null'\n").properties == {"version": "null"}


def test_other_types_follow_the_core_schema() -> None:
    found = one(START + "  tier: 007\n  public: true\n  ports: [0x10, 1.5]\n  config: {size: 1.50, other: 1.50}\n")
    assert found.properties == {"tier": 7, "public": True, "ports": [16, 1.5], "config": {"size": 1.5, "other": 1.5}}


def test_searches_take_the_type_of_what_they_search() -> None:
    found = one(
        START + "  tier: 1\nrelations:\n  owner:\n    combinator: and\n    rules:\n"
        "    - {property: handle, operator: =, value: 007}\n    - {property: age, operator: =, value: 007}\n"
        "    - {property: $identifier, operator: in, value: [1.0]}\n"
    )
    assert [rule["value"] for rule in found.relations["owner"]["rules"]] == ["007", 7, ["1.0"]]


def test_keys_are_text() -> None:
    assert one(START + "  config: {1.10: a, true: b, 2024-01-01: c}\n").properties["config"].keys() == {
        "1.10", "true", "2024-01-01",
    }  # fmt: skip


@pytest.mark.parametrize(("content", "found"), [
    ("identifier: a\nidentifier: b\n", [("E_DUP_KEY", 2, 1)]),
    (START + "  p: {x: 1, 'x': 2}\n  p: 3\n", [("E_DUP_KEY", 4, 13), ("E_DUP_KEY", 5, 3)]),
    (START + "  1: a\n  '1': b\n", [("E_DUP_KEY", 5, 3)]),
    ("- &a {b: 1, b: 2}\n- *a\n", [("E_DUP_KEY", 1, 13)]),
    ("<<: {a: 1}\n<<: {b: 1}\n", [("E_DUP_KEY", 2, 1)]),
])  # fmt: skip
def test_duplicate_keys(content: str, found: list[tuple[str, int, int]]) -> None:
    spec = read(content)
    assert not spec.readable
    assert places(spec) == found


def test_both_lines_of_a_duplicate_are_named() -> None:
    message = read("a: 1\n\nb: 2\na: 3\n").diagnostics[0].message
    assert "line 1" in message
    assert "line 4" in message


@pytest.mark.parametrize(("content", "place", "named"), [
    ("a: !Ref x\n", (1, 4), "!Ref"), ("a: !!python/object:os.system x\n", (1, 4), "!!python/object:os.system"),
    ("a: !!timestamp 2024-01-01\n", (1, 4), "!!timestamp"), ("a: !!binary aGk=\n", (1, 4), "!!binary"),
    ("a: !!set {b}\n", (1, 4), "!!set"), ("!Thing {a: 1}\n", (1, 1), "!Thing"), ("a: [!!seq x]\n", (1, 5), "!!seq"),
    ("a: !!map [x]\n", (1, 4), "!!map"), ("!foo a: 1\n", (1, 1), "!foo"), ("a: !!int x\n", (1, 4), "!!int"),
    ("a: !<tag:example.org,2024:x> y\n", (1, 4), "tag:example.org,2024:x"),
    ("%TAG !e! tag:example.org:\n---\na: !e!x y\n", (3, 4), "tag:example.org:x"),
])  # fmt: skip
def test_foreign_tags(content: str, place: tuple[int, int], named: str) -> None:
    spec = read(content)
    assert not spec.readable
    assert places(spec) == [("E_TAG", *place)]
    assert named in spec.diagnostics[0].message


def test_anchors_and_aliases() -> None:
    found = one(
        "identifier: &name a\nblueprint: service\ntitle: *name\nproperties:\n"
        "  labels: &labels [x, y]\n  ports: &ports [1]\n  config: {name: *name, more: [*ports, *labels]}\n"
    )
    assert found.title == "a"
    assert found.properties["config"] == {"name": "a", "more": [[1], ["x", "y"]]}


def test_the_target_decides_at_each_alias() -> None:
    found = one(START + "  version: &v 1.10\n  tier: *v\n")
    assert found.properties == {"version": "1.10", "tier": 1.1}


def test_merge_keys() -> None:
    spec = read(
        "- &base\n  identifier: a\n  blueprint: service\n  properties: &p {tier: 1, code: ABC}\n"
        "- <<: *base\n  identifier: b\n  properties: {<<: [*p, {code: XYZ, url: u}], tier: 2}\n", shapes=SHAPES,
    )  # fmt: skip
    assert spec.diagnostics == ()
    assert spec.definitions[1].key == ("service", "b")
    assert spec.definitions[1].properties == {"tier": 2, "code": "ABC", "url": "u"}
    assert spec.definitions[1].marks[("properties", "code")] == (4, 28)


def test_a_quoted_merge_key_is_a_key() -> None:
    assert one(START + "  config: {'<<': 1}\n").properties == {"config": {"<<": 1}}


@pytest.mark.parametrize("value", ["1", "[1]", "[{a: 1}, 2]", "null"])
def test_merging_something_else(value: str) -> None:
    assert places(read(f"a: 1\n<<: {value}\n")) == [("E_YAML", 2, 1)]


@pytest.mark.parametrize(("content", "place", "words"), [
    ("a: b: c\n", (1, 5), '":"'), ("a: [1, 2\nb: 3\n", (1, 4), "not closed"),
    ("a: {b: 1\nc: 2\n---\n", (1, 4), "not closed"),
    ("a: 'x\nb: 1\n", (1, 4), "quotation mark"), ("a: @x\n", (1, 4), '"@"'), ("a: `x`\n", (1, 4), '"`"'),
    ("a: %x\n", (1, 4), '"%"'),
    ("a: 1\n b: 2\n", (2, 3), '":"'), ("a: *b\n", (1, 4), '"*b"'), ("a: \"\\q\"\n", (1, 5), "escape"),
    ("a:\n- b\n c: 1\n", (3, 3), '":"'),
    ("? [a]\n: 1\n", (1, 3), "list cannot be a key"), ("? {a: b}\n: 1\n", (1, 3), "mapping cannot be a key"),
    ("&x a: 1\n? *x\n", (2, 3), "again"), ("a: &x [1]\n*x : 2\n", (2, 1), "cannot be a key"),
    ("a: 1\nb\nc: 2\n", (2, 1), 'no ":"'), ("%YAML 2.0\n---\na: 1\n", (1, 1), "version"),
    ("a: !x!y z\n", (1, 4), "prefix"),
    ("a: - b\n", (1, 4), '"-"'), ("a: 1\n- b\n", (2, 1), "mapping"), ("- a\nb: 1\n", (2, 1), "list"),
    ("a: &\n", (1, 5), "anchor"),
])  # fmt: skip
def test_what_is_no_yaml_is_said_in_plain_words(content: str, place: tuple[int, int], words: str) -> None:
    spec = read(content)
    assert not spec.readable
    assert [(found.mark.line, found.mark.column) for found in spec.diagnostics] == [place]
    assert words in spec.diagnostics[0].message


@pytest.mark.parametrize(("content", "place"), [
    ("identifier: {{ name }}\nblueprint: b\n", (1, 14)), ("identifier: {{ name }}-svc\n", (1, 14)),
])  # fmt: skip
def test_placeholders_are_recognised(content: str, place: tuple[int, int]) -> None:
    (found,) = read(content).diagnostics
    assert (found.code, found.mark) == ("E_YAML", place)
    assert "{{" in (found.hint or "")
