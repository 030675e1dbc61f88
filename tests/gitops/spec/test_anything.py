"""Whatever the bytes are, reading them ends in definitions and findings; whatever a YAML dumper writes reads back."""

from __future__ import annotations

import json
import os
import random
import re
import time
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from fairway.gitops.spec.codes import BY_NAME
from fairway.gitops.spec.reader import SpecFile, read_spec, resolve_references
from fairway.gitops.spec.repository import combine
from fairway.gitops.spec.validation import validate
from support.specs import SHAPES

SECONDS = float(os.environ.get("FAIRWAY_FUZZ_SECONDS", "20"))


def holds(content: bytes) -> SpecFile:
    """What is true of the reading of anything."""
    plain = read_spec(content, "a/port.yml", None)
    spec = read_spec(content, "a/port.yml", SHAPES)
    assert plain.readable == spec.readable
    for found in (*plain.diagnostics, *spec.diagnostics):
        assert found.code in BY_NAME
        assert found.mark.line >= 1
        assert found.mark.column >= 1
        assert str(found).isprintable()
    if not spec.readable:
        assert spec.diagnostics
        assert (spec.definitions, spec.broken, spec.nameless, spec.needs) == ((), (), 0, ())
    keys = [definition.key for definition in spec.definitions]
    assert len({*keys, *spec.broken}) == len(keys) + len(spec.broken)
    assert bool(spec.broken or spec.nameless) <= bool(spec.diagnostics)
    for definition in spec.definitions:
        assert "\0" not in json.dumps([definition.properties, definition.relations, definition.team], allow_nan=False)
        shape = SHAPES.get(definition.key.blueprint)
        for found in validate(definition, shape, spec.path, exists=False, shapes=SHAPES):
            assert found.code in BY_NAME
            assert str(found).isprintable()
    resolved = resolve_references(spec, {need.path: content for need in spec.needs}, SHAPES)
    combine([resolved, read_spec(content, "a/port.yaml", SHAPES)])
    return spec


@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf")
@example(b"\xef\xbb\xbf\xef\xbb\xbfa: 1")
@example(b"\r")
@example(b"a: \xe2\x80\xa8b")
@example(b"!<")
@example(b"a: {identifier: x, blueprint: y}")
@example("identifier: x\nblueprint: service\nproperties: {a\ufeffb: '{{ x }}', \u202ec: .inf}".encode())
def test_any_bytes(content: bytes) -> None:
    holds(content)


@given(st.text(alphabet="abi:-{}[]#&*!|>'\"%@`, \n\t?~<=07.\\\r\u0085\u2028\ufeff{}", max_size=80))
def test_any_text(text: str) -> None:
    holds(text.encode())


WORDS = st.sampled_from([
    "identifier", "blueprint", "title", "properties", "relations", "team", "icon", "service", "domain", "tier",
    "version",
    "owner", "uses", "combinator", "rules", "and", "property", "operator", "=", "value", "file://./x.json", "{{ x }}",
])  # fmt: skip
LEAVES = WORDS | st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates()
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@given(TREES)
def test_any_tree(tree: Any) -> None:
    holds(yaml.dump(tree, Dumper=yaml.CSafeDumper, allow_unicode=True).encode())


LETTERS = st.text(alphabet=st.sampled_from("abcXYZ019_@.+:/=-äß日"), min_size=1, max_size=12).filter(
    lambda t: t not in (".", "..")
)
NAMES = st.text(alphabet=st.sampled_from("abcXYZ019_@.+:-äß"), min_size=1, max_size=12).filter(
    lambda t: t not in (".", "..")
)
_OLD_BREAKS = "\x85\u2028\u2029"
"""PyYAML folds lines at them, as YAML 1.1 had it; for us they are letters."""
_NEW_NUMBER = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?|0o[0-7]+")
"""Numbers of YAML 1.2; PyYAML knows those of 1.1, and leaves texts such as ``0E0`` and ``0o7`` without quotes."""


def _is_quoted(text: str) -> bool:
    """Whether PyYAML writes a text so that it stays one."""
    return not (_NEW_NUMBER.fullmatch(text) and isinstance(yaml.safe_load(text), str))


TEXT = st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0" + _OLD_BREAKS), max_size=30
).filter(lambda text: "{{" not in text and "://" not in text and _is_quoted(text))
SAFE = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
NESTED = st.recursive(
    SAFE, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12
)
DEFINITIONS = st.fixed_dictionaries(
    {"identifier": LETTERS, "blueprint": NAMES},
    optional={
        "title": TEXT | st.none(),
        "icon": TEXT | st.none(),
        "team": TEXT | st.none() | st.lists(TEXT, max_size=3),
        "properties": st.dictionaries(TEXT, NESTED, max_size=5),
        "relations": st.dictionaries(TEXT, LETTERS | st.none() | st.lists(LETTERS, max_size=3), max_size=4),
    },
)


