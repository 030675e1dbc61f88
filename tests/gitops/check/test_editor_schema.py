"""The schema for editors accepts what a sync accepts, and marks what it does not."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
import yaml

from fairway.gitops.check.editor_schema import editor_schema
from fairway.gitops.spec.reader import read_spec
from support.specs import SHAPES

GENERIC = jsonschema_rs.Draft7Validator(editor_schema())
OWN = jsonschema_rs.Draft7Validator(editor_schema(SHAPES))
START = "identifier: a\nblueprint: service\n"


def test_it_is_a_schema() -> None:
    jsonschema_rs.meta.validate(editor_schema())
    jsonschema_rs.meta.validate(editor_schema(SHAPES))


def document(text: str) -> Any:
    return yaml.load(text, Loader=yaml.CSafeLoader)


@pytest.mark.parametrize("text", [
    "", START, "[]", "- identifier: 007\n  blueprint: service\n", START + "title: 1.10\nicon: ~\nteam: [a, 1]\n",
    START + "properties:\nrelations:\n",
    START + "properties: {tier: ~, version: 1.1, language: Go, public: true, labels: [a]}\n",
    START + "properties: {config: {name: x}, ports: [1], readme: file://./x}\n", START + "properties: {config: file://x.json}\n",
    START + "relations: {owner: kim, uses: [a, b], domain: [d]}\n", START + "relations: {owner: ~, uses: a}\n",
    START + 'relations: {owner: {combinator: and, rules: [{property: handle, operator: "=", value: kim}]}}\n',
])  # fmt: skip
def test_good_files(text: str) -> None:
    assert read_spec(text.encode(), "port.yml", SHAPES).diagnostics == ()
    assert GENERIC.is_valid(document(text))
    assert OWN.is_valid(document(text))


@pytest.mark.parametrize("text", [
    "x", "- x\n", "identifier: a\n", START + "propertes: {}\n", START + "properties: []\n", START + "team: {a: b}\n",
    START + "relations: {owner: {combinator: xor, rules: []}}\n", "identifier: {}\nblueprint: service\n",
])  # fmt: skip
def test_bad_files(text: str) -> None:
    assert read_spec(text.encode(), "port.yml", SHAPES).diagnostics
    assert not GENERIC.is_valid(document(text))
    assert not OWN.is_valid(document(text))


@pytest.mark.parametrize("text", [
    "identifier: a\nblueprint: servce\n", START + "properties: {tiers: 1}\n", START + "properties: {tier: gold}\n",
    START + "properties: {language: Ruby}\n", START + "relations: {owner: [a, b]}\n", START + "relations: {ownr: a}\n",
    START + "properties: {public: x}\n", START + "properties: {labels: x}\n",
])  # fmt: skip
def test_what_only_blueprints_tell(text: str) -> None:
    assert GENERIC.is_valid(document(text))
    assert not OWN.is_valid(document(text))
