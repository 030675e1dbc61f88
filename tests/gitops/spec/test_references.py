"""Section 2.6: ``file://`` values."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairway.gitops.catalog import BlueprintShape
from fairway.gitops.forges.errors import FileTooBig
from fairway.gitops.model import Mark
from fairway.gitops.spec.limits import MAX_BYTES
from fairway.gitops.spec.problems import Problem
from fairway.gitops.spec.reader import resolve_references
from fairway.gitops.spec.references import locate
from support.specs import SERVICE, places, read

SHAPE = BlueprintShape(
    "service",
    {**SERVICE.properties, "spec": {"type": "object"}, "items": {"type": "array"}, "count": {"type": "number"}},
)
SHAPES = {"service": SHAPE}


def spec_of(value: str, prop: str = "readme", path: str = "services/a/port.yml") -> Any:
    return read(f"identifier: a\nblueprint: service\nproperties:\n  {prop}: {value}\n", path, SHAPES)


@pytest.mark.parametrize(("value", "path"), [
    ("file://docs/readme.md", "docs/readme.md"), ("file:///docs/readme.md", "docs/readme.md"),
    ("file://./readme.md", "services/a/readme.md"), ("file://../x/readme.md", "services/x/readme.md"),
    ("file://../../readme.md", "readme.md"), ("file://docs/../readme.md", "readme.md"), ("file://a//b/./c", "a/b/c"),
    ("file:////docs//x", "docs/x"), ("file://docs/a%2Fb.md", "docs/a%2Fb.md"), ("file://docs/a.md?x#y",
    "docs/a.md?x#y"),
    ("'file://docs/a b.md'", "docs/a b.md"), ("file://.../x", ".../x"), ("file://.github/x", ".github/x"),
    ("file://readme.md", "readme.md"), ("file://ü.md", "ü.md"),
])  # fmt: skip
def test_paths(value: str, path: str) -> None:
    spec = spec_of(value)
    assert spec.diagnostics == ()
    (need,) = spec.needs
    assert need == (need.__class__)(path, spec.definitions[0].key, "readme", Mark(4, 11))
    assert spec.definitions[0].references == (path,)
    assert spec.definitions[0].properties["readme"] == value.strip("'")


@pytest.mark.parametrize("value", [
    "file://../../../etc/passwd", "file:///../x", "file://..", "file://docs/../../x", "file://./../../../x", "file://",
    "file:///", "file://docs/", "file://.", "file://./", "file://.git/config", "file://a/.GIT/config", '"file://a\\0b"',
    '"file://a\\nb"', "file://" + "a/" * 3000 + "b", "file://a/..", "file://docs/..",
])  # fmt: skip
def test_escapes(value: str) -> None:
    spec = spec_of(value)
    assert [place for place in places(spec) if place[0] != "E_FIELD_TYPE"] == [("E_FILE_REF_PATH", 4, 11)]
    assert spec.broken == (("service", "a"),)
    assert spec.needs == ()


@given(
    st.lists(st.sampled_from(["..", ".", "a", "", "b", ".git", "..."]), max_size=8),
    st.sampled_from(["", "/", "./", "../"]),
)
def test_no_path_leaves_the_repository(parts: list[str], start: str) -> None:
    found = locate(f"file://{start}{'/'.join(parts)}", "x/y/port.yml", Mark(1, 1))
    if isinstance(found, Problem):
        assert found.code == "E_FILE_REF_PATH"
    else:
        assert found
        assert not found.startswith("/")
        assert not {"", ".", "..", ".git"} & set(found.split("/"))


@pytest.mark.parametrize("line", [
    "  config: {name: file://x}", "  labels: [file://x]", "  version: see file://x", "  version: ' file://x'",
])  # fmt: skip
def test_only_whole_values_right_under_properties(line: str) -> None:
    spec = read(f"identifier: a\nblueprint: service\ntitle: file://t\nproperties:\n{line}\n", shapes=SHAPES)
    assert (spec.diagnostics, spec.needs) == ((), ())


@pytest.mark.parametrize(("prop", "name", "content", "value"), [
    ("readme", "a.md", b"# Hi\r\n", "# Hi\r\n"), ("readme", "a.md", b"\xef\xbb\xbfhi", "hi"), ("readme",
    "a.md", b"", ""),
    ("readme", "a.json", b'{"a": 1}', '{"a": 1}'), ("readme", "a.json", b"{broken", "{broken"), ("readme",
    "a.yml", b"a: 1", "a: 1"),
    ("spec", "a.json", b'{"a": [1, null]}', {"a": [1, None]}), ("items", "a.json", b'["x"]', ["x"]), ("count",
    "a.json", b"7", 7),
    ("spec", "a.yml", b"a: no\nb: 1.10\n", {"a": "no", "b": 1.1}), ("items", "a.yaml", b"- 1.10\n- x\n", ["1.10", "x"]),
    ("spec", "a.txt", b"a: 1", "a: 1"), ("count", "a.yml", b"7", "7"), ("spec", "a.JSON", b"{}", "{}"),
    ("unknown", "a.json", b'{"a": 1}', {"a": 1}), ("unknown", "a.yml", b"a: 1", "a: 1"), ("readme", "a.md",
    b"{{ x }}", "{{ x }}"),
    ("spec", "a.yml", b"", None), ("spec", "a.json", b"null", None),
])  # fmt: skip
def test_contents(prop: str, name: str, content: bytes, value: Any) -> None:
    spec = resolve_references(spec_of(f"file://{name}", prop), {name: content}, SHAPES)
    assert spec.diagnostics == ()
    assert spec.definitions[0].properties == {prop: value}
    assert spec.definitions[0].references == (name,)


@pytest.mark.parametrize(("prop", "name", "content", "code"), [
    ("readme", "a.md", None, "E_FILE_REF_MISSING"), ("readme", "a.md", b"a\0b", "E_FILE_REF_BINARY"),
    ("readme", "a.png", b"\x89PNG\xff", "E_FILE_REF_BINARY"), ("readme",
    "a.md", b"x" * (MAX_BYTES + 1), "E_FILE_REF_SIZE"),
    ("readme", "a.md", FileTooBig("x"), "E_FILE_REF_SIZE"), ("spec", "a.json", b"{", "E_FILE_REF_JSON"),
    ("spec", "a.json", b"", "E_FILE_REF_JSON"), ("spec", "a.json", b"NaN", "E_FILE_REF_JSON"),
    ("spec", "a.json", b'"\\u0000"', "E_FILE_REF_JSON"), ("spec", "a.json", b"[" * 101 + b"]" * 101, "E_FILE_REF_JSON"),
    ("spec", "a.json", b"[" * 100_000, "E_FILE_REF_JSON"), ("spec", "a.yml", b"a: [", "E_FILE_REF_JSON"),
    ("spec", "a.yml", b"a: 1\n---\nb: 1\n", "E_FILE_REF_JSON"), ("spec", "a.yml", b"a: 1\na: 2\n", "E_FILE_REF_JSON"),
    ("spec", "a.yml", b"a: .inf\n", "E_FILE_REF_JSON"), ("spec", "a.yml", b"[" * 100_000, "E_FILE_REF_JSON"),
    ("items", "a.yaml", b"!!python/name:os.system x", "E_FILE_REF_JSON"),
])  # fmt: skip
def test_bad_contents(prop: str, name: str, content: bytes | FileTooBig | None, code: str) -> None:
    before = spec_of(f"file://{name}", prop)
    spec = resolve_references(before, {name: content}, SHAPES)
    assert places(spec) == [(code, 4, 5 + len(prop))]
    assert f'"{name}"' in spec.diagnostics[0].message
    assert spec.diagnostics[0].entity == ("service", "a")
    assert spec.definitions == ()
    assert spec.broken == (("service", "a"),)
    assert spec.needs == before.needs, "the file may appear"


def test_a_path_that_was_not_read_is_missing() -> None:
    assert places(resolve_references(spec_of("file://x"), {}, SHAPES)) == [("E_FILE_REF_MISSING", 4, 11)]


def test_siblings_are_not_touched() -> None:
    text = "".join(
        f"- identifier: {name}\n  blueprint: service\n  properties: {{readme: file://{name}.md, tier: 1}}\n"
        for name in "abc"
    )
    spec = resolve_references(read(text, shapes=SHAPES), {"a.md": b"A", "b.md": None, "c.md": b"C"}, SHAPES)
    assert [definition.properties for definition in spec.definitions] == [
        {"readme": "A", "tier": 1}, {"readme": "C", "tier": 1},
    ]  # fmt: skip
    assert spec.broken == (("service", "b"),)
    assert places(spec) == [("E_FILE_REF_MISSING", 6, 24)]


def test_one_file_may_not_bring_in_everything() -> None:
    text = "".join(f"- {{identifier: a{n}, blueprint: service, properties: {{readme: file://x}}}}\n" for n in range(20))
    spec = resolve_references(read(text, shapes=SHAPES), {"x": b"x" * MAX_BYTES}, SHAPES)
    assert len(spec.definitions) == 16
    assert {found.code for found in spec.diagnostics} == {"E_FILE_REF_SIZE"}


def test_without_blueprints_json_is_parsed() -> None:
    spec = dataclasses.replace(spec_of("file://a.json"))
    assert resolve_references(spec, {"a.json": b"[1]"}, None).definitions[0].properties == {"readme": [1]}
    assert places(resolve_references(spec, {"a.json": b"[1"}, None)) == [("E_FILE_REF_JSON", 4, 11)]
