"""Every kind of input, with values that fit and values that do not."""

from __future__ import annotations

from typing import Any

import pytest

from fairway.kit.errors import InvalidRequest
from support.forms import Desk, action

_ENTITY = {"type": "string", "format": "entity", "blueprint": "domain"}

KINDS: list[tuple[str, dict[str, Any], list[Any], list[Any]]] = [
    ("string", {"type": "string", "minLength": 2, "maxLength": 3}, ["ab", "abc"], ["a", "abcd", 1, True, [], {}]),
    ("pattern", {"type": "string", "pattern": "^[a-z]+$"}, ["abc"], ["aB1", ""]),
    ("options", {"type": "string", "enum": ["a", "b"]}, ["a"], ["c", ""]),
    ("number", {"type": "number", "minimum": 1, "maximum": 3}, [1, 2.5, 3], [0, 4, "1", True]),
    ("number options", {"type": "number", "enum": [1, 2]}, [1], [3, "1"]),
    ("boolean", {"type": "boolean"}, [True, False], ["true", 0]),
    ("object", {"type": "object"}, [{}, {"a": {"b": 1}}], [[], "{}"]),
    ("object keys", {"type": "object", "required": ["a"]}, [{"a": 1}], [{}]),
    ("array", {"type": "array", "minItems": 1, "maxItems": 2}, [["a"], ["a", "b"]], [[], ["a", "b", "c"], "a", [1]]),
    ("array options", {"type": "array", "items": {"type": "string", "enum": ["a"]}}, [["a"], []], [["b"]]),
    ("array unique", {"type": "array", "uniqueItems": True}, [["a", "b"]], [["a", "a"]]),
    ("array of urls", {"type": "array", "items": {"type": "string", "format": "url"}}, [["https://a.b"]], [["x"]]),
    ("date-time", {"type": "string", "format": "date-time"}, ["2026-01-28T10:00:00Z"], ["yesterday", "2026-01-28"]),
    ("url", {"type": "string", "format": "url"}, ["https://example.com/x", "slack://team"], ["example", 1]),
    ("email", {"type": "string", "format": "email"}, ["a@b.example"], ["a", "a@"]),
    ("ipv4", {"type": "string", "format": "ipv4"}, ["10.0.0.1"], ["10.0.0", "::1"]),
    ("ipv6", {"type": "string", "format": "ipv6"}, ["::1"], ["10.0.0.1"]),
    ("yaml", {"type": "string", "format": "yaml"}, ["a: 1\nb: [2]"], [{"a": 1}]),
    ("proto", {"type": "string", "format": "proto"}, ["message A {}"], [1]),
    ("markdown", {"type": "string", "format": "markdown"}, ["# Title"], [1]),
    ("multi-line", {"type": "string", "format": "multi-line"}, ["a\nb"], [["a"]]),
    ("labeled-url", {"type": "object", "format": "labeled-url"},
     [{"url": "https://a.b"}, {"url": "https://a.b", "displayText": "A"}], [{}, {"displayText": "A"}, "https://a.b"]),
    ("user", {"type": "string", "format": "user"}, ["admin@example.com", "Admin@Example.com"],
     ["nobody@example.com", "nobody", 1]),
    ("users", {"type": "array", "items": {"type": "string", "format": "user"}},
     [["admin@example.com"], []], [["admin@example.com", "nobody@example.com"]]),
    ("team", {"type": "string", "format": "team"}, ["core"], ["nobodies", 1]),
    ("teams", {"type": "array", "items": {"type": "string", "format": "team"}}, [["core"]], [["core", "nobodies"]]),
    ("entity", _ENTITY, ["payments"], ["nowhere", "svc-a", {"identifier": "payments"}, 1]),
    ("entities", {"type": "array", "items": _ENTITY}, [["payments", "search"], []],
     [["payments", "nowhere"], "payments"]),
    ("blueprint beside items", {"type": "array", "blueprint": "domain", "items": {"format": "entity"}},
     [["payments"]], [["nowhere"]]),
    ("entity of people", {"type": "string", "format": "entity", "blueprint": "_user"},
     ["admin@example.com"], ["nobody@example.com"]),
    ("entity of nothing", {"type": "string", "format": "entity", "blueprint": "unknown"}, [], ["payments"]),
    ("client-side", {"type": "string", "encryption": {"algorithm": "client-side", "key": "k"}, "pattern": "^x$"},
     ["c2VhbGVk"], [1, {}]),
]  # fmt: skip


@pytest.mark.usefixtures("catalog")
async def test_each_kind_takes_what_fits_and_refuses_what_does_not(desk: Desk) -> None:
    for kind, spec, good, bad in KINDS:
        made = action({"x": spec})
        for value in good:
            checked = await desk.check(made, x=value)
            assert checked.raw == {"x": value}, kind
        for value in bad:
            for told in await desk.refused(made, x=value):
                assert told["input"] == "x", (kind, value)
                assert '"x"' in told["message"], (kind, value)
                assert told["expected"], (kind, value)


async def test_all_errors_are_told_at_once_with_their_places(desk: Desk) -> None:
    made = action(
        {
            "size": {"type": "string", "enum": ["s", "m"]},
            "ports": {"type": "array", "items": {"type": "number", "minimum": 1}},
            "links": {"type": "array", "items": {"type": "object", "format": "labeled-url"}},
            "name": {"type": "string"},
        },
        required=["name"],
    )
    errors = await desk.refused(made, size="xl", ports=[1, 0, "a"], links=[{"url": 5}], other=1)
    told = {(error["input"], error["path"]): error["message"] for error in errors}
    assert told.keys() == {
        ("size", ""),
        ("ports", "[1]"),
        ("ports", "[2]"),
        ("links", "[0].url"),
        ("other", ""),
        ("name", ""),
    }
    assert told["size", ""] == 'Input "size" must be one of "s", "m", not "xl"'
    assert told["ports", "[1]"] == 'Input "ports"[1] must be at least 1, not 0'
    assert told["other", ""].startswith('"other" is not an input of this action; its inputs are "size", "ports"')
    assert told["name", ""] == 'Input "name" is required'


async def test_null_is_an_empty_value(desk: Desk) -> None:
    made = action({"a": {"type": "string", "default": "x"}, "b": {"type": "string"}}, required=["b"])
    assert (await desk.check(made, a=None, b="y")).raw == {"a": None, "b": "y"}
    with pytest.raises(InvalidRequest, match='Input "b" is required'):
        await desk.check(made, b=None)


async def test_a_pattern_that_backtracks_without_end_is_no_match(desk: Desk) -> None:
    for pattern in (r"^(a+)+$", r"^(?=(a+)+$)x"):
        made = action({"x": {"type": "string", "pattern": pattern}})
        with pytest.raises(InvalidRequest):
            await desk.check(made, x="a" * 5_000 + "!")


async def test_a_definition_that_is_no_schema_refuses_values_and_says_so(desk: Desk) -> None:
    made = action({"x": {"type": "string", "pattern": {"jqQuery": '"("'}}})
    with pytest.raises(InvalidRequest, match='definition of input "x"'):
        await desk.check(made, x="a")
    assert (await desk.check(made)).raw == {}
