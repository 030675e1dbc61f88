"""Files of repositories: globs and contents (contract section 18)."""

from __future__ import annotations

import pytest

from fairway.integration.files import is_glob, matches, parsed
from fairway.kit.errors import InvalidRequest


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("README.md", "README.md", True),
        ("README.md", "docs/README.md", False),
        ("*.md", "docs/README.md", False),
        ("**/*.md", "README.md", True),
        ("**/*.md", "a/b/README.md", True),
        ("docs/**", "docs/a/b.txt", True),
        ("/a/?.y{a,}ml", "a/x.yml", True),
        ("a/[!x].yml", "a/x.yml", False),
        ("a/[x-z].yml", "a/y.yml", True),
        ("a[!b]c", "a/c", False),
        ("{svc,lib}/*/port.yml", "lib/one/port.yml", True),
        ("a.b", "axb", False),
    ],
)
def test_globs(glob: str, path: str, expected: bool) -> None:
    assert matches(glob, path) is expected


@pytest.mark.parametrize("glob", ["", "a{b", "x" * 2000, "[z-a]"])
def test_what_is_no_glob_says_so(glob: str) -> None:
    with pytest.raises(InvalidRequest, match="glob"):
        matches(glob, "a")


def test_plain_paths_are_told_apart() -> None:
    assert is_glob("**/a")
    assert not is_glob("docs/a.yml")


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        ("a.json", b'{"a": [1]}', {"a": [1]}),
        ("a.json", b"\xef\xbb\xbf{}", {}),
        ("a.json", b"{broken", "{broken"),
        ("a.yaml", b"a: 2024-01-02\n", {"a": "2024-01-02"}),
        ("a.yml", b"a: 1\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
        ("a.yml", b"a: [", "a: ["),
        ("a.txt", b"\xff", "\ufffd"),
        ("a.yml", b"1: x", {"1": "x"}),
    ],
)
def test_contents(path: str, content: bytes, expected: object) -> None:
    assert parsed(path, content) == expected
    assert isinstance(parsed(path, content, skip=True), str)


def test_aliases_do_not_become_a_huge_value() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]
    text = "\n".join(lines)
    assert parsed("bomb.yml", text.encode()) == text
