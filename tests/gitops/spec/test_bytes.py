"""Section 2.1: encodings, sizes, line ends, tabs."""

from __future__ import annotations

import pytest

from fairway.gitops.spec.reader import MAX_BYTES, too_big
from support.specs import one, places, read

ENTITY = "identifier: a\nblueprint: service\n"


@pytest.mark.parametrize("content", [
    ENTITY, "\ufeff" + ENTITY, ENTITY.replace("\n", "\r\n"), "\ufeff---\r\n" + ENTITY, "%YAML 1.2\n---\n" + ENTITY,
])  # fmt: skip
def test_forms_of_one_file(content: str) -> None:
    assert one(content).key == ("service", "a")


def test_marks_behind_a_byte_order_mark_and_after_crlf() -> None:
    marks = one("\ufeffidentifier: a\r\nblueprint: service\r\nproperties:\r\n  tier: 1\r\n").marks
    assert marks[("identifier",)] == (1, 1)
    assert marks[("properties", "tier")] == (4, 3)
    assert marks[("", "properties", "tier")] == (4, 9)


def test_columns_count_characters() -> None:
    spec = read("identifier: ü\nblueprint: service\nproperties: {ключ: 1, b: 2, b: 3}\n")
    assert places(spec) == [("E_DUP_KEY", 3, 29)]


@pytest.mark.parametrize(("content", "place", "words"), [
    (b"identifier: a\ntitle: \xff\n", (2, 8), "0xFF at offset 21"),
    (b"\xef\xbb\xbfa: \xc3", (1, 4), "0xC3 at offset 6"),
    (ENTITY.encode("utf-16"), (1, 1), "UTF-16"),
    (ENTITY.encode("utf-32"), (1, 1), "UTF-32"),
    (ENTITY.encode("utf-16-le"), (1, 2), "0x00 at offset 1"),
    (b"a: \xed\xa0\x80", (1, 4), "0xED at offset 3"),
])  # fmt: skip
def test_other_encodings(content: bytes, place: tuple[int, int], words: str) -> None:
    spec = read(content)
    assert not spec.readable
    assert places(spec) == [("E_ENCODING", *place)]
    assert words in spec.diagnostics[0].message


def test_control_characters() -> None:
    spec = read("identifier: a\ntitle: x\x07\n")
    assert places(spec) == [("E_YAML", 2, 9)]
    assert "U+0007" in spec.diagnostics[0].message


def test_size() -> None:
    fits = ENTITY + "#" * (MAX_BYTES - len(ENTITY))
    assert one(fits).key == ("service", "a")
    spec = read(fits + "#")
    assert not spec.readable
    assert places(spec) == [("E_SIZE", 1, 1)]
    assert str(MAX_BYTES) in spec.diagnostics[0].message
    assert str(MAX_BYTES + 1) in spec.diagnostics[0].message
    assert too_big("port.yml", MAX_BYTES + 1) == spec


@pytest.mark.parametrize(("content", "place"), [
    ("properties:\n\ttier: 1\n", (2, 1)),
    ("properties:\n  tier: 1\n\tb: 2\n", (3, 1)),
    ("a: >\n \t text\n\t text", (2, 2)),
    ("a: |\n  x\n\ty", (3, 1)),
    ("a:\n  \t- b\n", (2, 3)),
    ("a: b\n\t\n", (2, 1)),
])  # fmt: skip
def test_tabs_are_named(content: str, place: tuple[int, int]) -> None:
    spec = read(content)
    assert places(spec) == [("E_YAML", *place)]
    assert "tab" in spec.diagnostics[0].message


def test_tabs_elsewhere_are_fine() -> None:
    assert one("identifier:\ta\nblueprint: service\t# x\n").key == ("service", "a")
