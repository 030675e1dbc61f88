"""Section 2.4: aliases, depth and size are bounded before anything is expanded."""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import pytest

from fairway.gitops.spec.limits import MAX_DIAGNOSTICS
from support.specs import places, read

START = "identifier: a\nblueprint: service\nproperties:\n"


def bomb(levels: int = 9, width: int = 9) -> str:
    """Each level names the one before ``width`` times."""
    lines = [f"l0: &l0 [{', '.join(['x'] * width)}]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


def test_alias_bomb() -> None:
    spec = read(bomb())
    assert not spec.readable
    assert [found.code for found in spec.diagnostics] == ["E_ALIAS"]
    assert spec.diagnostics[0].mark.line == 5
    assert "50000" in spec.diagnostics[0].message


def test_merge_bomb() -> None:
    lines = ["- &m0 {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8}\n"]
    lines += [f"- &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 9)}], k{n}: 1}}\n" for n in range(1, 12)]
    assert [found.code for found in read("".join(lines)).diagnostics] == ["E_ALIAS"]


def test_long_text_behind_many_aliases() -> None:
    spec = read("a: &a " + "x" * 500_000 + "\nb: [" + "*a," * 40_000 + "]\n")
    assert [(found.code, found.mark.line) for found in spec.diagnostics] == [("E_ALIAS", 2)]
    assert "characters" in spec.diagnostics[0].message


@pytest.mark.parametrize("content", ["a: &a [*a]\n", "&a\nb: {c: *a}\n", "- &a {<<: *a}\n", "&a [&b [*a]]"])
def test_an_alias_inside_its_anchor(content: str) -> None:
    spec = read(content)
    assert [found.code for found in spec.diagnostics] == ["E_ALIAS"]
    assert "never end" in spec.diagnostics[0].message


def test_anchors_end_with_their_document() -> None:
    assert places(read("a: &a 1\n---\na: *a\n")) == [("E_YAML", 3, 4)]


def test_nodes() -> None:
    fits = "[" + ", ".join(["x"] * 49_999) + "]"
    assert [found.code for found in read(fits).diagnostics[:1]] == ["E_TOPLEVEL"]
    assert [found.code for found in read(fits[:-1] + ", x]").diagnostics] == ["E_ALIAS"]


def test_depth() -> None:
    # The definition and its properties are two levels.
    assert read(START + "  p: " + "[" * 30 + "]" * 30).diagnostics == ()
    spec = read(START + "  p: " + "[" * 31 + "]" * 31)
    assert places(spec) == [("E_DEPTH", 4, 36)]
    assert "32" in spec.diagnostics[0].message


def test_depth_through_aliases() -> None:
    deep = "[" * 20 + "]" * 20
    assert read(START + f"  p: &p {deep}\n  q: {'[' * 10}*p{']' * 10}\n").diagnostics == ()
    assert places(read(START + f"  p: &p {deep}\n  q: {'[' * 11}*p{']' * 11}\n")) == [("E_DEPTH", 5, 17)]


HOSTILE = [
    "[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000, "[[],"* 100_000, "{? " * 100_000,
    "a: " + "- " * 100_000,
    "[{" * 100_000, "!!seq [" * 100_000, "&a [" * 100_000, "a:\n" * 300_000, "- &x a\n" * 140_000, "---\n" * 260_000,
    "".join(f"%TAG !a{n}! x\n" for n in range(60_000)) + "--- a\n", "a: " + "x " * 500_000, "'" + "\n" * 1_000_000,
    "- *x\n" * 200_000, "!a" * 500_000, "- |\n" * 200_000, "&" + "a" * 1_000_000, ":" * 1_000_000, "*" * 1_000_000,
    "a: " + '"' * 1_000_000, "{a: 1, " * 100_000, "a" * 1_000_000, "\t" * 1_000_000, "x: >\n" + " \n" * 500_000,
    "? a\n" * 250_000, "- {identifier: a b}\n" * 50_000, "{{ a }}\n" * 100_000, "{{" * 500_000, "[" + '"{{",' * 200_000,
    "identifier: a\nblueprint: b\n" + "".join(f"k{n}: 1\n" for n in range(20_000)),
    "identifier: " + "{{ " * 300_000 + "\nblueprint: b\n",
    "identifier: '" + "\u00e9\u0301" * 200_000 + "'\nblueprint: b\n",
]  # fmt: skip


@pytest.mark.parametrize("content", HOSTILE, ids=lambda content: ascii(content[:12]))
def test_hostile_files_are_refused_without_a_crash(content: str) -> None:
    spec = read(content)
    assert spec.diagnostics or not spec.definitions
    assert len(spec.diagnostics) <= MAX_DIAGNOSTICS


def test_many_findings_are_cut_with_a_word_about_the_rest() -> None:
    spec = read("".join(f"- {{identifier: a{n}, title: []}}\n" for n in range(5000)))
    assert len(spec.diagnostics) == MAX_DIAGNOSTICS
    assert any("10000 findings" in found.message for found in spec.diagnostics)
    assert spec.nameless == 5000


_CHILD = """
import resource, sys
from fairway.gitops.spec.reader import read_spec
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
spec = read_spec(sys.stdin.buffer.read(), "port.yml", None)
assert spec.diagnostics[0].code == sys.argv[1], spec.diagnostics
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize(
    ("content", "code"), [(bomb(), "E_ALIAS"), ("[" * 100_000, "E_DEPTH"), ("- " * 500_000, "E_DEPTH")]
)
def test_memory_and_time_of_the_worst(content: str, code: str) -> None:
    started = time.process_time() + _children()
    run = subprocess.run(
        [sys.executable, "-c", _CHILD, code], input=content.encode(), capture_output=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr.decode()
    assert int(run.stdout) < 50 * 1024, "KiB more than before"
    assert time.process_time() + _children() - started < 1 + 3, "CPU seconds, most of them to start Python"


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
