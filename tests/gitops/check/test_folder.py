"""A checkout is seen as the forge would show it, and never beyond its root."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fairway.gitops.check.blueprints import load_shapes
from fairway.gitops.check.checker import check
from fairway.gitops.check.folder import Folder, root_of
from fairway.gitops.forges.errors import FileTooBig
from fairway.gitops.patterns import Patterns
from fairway.gitops.spec.limits import MAX_BYTES

ENTITY = "identifier: {}\nblueprint: service\nproperties: {{p: '{}'}}\n"


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_links_and_other_repositories_are_not_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    for place in (root / "a", root / ".git", root / "sub", root / "deep" / ".git", outside, root / ".x", root / "tree"):
        write(place / "port.yml")
    write(root / "sub" / ".git", "gitdir: ../.git/modules/sub")
    (root / "link").symlink_to(outside)
    (root / "port.yml").symlink_to(outside / "port.yml")
    (root / "tree" / "up").symlink_to("..")
    os.mkfifo(root / "port.yaml")
    assert Folder(root).spec_files("", Patterns()) == ["a/port.yml", "tree/port.yml", ".x/port.yml"] or sorted(
        Folder(root).spec_files("", Patterns())
    ) == [".x/port.yml", "a/port.yml", "tree/port.yml"]


def test_reading_is_confined(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(tmp_path / "secret", "x")
    write(root / "a" / "file", "content")
    write(root / "sub" / ".git")
    write(root / "sub" / "file")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "folder").symlink_to(tmp_path)
    (root / "inner").symlink_to("a")
    os.mkfifo(root / "pipe")
    folder = Folder(root)
    assert folder.read("a/file", 100) == b"content"
    for path in ("link", "folder/secret", "inner/file", "pipe", "a", "nothing", "a/file/x", "sub/file"):
        assert folder.read(path, 100) is None, path
    assert isinstance(folder.read("a/file", 6), FileTooBig)


def test_references_are_read_from_disk(tmp_path: Path) -> None:
    write(tmp_path / ".git" / "config", "secret")
    write(tmp_path / "a" / "readme.md", "# a")
    write(tmp_path / "a" / "port.yml", "".join(
        ENTITY.format(name, value) + "---\n"
        for name, value in (
            ("good", "file://./readme.md"), ("root", "file://a/readme.md"), ("none", "file://readme.md"),
            ("out", "file://../../x"), ("git", "file://.git/config"), ("link", "file://./link"),
        )
    ))  # fmt: skip
    (tmp_path / "a" / "link").symlink_to("readme.md")
    checked = check([tmp_path / "a"], None)
    assert checked.root == tmp_path
    assert checked.entities == 2
    assert [(found.code, found.entity and found.entity.identifier) for found in checked.diagnostics] == [
        ("E_FILE_REF_MISSING", "none"), ("E_FILE_REF_PATH", "out"), ("E_FILE_REF_PATH", "git"),
        ("E_FILE_REF_MISSING", "link"),
    ]  # fmt: skip


def test_the_root(tmp_path: Path) -> None:
    write(tmp_path / "repo" / ".git" / "HEAD")
    write(tmp_path / "repo" / "a" / "port.yml")
    write(tmp_path / "plain" / "a" / "port.yml")
    assert root_of(tmp_path / "repo" / "a" / "port.yml") == tmp_path / "repo"
    assert root_of(tmp_path / "plain") == tmp_path / "plain"
    assert root_of(tmp_path / "plain" / "a" / "port.yml") == tmp_path / "plain" / "a"
    assert check([tmp_path / "plain" / "a"], None, root=tmp_path / "plain").paths == ("a/port.yml",)


def test_a_file_that_is_too_big(tmp_path: Path) -> None:
    write(tmp_path / "port.yml", "#" * (MAX_BYTES + 5))
    (found,) = check([tmp_path], None).diagnostics
    assert found.code == "E_SIZE"
    assert str(MAX_BYTES + 5) in found.message


def test_broken_definitions_are_held_against_their_blueprint_too(tmp_path: Path) -> None:
    write(
        tmp_path / "port.yml", "identifier: a\nblueprint: servce\ntitle: []\n---\nidentifier: kim\nblueprint: _user\n"
    )
    shapes = load_shapes(write(tmp_path / "b.json", '{"blueprint": {"identifier": "service", "schema": {}}}'))
    found = check([tmp_path], shapes).diagnostics
    assert [(each.code, each.mark) for each in found] == [("E_BLUEPRINT_UNKNOWN", (2, 12)), ("E_FIELD_TYPE", (3, 8))]


@pytest.mark.parametrize("text", [
    '{"ok": true, "blueprints": [{"identifier": "service", "schema": {}}]}', "- {identifier: service, schema: {}}\n",
    "identifier: service\nschema: {}\n", "blueprints:\n- {identifier: service}\n---\npages: []\n",
])  # fmt: skip
def test_forms_of_blueprints(tmp_path: Path, text: str) -> None:
    write(tmp_path / "x" / "blueprints.yml", text)
    assert load_shapes(tmp_path / "x").keys() == {"service"}
