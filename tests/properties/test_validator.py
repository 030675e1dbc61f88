"""Values against their blueprint: what fits is normalised, what does not is named."""

from __future__ import annotations

import time
from typing import Any

import pytest

from fairway.kit.errors import InvalidRequest
from fairway.portal.catalog.properties.validator import EntityValidator, compile_validator


def validator(required: tuple[str, ...] = (), **properties: dict[str, Any]) -> EntityValidator:
    return compile_validator(
        {"identifier": "service", "schema": {"properties": properties, "required": list(required)},
         "mirrorProperties": {"mirrored": {"path": "a.b"}}, "relations": {"domain": {"target": "domain"}}}
    )  # fmt: skip


FITS: list[tuple[dict[str, Any], list[Any], list[Any]]] = [
    ({"type": "string"}, ["", "é", "x" * 1000], [1, True, [], {}]),
    ({"type": "string", "format": "url"}, ["https://a", "git+ssh://x/y?z"], ["a", "mailto:x", "://x", "https://a b"]),
    ({"type": "string", "format": "email"}, ["a@b.co", "a.b+c@d.e"], ["a", "A <a@b.co>", "ü@b.de"]),
    ({"type": "string", "format": "idn-email"}, ["ü@b.de"], ["x"]),
    ({"type": "string", "format": "user"}, ["a@b.co"], ["a"]),
    ({"type": "string", "format": "team"}, ["Team Ä", ""], [1]),
    ({"type": "string", "format": "date-time"},
     ["2026-01-28T10:00:00Z", "2026-01-28T10:00:00.123+02:00"], ["2026-01-28", "x"]),
    ({"type": "string", "format": "timer"}, ["2026-01-28T10:00:00Z"], ["soon"]),
    ({"type": "string", "format": "ipv4"}, ["10.0.0.1"], ["10.0.0", "::1"]),
    ({"type": "string", "format": "ipv6"}, ["::1"], ["10.0.0.1"]),
    ({"type": "string", "format": "yaml"}, ["a: [b"], [{}]),
    ({"type": "string", "format": "blueprints"}, ["service"], [["service"]]),
    ({"type": "string", "format": "url", "pattern": "github"}, ["https://github.com"], ["github", "https://gitlab.com"]),
    ({"type": "string", "enum": ["a"]}, ["a"], ["b"]),
    ({"type": "string", "minLength": 2, "maxLength": 3}, ["ab"], ["a", "abcd"]),
    ({"type": "number"}, [0, -1.5, 1e300], ["1", True]),
    ({"type": "number", "exclusiveMinimum": 0, "maximum": 5}, [5, 0.1], [0, 6]),
    ({"type": "boolean"}, [True], ["true", 0]),
    ({"type": "object"}, [{}, {"a": {"b": None}}], [[], "x"]),
    ({"type": "object", "format": "labeled-url"}, [{"url": "x"}, {"url": "x", "displayText": "y"}], [{}, {"url": 1}]),
    ({"type": "object", "properties": {"a": {"type": "number"}}, "required": ["a"]}, [{"a": 1}], [{}, {"a": "x"}]),
    ({"type": "array"}, [[], ["a", "a"]], [[1], "a", [None]]),
    ({"type": "array", "items": {"type": "number"}}, [[1, 2.5]], [["a"]]),
    ({"type": "array", "items": {"type": "string", "format": "url"}}, [["a://b"]], [["b"]]),
    ({"type": "array", "items": {"format": "labeled-url"}}, [[{"url": "x"}]], [["x"]]),
    ({"type": "array", "uniqueItems": True, "minItems": 1, "maxItems": 2},
     [["a", "b"]], [[], ["a", "a"], ["a", "b", "c"]]),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "good", "bad"), FITS)
def test_types_and_formats(spec: dict[str, Any], good: list[Any], bad: list[Any]) -> None:
    checked = validator(x=spec)
    for value in good:
        assert checked.validate({"x": value}, partial=False) == {"x": value}
    for value in bad:
        with pytest.raises(InvalidRequest) as caught:
            checked.validate({"x": value}, partial=True)
        assert caught.value.code == "blueprint_schema_mismatch"
        assert '"x"' in caught.value.message


def test_integral_floats_become_integers() -> None:
    checked = validator(n={"type": "number"}, list={"type": "array", "items": {"type": "number"}}, o={"type": "object"})
    found = checked.validate({"n": 10.0, "list": [1.0, 2.5], "o": {"a": 1.0}}, partial=False)
    assert str(found) == "{'n': 10, 'list': [1, 2.5], 'o': {'a': 1.0}}"
    assert type(checked.validate({"n": 1e300}, partial=False)["n"]) is float


def test_nulls_clear_and_required_is_required() -> None:
    checked = validator(("tier",), tier={"type": "string"}, note={"type": "string"})
    assert checked.validate({"tier": "a", "note": None}, partial=False) == {"tier": "a"}
    assert checked.validate({"note": None}, partial=True) == {}
    for sent, partial in (({}, False), ({"tier": None}, False), ({"tier": None}, True)):
        with pytest.raises(InvalidRequest, match='"tier"') as caught:
            checked.validate(sent, partial=partial)
        assert caught.value.code == "missing_property"


@pytest.mark.parametrize(
    ("key", "said"),
    [("teir", 'did you mean "tier"'), ("mirrored", "computed"), ("domain", "relation"), ("zzz", 'no property "zzz"')],
)
@pytest.mark.parametrize("value", ["x", None])
def test_unknown_keys(key: str, said: str, value: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        validator(tier={"type": "string"}).validate({key: value}, partial=True)
    assert caught.value.code == "blueprint_schema_mismatch"
    assert said in caught.value.message


def test_all_problems_are_told_at_once() -> None:
    checked = validator(a={"type": "string"}, b={"type": "number"})
    with pytest.raises(InvalidRequest) as caught:
        checked.validate({"a": 1, "b": "x"}, partial=False)
    assert caught.value.details is not None
    assert sorted(each["property"] for each in caught.value.details["errors"]) == ["a", "b"]
    assert "must be a number, not a string" in caught.value.message


def test_defaults_only_where_nothing_was_sent() -> None:
    checked = validator(a={"type": "array", "default": ["x"]}, b={"type": "string", "default": "y"})
    first = checked.apply_defaults({"b": None})
    assert first == {"a": ["x"], "b": None}
    first["a"].append("changed")
    assert checked.apply_defaults({}) == {"a": ["x"], "b": "y"}


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|aa)+$", "^(?=a)(a+)+$", r"^(a*)*\1b$", "^(?:(?=a)a+)+$"])
def test_patterns_cannot_hang(pattern: str) -> None:
    checked = validator(x={"type": "string", "pattern": pattern})
    started = time.perf_counter()
    with pytest.raises(InvalidRequest):
        checked.validate({"x": "a" * 20_000 + "!"}, partial=False)
    assert time.perf_counter() - started < 0.5
