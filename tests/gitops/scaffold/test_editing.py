"""Spec files are changed as their authors would."""

from __future__ import annotations

import difflib
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fairway.gitops.model import EntityKey
from fairway.gitops.scaffold.editing import edit, has_definition
from fairway.gitops.scaffold.model import CannotEdit, EntityChange
from fairway.gitops.spec.reader import read_spec

KEY = EntityKey("service", "checkout")
FILE = """\
# the team's own words
identifier: checkout   # id
blueprint: "service"

properties:
    tier:   1      # one
    version: 1.10
    released: 2024-03-01

    # about lists
    langs:
    - go
    - 'py'   # snake

# relations follow
relations: {domain: payments,   other: 'x'}
"""


def changed(text: str, change: EntityChange) -> list[str]:
    """The lines that differ, as a diff has them."""
    new = edit(text.encode(), change).content.decode()
    return [line for line in difflib.ndiff(text.splitlines(), new.splitlines()) if line[0] in "+-"]


def test_a_value_changes_where_it_stands() -> None:
    change = EntityChange(KEY, properties={"tier": 2}, relations={"domain": "shop"})
    assert changed(FILE, change) == [
        "-     tier:   1      # one",
        "+     tier:   2      # one",
        "- relations: {domain: payments,   other: 'x'}",
        "+ relations: {domain: shop,   other: 'x'}",
    ]


def test_new_keys_come_behind_the_others_and_before_what_follows() -> None:
    change = EntityChange(KEY, fields={"title": "Check: out"}, properties={"docs": "a b"})
    assert changed(FILE, change) == ["+     docs: a b", "+ title: 'Check: out'"]
    lines = edit(FILE.encode(), change).content.decode().splitlines()
    assert lines[lines.index("    docs: a b") - 1] == "    - 'py'   # snake"


def test_lists_and_cleared_values() -> None:
    change = EntityChange(KEY, properties={"langs": ["go", "rust"], "tier": None})
    result = yaml.load(edit(FILE.encode(), change).content, Loader=yaml.BaseLoader)
    assert result["properties"]["langs"] == ["go", "rust"]
    assert result["properties"]["tier"] == "null"
    assert result["properties"]["version"] == "1.10"


@pytest.mark.parametrize(
    "change",
    [
        EntityChange(KEY),
        EntityChange(KEY, properties={"version": "1.10", "released": "2024-03-01", "langs": ["go", "py"]}),
        EntityChange(KEY, properties={"tier": 1}, relations={"other": "x"}),
    ],
)
def test_no_difference(change: EntityChange) -> None:
    edited = edit(FILE.encode(), change)
    assert edited.plan == []
    assert edited.content == FILE.encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("identifier: checkout\nblueprint: service\n", "properties:\n  tier: 2\n"),
        ("identifier: checkout\nblueprint: service\nproperties:\n", "properties:\n  tier: 2\n"),
        ("identifier: checkout\nblueprint: service\nproperties: ~\n", "properties:\n  tier: 2\n"),
        ("identifier: checkout\nblueprint: service\nproperties: {}\n", "properties:\n  tier: 2\n"),
        ("identifier: checkout\nblueprint: service\nproperties: {a: 1}", "properties: {a: 1, tier: 2}"),
        ("{identifier: checkout, blueprint: service}\n", "{identifier: checkout, blueprint: service, properties:"),
    ],
)
def test_places_for_properties(text: str, expected: str) -> None:
    result = edit(text.encode(), EntityChange(KEY, properties={"tier": 2})).content
    assert expected in result.decode()
    [definition] = read_spec(result, "port.yml", None).definitions
    assert definition.properties["tier"] == 2


def test_documents_and_lists() -> None:
    text = (
        "---\n- identifier: other\n  blueprint: service\n  properties:\n    tier: 1\n  # end of other\n\n"
        "# next\n- identifier: checkout\n  blueprint: service\n  properties:\n    tier: 1\n---\n"
        'identifier: "007"\nblueprint: service\nproperties: {tier: 1}\n'
    )
    assert changed(text, EntityChange(KEY, properties={"a": "x"})) == ["+     a: x"]
    assert changed(text, EntityChange(EntityKey("service", "other"), properties={"a": "x"})) == ["+     a: x"]
    assert changed(text, EntityChange(EntityKey("service", "007"), properties={"tier": 2})) == [
        "- properties: {tier: 1}",
        "+ properties: {tier: 2}",
    ]
    assert has_definition(text.encode(), EntityKey("service", "007"))
    assert not has_definition(text.encode(), EntityKey("service", "7"))


@pytest.mark.parametrize(
    ("text", "added"),
    [
        ("identifier: other\nblueprint: service\n", ["+ ---", "+ identifier: checkout", "+ blueprint: service"]),
        ("- identifier: other\n  blueprint: service\n", ["+ - identifier: checkout", "+   blueprint: service"]),
        ("  - identifier: other\n    blueprint: service\n", ["+   - identifier: checkout", "+     blueprint: service"]),
        ("# nothing here\n", ["+ identifier: checkout", "+ blueprint: service"]),
        ("", ["+ identifier: checkout", "+ blueprint: service"]),
        ("---\n", ["+ identifier: checkout", "+ blueprint: service"]),
        ("[]\n", ["+ ---", "+ identifier: checkout", "+ blueprint: service"]),
        ("- identifier: other\n  blueprint: s\n...\n", ["+ ---", "+ identifier: checkout", "+ blueprint: service"]),
    ],
)
def test_an_entity_that_is_new(text: str, added: list[str]) -> None:
    assert changed(text, EntityChange(KEY)) == added
    spec = read_spec(edit(text.encode(), EntityChange(KEY)).content, "port.yml", None)
    assert spec.diagnostics == ()
    assert KEY in [each.key for each in spec.definitions]


