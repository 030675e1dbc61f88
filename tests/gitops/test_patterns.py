"""Section 3: which paths are spec files."""

from __future__ import annotations

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairway.gitops.patterns import EVERYWHERE, ROOT, Patterns
from fairway.kit.errors import InvalidRequest

VECTORS: list[tuple[list[str] | str, list[str], list[str]]] = [
    ("**/port.yml", ["port.yml", "a/port.yml", ".x/port.yml", "a/b/c/port.yml"],
     ["xport.yml", "port.yml/x", "port.yaml", "PORT.YML", "port.yml.txt", "a/xport.yml", "port_yml"]),
    ("services/*/port.yml", ["services/a/port.yml", "services/.a/port.yml"],
     ["services/a/b/port.yml", "services/port.yml", "x/services/a/port.yml"]),
    ("**/port.{yml,yaml}", ["port.yml", "port.yaml", "a/port.yaml"], ["port.yl", "port.{yml,yaml}", "port.ym"]),
    (["**/port.yml", "!**/test/**"], ["port.yml", "a/port.yml", "tests/port.yml"], ["a/test/port.yml", "test/port.yml",
    "test/x/port.yml"]),
    (["**/port.yml", "!test/**", "test/keep/port.yml"], ["test/keep/port.yml"], ["test/port.yml"]),
    ("/port.yml", ["port.yml"], ["a/port.yml"]),
    (["**", "!/a.yml"], ["b.yml", "x/a.yml"], ["a.yml"]),
    ("a/**", ["a/b", "a/b/c"], ["a", "b/a/c"]),
    ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["ab", "a/xb", "a/x/b/c"]),
    ("p?rt.yml", ["port.yml", "pürt.yml"], ["p/rt.yml", "prt.yml"]),
    ("[pq]ort.yml", ["port.yml", "qort.yml"], ["ort.yml", "xort.yml"]),
    ("[!p]ort.yml", ["xort.yml"], ["port.yml", "/ort.yml"]),
    ("[a-c]/port.yml", ["b/port.yml"], ["d/port.yml", "-/port.yml"]),
    ("[]]x", ["]x"], ["x"]),
    ("[x", ["[x"], ["x"]),
    ("{x", ["{x"], ["x"]),
    ("x}", ["x}"], ["x"]),
    ("a,b", ["a,b"], ["a"]),
    ("{a,b/c}/port.yml", ["a/port.yml", "b/c/port.yml"], ["b/port.yml", "c/port.yml"]),
    ("{a,{b,c}d}.yml", ["a.yml", "bd.yml", "cd.yml"], ["b.yml", "ad.yml"]),
    ("**port.yml", ["port.yml", "xport.yml"], ["a/port.yml"]),
    ("*", ["a", ".a"], ["a/b", ""]),
    (r"a\b", ["a\\b"], ["ab"]),
    ("a.b+c(d)|e^$", ["a.b+c(d)|e^$"], ["axb+c(d)|e^$"]),
    ([], [], ["port.yml"]),
    ("{,a/}x", ["x", "a/x"], ["b/x"]),
    ("{a}{b,c}", ["ab", "ac"], ["a", "{a}b"]),
    ("{a,{b}", ["{a,b"], ["a", "b"]),
    ("[{,}]x", ["{x", ",x", "}x"], ["x"]),
    ("[z-a]x", [], ["zx", "ax", "-x"]),
    ("[!z-a]x", ["zx", "-x"], ["/x"]),
    ("[a-]x", ["ax", "-x"], ["bx"]),
    ("[^a]", ["b", "^"], ["a", "/"]),
    ("a/**/b/**/c", ["a/b/c", "a/x/b/y/c", "a/b/b/c/c"], ["a/c", "a/b", "b/c"]),
    ("**/a*b/c", ["ab/c", "x/axb/c", "ab/ab/c"], ["ab/x/c", "a/b/c"]),
    ("**/**", ["a", "a/b"], []),
    ("*/*", ["a/b"], ["a", "a/", "/b", "a/b/c"]),
    ("!port.yml", [], ["port.yml", "a"]),
]  # fmt: skip


@pytest.mark.parametrize(("globs", "yes", "no"), VECTORS, ids=lambda value: ascii(value)[:30])
def test_vectors(globs: list[str] | str, yes: list[str], no: list[str]) -> None:
    patterns = Patterns.of(globs)
    assert [path for path in yes if not patterns.matches(path)] == []
    assert [path for path in no if patterns.matches(path)] == []


def test_defaults() -> None:
    assert Patterns().globs == EVERYWHERE
    assert Patterns().matches("a/port.yaml")
    assert Patterns().root_names is None
    assert Patterns(ROOT).root_names == ("port.yml", "port.yaml")
    assert Patterns.of(["/port.yml", "port.yml"]).root_names == ("port.yml",)
    assert Patterns.of(["port.yml", "!a"]).root_names is None
    assert Patterns.of(["a/port.yml"]).root_names is None
    assert Patterns.of("port.y?l").root_names is None
    assert Patterns.of("/port.{yml,yaml}").root_names == ("port.yml", "port.yaml")
    assert Patterns.of("{a/,}port.yml").root_names is None


@given(st.text(max_size=30))
def test_any_glob_can_be_used(glob: str) -> None:
    Patterns.of(glob.replace("{", "(")).matches("a/port.yml")


@given(st.text(alphabet="*?[]{},!/a\\-^", max_size=20), st.text(alphabet="a/[]{},!-^\\", max_size=12))
def test_hostile_globs(glob: str, path: str) -> None:
    Patterns.of(glob).matches(path)


@given(st.text(alphabet="ab.*?", max_size=8), st.text(alphabet="ab.", min_size=1, max_size=8))
def test_one_component_is_as_in_the_shell(glob: str, name: str) -> None:
    if "**" not in glob:
        assert Patterns.of(glob).matches(name) == (re.match(fnmatch.translate(glob), name) is not None)


@given(st.lists(st.sampled_from(["a", "b", "port.yml"]), min_size=1, max_size=5))
def test_two_stars_match_any_folders(parts: list[str]) -> None:
    path = "/".join(parts)
    assert Patterns.of("**/port.yml").matches(path) == (parts[-1] == "port.yml")
    assert Patterns.of("a/**").matches(path) == (parts[0] == "a" and len(parts) > 1)


def test_braces_are_bounded() -> None:
    Patterns.of("{a,b}" * 9)
    with pytest.raises(InvalidRequest):
        Patterns.of("{a,b}" * 10)
    with pytest.raises(InvalidRequest):
        Patterns.of("{a,b,c,d}" * 10_000)


def test_many_stars_do_not_take_long() -> None:
    assert not Patterns.of("*a" * 12 + "b").matches("a" * 60)
    assert not Patterns.of("**/" * 12 + "b").matches("a/" * 60 + "c")
