"""Section 2.2: what a file may be."""

from __future__ import annotations

import pytest

from support.specs import places, read


@pytest.mark.parametrize(
    "content", ["", "\n\n", "# nothing\n", "---\n", "---\n---\n", "null", "~", "[]", "---\n[]\n...\n"]
)
def test_no_entities(content: str) -> None:
    spec = read(content)
    assert spec.readable
    assert (spec.definitions, spec.diagnostics, spec.broken, spec.nameless) == ((), (), (), 0)


@pytest.mark.parametrize("content", [
    "identifier: a\nblueprint: b\n---\nidentifier: c\nblueprint: b\n",
    "- identifier: a\n  blueprint: b\n- identifier: c\n  blueprint: b\n",
    "---\n- identifier: a\n  blueprint: b\n---\n---\n# nothing\n---\nidentifier: c\nblueprint: b\n...\n",
    "[{identifier: a, blueprint: b}, {identifier: c, blueprint: b}]",
    '[{"identifier": "a", "blueprint": "b"}, {"identifier": "c", "blueprint": "b"}]',
])  # fmt: skip
def test_several(content: str) -> None:
    spec = read(content)
    assert spec.diagnostics == ()
    assert [definition.key for definition in spec.definitions] == [("b", "a"), ("b", "c")]


@pytest.mark.parametrize(("content", "found"), [
    ("text", [("E_TOPLEVEL", 1, 1)]),
    ("---\n\n  7", [("E_TOPLEVEL", 3, 3)]),
    ('""', [("E_TOPLEVEL", 1, 1)]),
    ("- identifier: a\n  blueprint: b\n- 5\n-\n- [x]\n",
     [("E_TOPLEVEL", 3, 3), ("E_TOPLEVEL", 4, 2), ("E_TOPLEVEL", 5, 3)]),
    ("identifier: a\nblueprint: b\n---\nfalse\n", [("E_TOPLEVEL", 4, 1)]),
])  # fmt: skip
def test_something_else(content: str, found: list[tuple[str, int, int]]) -> None:
    spec = read(content)
    assert not spec.readable
    assert places(spec) == found
    assert spec.definitions == ()


def test_messages_say_what_was_found() -> None:
    assert "is a number" in read("- 5").diagnostics[0].message
    assert "is a list" in read("- [5]").diagnostics[0].message
    assert "is null" in read("- ").diagnostics[0].message


def test_too_many_entities() -> None:
    line = "- {identifier: a%d, blueprint: b}\n"
    assert len(read("".join(line % n for n in range(5000))).definitions) == 5000
    spec = read("".join(line % n for n in range(5001)))
    assert not spec.readable
    assert places(spec) == [("E_TOO_MANY", 5001, 3)]
    assert "5001" in spec.diagnostics[0].message