def test_a_file_that_is_new() -> None:
    edited = edit(None, EntityChange(KEY, {"title": "T"}, {"tier": 1}, {"domain": "d"}))
    assert edited.content.decode() == (
        "identifier: checkout\nblueprint: service\ntitle: T\nproperties:\n  tier: 1\nrelations:\n  domain: d\n"
    )


def test_line_ends_and_marks_of_windows() -> None:
    text = "\ufeff" + FILE.replace("\n", "\r\n")
    result = edit(text.encode(), EntityChange(KEY, properties={"tier": 2, "new": "x"})).content.decode()
    assert result.startswith("\ufeff#")
    assert result.count("\n") == result.count("\r\n") == text.count("\n") + 1


FLOW = "- {identifier: checkout, blueprint: service, properties: {note: a, z: 1}}\n"
HOSTILE = [
    "a: b",
    "x # y",
    "{{ .inputs.tier }}",
    "|",
    "&anchor",
    "*alias",
    "!tag",
    "- item",
    "\nidentifier: stolen\nblueprint: domain",
    "'\"\\",
    "...\n---\nidentifier: x",
    "yes",
    "1.10",
    "null",
    "~",
    "",
    " padded ",
    "\t",
    "\x00\x07",
    "a, b]}",
    "\u2028",
    "<<",
    "=",
    "🚀",
    "0o17",
    "12:30:45",
]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize(
    "text", [FILE, "- {identifier: checkout, blueprint: service, properties: {note: a, z: 1}}\n", ""]
)
def test_hostile_values_stay_values(text: str, value: str) -> None:
    change = EntityChange(KEY, {"title": value}, {"note": value, "list": [value]}, {"domain": value})
    result = edit(text.encode(), change).content
    for loader in (yaml.SafeLoader, yaml.CSafeLoader):
        documents = [each for each in yaml.load_all(result, Loader=loader) if each]
        first = documents[0][0] if isinstance(documents[0], list) else documents[0]
        assert first["title"] == value
        assert first["properties"]["note"] == value
        assert first["properties"]["list"] == [value]
        assert first["relations"]["domain"] == value
        assert len(documents) == 1
    again = edit(result, change)
    assert again.plan == [] or value == "null"


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=8), st.text() | st.integers() | st.booleans() | st.lists(st.text()), max_size=4
    )
)
def test_whatever_is_set_is_read_back(values: dict[str, Any]) -> None:
    result = edit(FILE.encode(), EntityChange(KEY, properties=values)).content
    document = yaml.load(result, Loader=yaml.CSafeLoader)
    for name, value in values.items():
        assert document["properties"][name] == value
    kept = {"tier", "version", "released", "langs"} - values.keys()
    before = yaml.load(FILE, Loader=yaml.CSafeLoader)["properties"]
    assert {name: document["properties"][name] for name in kept} == {name: before[name] for name in kept}
    assert result.decode().startswith("# the team's own words\nidentifier: checkout   # id\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "- &a\n  identifier: checkout\n  blueprint: service\n- *a\n",
            "shared through an alias",
        ),
        (
            "- identifier: x\n  blueprint: service\n  properties: &p {tier: 1}\n"
            "- identifier: checkout\n  blueprint: service\n  properties: *p\n",
            "shared through an alias",
        ),
        ("identifier: checkout\nblueprint: service\nproperties: [1]\n", "is no mapping"),
        ("identifier: checkout\nblueprint: service\nproperties:\n  tier: &t 1\n  other: *t\n", "has an anchor"),
        ("identifier: [checkout\n", "no YAML"),
    ],
)
def test_what_is_left_to_people(text: str, says: str) -> None:
    with pytest.raises(CannotEdit, match=says):
        edit(text.encode(), EntityChange(KEY, properties={"tier": 2}))
    with pytest.raises(CannotEdit, match="UTF-8"):
        edit(b"\xff", EntityChange(KEY))


def test_an_alias_is_replaced_by_a_value() -> None:
    text = "identifier: checkout\nblueprint: service\nproperties:\n  a: &t 1\n  tier: *t\n"
    result = yaml.safe_load(edit(text.encode(), EntityChange(KEY, properties={"tier": 2})).content)
    assert result["properties"] == {"a": 1, "tier": 2}


@pytest.mark.parametrize("text", ["properties: {}", "properties: {a: 1}", "properties:\n  a: 1"])
@pytest.mark.parametrize(
    "name", ["<<", "=", "? x", "a: b", "0", "null", "yes", "~", "1.5", "a #b", "!t", "*a", "\n", "{"]
)
def test_hostile_names(name: str, text: str) -> None:
    change = EntityChange(KEY, properties={name: "v"})
    result = edit(f"identifier: checkout\nblueprint: service\n{text}\n".encode(), change).content
    assert yaml.safe_load(result)["properties"][name] == "v"
    assert edit(result, change).plan == []


def test_names_that_are_numbers() -> None:
    text = b"identifier: checkout\nblueprint: service\nproperties:\n  1: [a]\n"
    with pytest.raises(CannotEdit, match="no name"):
        edit(text, EntityChange(KEY, properties={"1": ["b"]}))
