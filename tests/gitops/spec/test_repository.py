"""Sections 2.4 and 3: the spec files of a repository together."""

from __future__ import annotations

import dataclasses
import random

from fairway.gitops.model import EntityKey, Mark
from fairway.gitops.patterns import Patterns
from fairway.gitops.spec.file import SpecFile
from fairway.gitops.spec.repository import combine, ignored_paths, reading_order
from support.specs import places, read


def entity(name: str, extra: str = "") -> str:
    return f"identifier: {name}\nblueprint: service\n{extra}---\n"


def test_order() -> None:
    paths = ["port.yml", "port.yaml", "a/port.yml", "a/port.yaml", "a/b/port.yml", "b/other.yml"]
    assert sorted(random.sample(paths, len(paths)), key=reading_order) == paths


def test_the_first_of_several_files_counts_whatever_their_order() -> None:
    files = [
        read(entity("x", "title: root\n"), "port.yml"),
        read(entity("y") + entity("x", "title: second\n"), "port.yaml"),
        read(entity("x", "title: a\n") + entity("z"), "a/port.yml"),
    ]
    for _ in range(10):
        combined = combine(random.sample(files, 3))
        assert [(path, each.key.identifier) for path, each in combined.definitions] == [
            ("port.yml", "x"), ("port.yaml", "y"), ("a/port.yml", "z"),
        ]  # fmt: skip
        duplicates = [found for found in combined.diagnostics if found.code == "E_DUPLICATE_ENTITY"]
        assert [(found.path, found.mark) for found in duplicates] == [("port.yaml", (4, 13)), ("a/port.yml", (1, 13))]
        assert '"port.yml", line 1,' in duplicates[0].message
        assert "line 4" in duplicates[0].message


def test_a_broken_first_keeps_the_entity() -> None:
    combined = combine([read(entity("x", "title: []\n"), "a/port.yml"), read(entity("x"), "b/port.yml")])
    assert combined.definitions == ()
    assert combined.files[0].broken == (("service", "x"),)
    assert places(combined.files[1]) == [("E_DUPLICATE_ENTITY", 1, 13)]


def test_a_broken_second_is_only_a_duplicate() -> None:
    combined = combine([read(entity("x"), "a/port.yml"), read(entity("x", "title: []\n"), "b/port.yml")])
    assert len(combined.definitions) == 1
    assert combined.files[1].broken == ()
    assert [code for code, _, _ in places(combined.files[1])] == ["E_DUPLICATE_ENTITY", "E_FIELD_TYPE"]


def test_both_names_in_one_folder() -> None:
    combined = combine([read("", path) for path in ("port.yaml", "a/port.yml", "a/port.yaml", "b/port.yaml", "x.yml")])
    assert [(found.code, found.path, found.mark) for found in combined.diagnostics] == [
        ("W_BOTH_NAMES", "a/port.yaml", (1, 1))
    ]
    assert '"a/port.yml"' in combined.diagnostics[0].message


def test_files_beyond_the_limit_stay_as_they_are() -> None:
    sample = read(entity("x"))

    def file(number: int) -> SpecFile:
        keys = [EntityKey("service", f"a{number}-{n}") for n in range(4999)]
        definitions = tuple(dataclasses.replace(sample.definitions[0], key=key) for key in keys)
        places = dict.fromkeys(keys, Mark(1, 13))
        return dataclasses.replace(sample, path=f"{number}/port.yml", definitions=definitions, places=places)

    files = [file(number) for number in range(4)]
    assert len(combine([*files, read(entity("x"), "4/port.yml")]).definitions) == 4 * 4999 + 1
    many = "".join(f"- {{identifier: b{n}, blueprint: service}}\n" for n in range(5))
    combined = combine([*files, read(many, "4/port.yml"), read(entity("y"), "5/port.yml")])
    assert [(file.path, file.readable) for file in combined.files[3:]] == [
        ("3/port.yml", True), ("4/port.yml", False), ("5/port.yml", False),
    ]  # fmt: skip
    assert [found.code for found in combined.diagnostics] == ["E_TOO_MANY", "E_TOO_MANY"]


def test_ignored_names() -> None:
    names = [
        "PORT.YML",
        "port.yml.txt",
        "port.yml",
        "Port.yaml",
        "port.yaml.bak",
        "xport.yml",
        "ports.yml",
        "port.json",
    ]
    found = Patterns().nearly(names)
    assert found == ("PORT.YML", "Port.yaml", "port.yaml.bak", "port.yml.txt")
    assert Patterns.of("*.YML").nearly(["PORT.YML"]) == ()
    warnings = ignored_paths(found)
    assert {(each.code, each.severity.value, each.mark) for each in warnings} == {("W_IGNORED_PATH", "warning", (1, 1))}
    assert len(warnings) == 4