@pytest.mark.slow
@given(
    st.lists(DEFINITIONS, max_size=4, unique_by=lambda each: (each["blueprint"], each["identifier"])),
    st.sampled_from([yaml.SafeDumper, yaml.CSafeDumper]), st.booleans(), st.sampled_from([None, True, False]),
    st.sampled_from(["\n", "\r\n"]), st.booleans(),
)  # fmt: skip
def test_what_a_dumper_writes_reads_back(
    wanted: list[dict[str, Any]], dumper: Any, uni: bool, flow: bool | None, line_break: str, several: bool
) -> None:
    options = {"Dumper": dumper, "allow_unicode": uni, "default_flow_style": flow, "line_break": line_break}
    text = yaml.dump_all(wanted, **options) if several else yaml.dump(wanted, **options)
    spec = read_spec(text.encode(), "port.yml", None)
    assert spec.diagnostics == ()
    assert [as_written(definition) for definition in spec.definitions] == [
        {"properties": {}, "relations": {}, **each} for each in wanted
    ]


@given(st.lists(DEFINITIONS, max_size=4, unique_by=lambda each: (each["blueprint"], each["identifier"])))
@example([{"identifier": "a", "blueprint": "b", "title": " \x85 \u2028 \u2029\ue000\ufeff "}])
def test_json_reads_back(wanted: list[dict[str, Any]]) -> None:
    spec = read_spec(json.dumps(wanted, ensure_ascii=False, indent=1).encode(), "port.yml", None)
    if spec.readable:  # JSON may hold control characters that YAML does not
        assert [as_written(definition) for definition in spec.definitions] == [
            {"properties": {}, "relations": {}, **each} for each in wanted
        ]


def as_written(definition: Any) -> dict[str, Any]:
    fields = {name: getattr(definition, name) for name in definition.present}
    return {
        "identifier": definition.key.identifier, "blueprint": definition.key.blueprint, **fields,
        "properties": definition.properties, "relations": definition.relations,
    }  # fmt: skip


SEEDS = [
    b"""identifier: checkout
blueprint: service
title: X
team: [a, b]
properties:
  tier: 1
  version: 1.10
  readme: file://./x
  config: {name: &n no, size: 0x1f, more: [*n, {a: b}]}
relations:
  domain: payments
  uses:
  - a
  - b
""",
    b"""- &base
  identifier: a
  blueprint: domain
- <<: *base
  identifier: b
  relations:
    owner: {combinator: and, rules: [{property: handle, operator: "=", value: kim}]}
---
# x
identifier: c
blueprint: service
properties:
  version: |-
    text
     more
  readme: >
   a

   b
""",
    b"%YAML 1.2\n---\n!!map {? !!str identifier : \"a\\u00e9\\n\", 'blueprint': 'it''s'}\n...\n",
]
PIECES = [
    *(piece.encode() for piece in (
        ":", ": ", "- ", "\n", "\n  ", "\t", "{", "}", "[", "]", "&a ", "*a", "<<: ", "!!str ", "!x ", "|\n", ">\n",
        "'", '"', "#", "%TAG ! x\n", "---\n", "...\n", "? ", "~", "\0", "é", "{{ x }}", "file://../", "\r\n", "\x85",
        "\u2028", "\ufeff", "0x", ".inf", "1e999", "\\x00", "\\ud800", "[" * 40, "*a," * 50, "- " * 40,
    )),
    b"\xff", b"\x85",
]  # fmt: skip


def mutated(source: random.Random) -> bytes:
    content = bytearray(source.choice(SEEDS))
    for _ in range(source.randint(1, 12)):
        at = source.randrange(len(content) + 1)
        what = source.random()
        if what < 0.5:
            content[at:at] = source.choice(PIECES)
        elif what < 0.7:
            del content[at : at + source.randint(1, 8)]
        elif what < 0.85:
            other = source.randrange(len(content) + 1)
            content[at:at] = content[other : other + source.randint(1, 60)]
        elif content:
            content[min(at, len(content) - 1)] = source.randrange(256)
    return bytes(content)


@pytest.mark.parametrize("seed", range(150))
def test_mutated_files(seed: int) -> None:
    holds(mutated(random.Random(seed)))


@pytest.mark.fuzz
@pytest.mark.timeout(SECONDS * 2 + 60)
def test_mutated_files_for_long() -> None:
    ends, seed = time.monotonic() + SECONDS, random.randrange(1 << 32)
    readable = count = 0
    while time.monotonic() < ends:
        seed += 1
        try:
            readable += holds(mutated(random.Random(seed))).readable
        except Exception as error:  # tells how to repeat it
            raise AssertionError(f"seed {seed}: {mutated(random.Random(seed))!r}") from error
        count += 1
    assert 0 < readable < count
