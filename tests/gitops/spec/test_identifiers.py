"""Section 14: names that must not reach a URL, and those that may."""

from __future__ import annotations

import pytest

from support.specs import places, read


@pytest.mark.parametrize("identifier", [
    "a", "checkout-v2", "a/b", "team@x.org", "über", "日本", "a:b", "a+b", "a=b", r"a\b", "x" * 1000, "...", "true",
    "no", "~x",
])  # fmt: skip
def test_identifiers(identifier: str) -> None:
    spec = read(f"identifier: {identifier}\nblueprint: service\n")
    if identifier == "~x":
        assert places(spec) == [("E_IDENTIFIER", 1, 13)]
    else:
        assert spec.definitions[0].key.identifier == identifier


@pytest.mark.parametrize(("identifier", "words"), [
    ('""', "empty"), ("a b", "a space"), ('"."', '"."'), ('".."', '".."'), ('"a#b"', '"#"'), ('"a?b"', '"?"'),
    ('"a%2fb"', '"%"'), ('"a\\nb"', "U+000A"), ('"a\\u200bb"', "U+200B"), ('"\\u202ea"', "U+202E"),
    ("x" * 1001, "1001"),
    ('"{{ name }}"', '"{"'), ("'a\"b'", '"""'), ("a²", "U+00B2"), ("a٣", "U+0663"),
])  # fmt: skip
def test_hostile_identifiers(identifier: str, words: str) -> None:
    spec = read(f"identifier: {identifier}\nblueprint: service\n")
    assert places(spec) == [("E_IDENTIFIER", 1, 13)]
    assert words in spec.diagnostics[0].message
    assert spec.nameless == 1
    assert spec.broken == ()


@pytest.mark.parametrize("blueprint", [
    "../webhooks#", "..", ".", "a/b", "a?b", "a#b", "a%2e", '"a\\tb"', '"a\\0b"', "a b", '""', "a=b", "x" * 101,
    '"service\\r\\nHost: x"', "//evil.example", '"\\u2028"',
])  # fmt: skip
def test_hostile_blueprints(blueprint: str) -> None:
    spec = read(f"identifier: a\nblueprint: {blueprint}\n")
    assert places(spec) == [("E_BLUEPRINT_NAME", 2, 12)]
    assert spec.nameless == 1


@pytest.mark.parametrize("blueprint", ["service", "_user", "a.b", "a-b", "a+b", "a:b", "größe", "x" * 100])
def test_blueprints(blueprint: str) -> None:
    assert read(f"identifier: a\nblueprint: {blueprint}\n").definitions[0].key.blueprint == blueprint


def test_messages_hold_nothing_that_a_terminal_would_act_on() -> None:
    spec = read('identifier: "\\e[2J\\u202e\\x07"\nblueprint: service\n"\\e]0;x": 1\nproperties: "\\e[31m"\n')
    text = "".join(f"{found}{found.hint}" for found in spec.diagnostics)
    assert text.isprintable()


def test_relation_targets_are_identifiers() -> None:
    spec = read("identifier: a\nblueprint: service\nrelations:\n  owner: kim smith\n  uses: [b, 'c#d']\n")
    assert places(spec) == [("E_IDENTIFIER", 4, 10), ("E_IDENTIFIER", 5, 13)]
    assert spec.broken == (("service", "a"),)
