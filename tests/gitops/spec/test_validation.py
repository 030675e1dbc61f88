"""Section 2.9: definitions against their blueprint."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairway.gitops.diagnostics import Diagnostic, Severity
from fairway.gitops.model import Definition, EntityKey, Mark
from fairway.gitops.spec.shapes import shape_of
from fairway.gitops.spec.validation import validate
from fairway.kit.errors import InvalidRequest
from fairway.portal.catalog.properties.validator import compile_validator
from support.specs import SERVICE, SHAPES, one

START = "identifier: a\nblueprint: service\nproperties:\n"


def problems(text: str, *, exists: bool | None = True) -> list[Diagnostic]:
    return validate(one(text), SERVICE, "a/port.yml", exists=exists, shapes=SHAPES)


def test_a_good_definition() -> None:
    text = (
        "  tier: 1\n  version: 1.10\n  released: 2024-03-01\n  url: https://x.example\n  language: Go\n  code: ABC\n"
        "  public: false\n  readme: '# Hi'\n  labels: [a, 1.10]\n  ports: [1, 2.5]\n"
        "  config: {name: no, size: 1, more: [x]}\n"
        "relations: {domain: d, owner: ~, uses: [a]}\n"
    )
    assert problems(START + text, exists=False) == []


@pytest.mark.parametrize(("line", "code", "column", "words"), [
    ("tier: gold", "E_PROPERTY_TYPE", 9, ['"gold" (a string)', "a number"]),
    ("tier: true", "E_PROPERTY_TYPE", 9, ["true", "a number"]),
    ("tier: 5", "E_PROPERTY_FORMAT", 9, ["maximum of 4"]),
    ("version: {a: b}", "E_PROPERTY_TYPE", 12, ['{"a": "b"} (a mapping)', "a string"]),
    ("public: yes", "E_PROPERTY_TYPE", 11, ['"yes"', "true or false"]),
    ("public: 1", "E_PROPERTY_TYPE", 11, ["1 (a number)"]),
    ("language: Ruby", "E_PROPERTY_ENUM", 13, ['"Ruby"', '"Go", "Python"']),
    ("url: x.example", "E_PROPERTY_FORMAT", 8, ['"x.example"', "https://example.com"]),
    ("released: 2024-13-01", "E_PROPERTY_FORMAT", 13, ['"2024-13-01"', "a date"]),
    ("code: abc", "E_PROPERTY_FORMAT", 9, ['"abc"', "^[A-Z]{3}$"]),
    ("labels: x", "E_PROPERTY_TYPE", 11, ["a list"]),
    ("labels: [a, [b]]", "E_PROPERTY_TYPE", 15, ['"labels"[1]', "a string"]),
    ("ports: [1, x, 2]", "E_PROPERTY_TYPE", 14, ['"ports"[1]', "a number"]),
    ("config: x", "E_PROPERTY_TYPE", 11, ["a mapping"]),
    ("config: {a: 1, size: big}", "E_PROPERTY_TYPE", 24, ['"config".size', "a number"]),
    ("versin: 1", "E_PROPERTY_UNKNOWN", 3, ['"versin"', 'did you mean "version"?']),
    ("version: ~", "E_REQUIRED", 12, ["cannot be null"]),
    ("code: " + "x" * 500, "E_PROPERTY_FORMAT", 9, ["xxx…"]),
])  # fmt: skip
def test_properties_that_do_not_fit(line: str, code: str, column: int, words: list[str]) -> None:
    (found,) = problems(f"{START}  {line}\n")
    assert (found.code, found.mark) == (code, (4, column))
    assert found.entity == ("service", "a")
    assert found.path == "a/port.yml"
    for word in words:
        assert word in found.message
    assert len(found.message) < 300


def test_names_in_the_wrong_place() -> None:
    owner, mirror = problems(START + "  owner: kim\n  domainName: x\n")
    assert '"relations"' in (owner.hint or "")
    assert "computed" in (mirror.hint or "")


def test_null_clears_whatever_the_type() -> None:
    assert problems(START + "  tier: ~\n  language:\n  ports: null\n") == []


def test_no_such_blueprint() -> None:
    found = one("identifier: a\nblueprint: servce\n")
    (problem,) = validate(found, None, "port.yml", exists=None, shapes=SHAPES)
    assert (problem.code, problem.mark) == ("E_BLUEPRINT_UNKNOWN", (2, 12))
    assert 'did you mean "service"?' in problem.message
    (far,) = validate(one("identifier: a\nblueprint: xyz\n"), None, "port.yml", exists=None, shapes=SHAPES)
    assert '"domain"' in (far.hint or "")


def test_what_is_required() -> None:
    text = START + "  tier: 1\n"
    assert problems(text, exists=True) == []
    found = problems(text, exists=False)
    assert [(each.code, each.mark, each.severity) for each in found] == [
        ("E_REQUIRED", (1, 1), Severity.ERROR), ("E_REQUIRED", (3, 1), Severity.ERROR),
    ]  # fmt: skip
    assert 'relation "domain" is required' in found[0].message
    assert 'property "version" is required' in found[1].message
    unknown = problems(text, exists=None)
    assert [each.severity for each in unknown] == [Severity.NOTICE, Severity.NOTICE]
    assert "unless the entity exists" in unknown[0].message


def test_required_relations_cannot_be_cleared() -> None:
    (found,) = problems("identifier: a\nblueprint: service\nrelations: {domain: ~}\n")
    assert (found.code, found.mark) == ("E_REQUIRED", (3, 21))


DECLARED: list[dict[str, Any]] = [
    {"type": "string"}, {"type": "number"}, {"type": "boolean"}, {"type": "object"}, {"type": "array"},
    *({"type": "string", "format": name} for name in (
        "url", "email", "idn-email", "user", "team", "date-time", "timer", "ipv4", "ipv6", "yaml", "markdown", "proto",
        "blueprints", "date", "time", "duration", "hostname", "uri", "uuid", "regex", "json-pointer",
    )),
    {"type": "object", "format": "labeled-url"}, {"type": "array", "items": {"format": "labeled-url"}},
    {"type": "array", "items": {"type": "number"}}, {"type": "array", "items": {"type": "string", "format": "url"}},
    {"type": "array", "items": {"type": "object", "format": "labeled-url"}}, {"type": "array", "items": {}},
    {"type": "array", "items": [{"type": "string"}, {"type": "number"}], "additionalItems": False},
    {"type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": True}, {"type": "string", "enum": ["a", "1"]},
    {"type": "number", "enum": [1, 2.5]}, {"type": "number", "minimum": 0, "exclusiveMaximum": 3, "multipleOf": 0.5},
    {"type": "string", "pattern": "^a", "minLength": 1, "maxLength": 3}, {"type": "string", "pattern": "^(?!b)"},
    {"type": "string", "format": "url", "pattern": "^https"}, {"type": "string", "title": "T", "icon": "I",
    "spec": "open-api"},
    {"type": "object", "properties": {"url": {"type": "string"}, "n": {"type": "number"}}, "required": ["url"]},
    {"type": "object", "additionalProperties": {"type": "number"}, "maxProperties": 2},
    {"type": "object", "patternProperties": {"^u": {"type": "string"}}}, {"type": "string",
    "anyOf": [{"const": "a"}, {"minLength": 3}]},
    {"type": "string", "not": {"enum": ["a"]}}, {"type": "object",
    "if": {"required": ["n"]}, "then": {"required": ["url"]}},
]  # fmt: skip
TEXTS = st.sampled_from([
    "a", "", "b", "1", "https://x.example/a", "x@y.example", "ü@y.example", "2024-01-01", "2024-01-01T10:00:00Z",
    "10:00:00Z",
    "P1D", "1.2.3.4", "::1", "{", "/a", "host.example", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "no url",
    "mailto:x", "abc", "a: b",
])  # fmt: skip
VALUES = st.recursive(
    TEXTS | st.booleans() | st.sampled_from([0, 1, 2.5, -1, 3, 10.0]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["url", "displayText", "n", "x"]), inner | st.none(), max_size=3),
    max_leaves=5,
)  # fmt: skip


@given(st.sampled_from(DECLARED), VALUES)
def test_the_portal_says_the_same(declared: dict[str, Any], value: Any) -> None:
    document = {"identifier": "b", "schema": {"properties": {"p": declared}, "required": []}}
    try:
        compile_validator(document).validate({"p": value}, partial=True)
        good = True
    except InvalidRequest:
        good = False
    marks = {(): Mark(1, 1), ("properties", "p"): Mark(2, 3), ("", "properties", "p"): Mark(2, 6)}
    definition = Definition(EntityKey("b", "a"), None, None, None, {"p": value}, {}, frozenset(), marks)
    found = validate(definition, shape_of(document), "port.yml", exists=True)
    assert (not found) == good
    for each in found:
        assert each.code in ("E_PROPERTY_TYPE", "E_PROPERTY_ENUM", "E_PROPERTY_FORMAT")
        assert each.mark == (2, 6)
        assert each.message.isprintable()


def test_a_declaration_that_is_no_schema_is_left_to_the_catalog() -> None:
    shape = shape_of({"identifier": "service", "schema": {"properties": {"p": {"type": "string", "pattern": "("}}}})
    assert validate(one("identifier: a\nblueprint: service\nproperties: {p: x}\n"), shape, "p", exists=True) == []


@pytest.mark.parametrize(("document", "words"), [
    ({}, "identifier"), ({"identifier": "a", "schema": []}, '"schema"'), ({"identifier": "a",
    "relations": {"r": 1}}, "relations.r"),
    ({"identifier": "a", "schema": {"required": "x"}}, "required"),
])  # fmt: skip
def test_what_is_no_blueprint(document: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        shape_of(document)


def test_mirrors_one_level_deep_can_be_searched() -> None:
    shape = shape_of({
        "identifier": "a",
        "relations": {"one": {"target": "b"}, "many": {"target": "b", "many": True}},
        "mirrorProperties": {"near": {"path": "one.x"}, "far": {"path": "one.y.x"}, "wide": {"path": "many.x"}},
        "calculationProperties": {"sum": {"calculation": "1"}},
    })  # fmt: skip
    assert {"near", "$title"} <= shape.searchable
    assert not {"far", "wide", "sum"} & shape.searchable
