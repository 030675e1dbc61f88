"""``fairway gitops check`` and ``schema``, as people and pipelines run them."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from click.testing import Result
from typer.testing import CliRunner

from fairway.cli.main import app

BLUEPRINTS = """
blueprints:
- identifier: service
  schema:
    properties:
      tier: {type: number}
      version: {type: string}
      readme: {type: string}
      spec: {type: object}
    required: []
  relations:
    owner: {target: person, many: false, required: false}
pages:
- identifier: home
"""
GOOD = "identifier: a\nblueprint: service\nproperties: {tier: 1, version: 1.10, readme: file://./README.md}\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for folder in (".git", "a", "b"):
        (tmp_path / folder).mkdir()
    (tmp_path / "a" / "README.md").write_text("# a\n")
    (tmp_path / "a" / "port.yml").write_text(GOOD)
    (tmp_path / "blueprints.yaml").write_text(BLUEPRINTS)
    return tmp_path


def fairway(*arguments: str | Path, cwd: Path) -> Result:
    """Runs the command in this process: starting one takes longer than all that is tested."""
    with contextlib.chdir(cwd):
        return CliRunner().invoke(app, ["gitops", *map(str, arguments)])


def test_as_a_process(repository: Path) -> None:
    command = [sys.executable, "-m", "fairway", "gitops", "check", "."]
    assert subprocess.run(command, cwd=repository, timeout=60, check=False).returncode == 0
    (repository / "port.yml").write_text("x")
    run = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 1
    assert run.stdout.startswith("port.yml:1:1: E_TOPLEVEL")


def test_a_clean_repository(repository: Path) -> None:
    run = fairway("check", ".", "--blueprints", "blueprints.yaml", cwd=repository)
    assert run.exit_code == 0, run.stdout
    assert run.stdout == "1 spec file, 1 good definition: 0 errors\n"


def test_findings_for_people(repository: Path) -> None:
    (repository / "b" / "port.yml").write_text(
        "identifier: b\nblueprint: service\nproperties:\n  tier: 'gold'\n\ticon: x\n"
    )
    (repository / "port.yaml").write_text("identifier: 日本 x\nblueprint: service\n")
    run = fairway("check", repository, "--blueprints", "blueprints.yaml", cwd=repository)
    assert run.exit_code == 1
    assert run.stdout.splitlines() == [
        "b/port.yml:5:1: E_YAML: The line is indented with a tab; YAML allows spaces only",
        "    5 |  icon: x",
        "      | ^",
        "      hint: Replace the tab by spaces",
        'port.yaml:1:13: E_IDENTIFIER: The identifier "日本 x" holds a space',
        "    1 | identifier: 日本 x",
        "      |             ^",
        "      hint: Letters, digits and @ _ . + : \\ / = - are allowed",
        "3 spec files, 1 good definition: 2 errors",
    ]


def test_paths_are_as_seen_from_here(repository: Path) -> None:
    (repository / "a" / "port.yml").write_text("identifier: 日本\nblueprint: service\ntitle: {日本: [}\n")
    run = fairway("check", "../a/port.yml", cwd=repository / "b")
    assert run.stdout.startswith("../a/port.yml:3:")
    run = fairway("check", ".", cwd=repository / "a")
    assert run.stdout.startswith("port.yml:3:")


def test_warnings_fail_only_when_asked(repository: Path) -> None:
    (repository / "a" / "port.yml").write_text(GOOD + "owner: kim\n")
    assert fairway("check", ".", cwd=repository).exit_code == 0
    run = fairway("check", ".", "--strict", cwd=repository)
    assert run.exit_code == 1
    assert "0 errors, 1 warning" in run.stdout


def test_json(repository: Path) -> None:
    (repository / "b" / "port.yml").write_text("identifier: b\nblueprint: servce\n")
    run = fairway("check", ".", "--format", "json", "--blueprints", "blueprints.yaml", cwd=repository)
    assert run.exit_code == 1
    document = json.loads(run.stdout)
    assert document["ok"] is False
    assert (document["errors"], document["warnings"], document["entities"]) == (1, 0, 1)
    assert document["files"] == ["a/port.yml", "b/port.yml"]
    (found,) = document["diagnostics"]
    assert (found["code"], found["path"], found["line"], found["column"]) == (
        "E_BLUEPRINT_UNKNOWN",
        "b/port.yml",
        2,
        12,
    )
    assert found["entity"] == {"blueprint": "servce", "identifier": "b"}


SARIF = {
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {"items": {
            "required": ["tool", "results"],
            "properties": {
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "tool": {"required": ["driver"], "properties": {"driver": {
                    "required": ["name"],
                    "properties": {"rules": {"uniqueItems": True, "items": {
                        "required": ["id"],
                        "properties": {
                            "shortDescription": {"required": ["text"]}, "help": {"required": ["text"]},
                            "defaultConfiguration": {"properties": {"level": {"enum": ["none", "note", "warning",
                            "error"]}}},
                        },
                    }}},
                }}},
                "results": {"items": {
                    "required": ["message"],
                    "properties": {
                        "level": {"enum": ["none", "note", "warning", "error"]},
                        "message": {"required": ["text"]},
                        "locations": {"items": {"properties": {"physicalLocation": {
                            "required": ["artifactLocation"],
                            "properties": {
                                "artifactLocation": {"properties": {"uri": {"type": "string",
                                "format": "uri-reference"}}},
                                "region": {"properties": {name: {"type": "integer", "minimum": 1} for name in (
                                    "startLine", "startColumn", "endLine")}},
                            },
                        }}}},
                    },
                }},
            },
        }},
    },
}  # fmt: skip
"""What SARIF 2.1.0 demands of the parts that we write."""


def test_sarif(repository: Path) -> None:
    (repository / "b" / "ü x").mkdir()
    (repository / "b" / "ü x" / "port.yml").write_text("identifier: b\nblueprint: service\nproperties:\n- a\n- b\n")
    (repository / "b" / "port.yml").write_text("identifier: c\nblueprint: service\nx: 1\nrelations: {domain: d}\n")
    run = fairway("check", ".", "--format", "sarif", "--blueprints", "blueprints.yaml", cwd=repository)
    document: dict[str, Any] = json.loads(run.stdout)
    jsonschema_rs.Draft7Validator(SARIF, validate_formats=True).validate(document)
    (sarif_run,) = document["runs"]
    assert sarif_run["originalUriBaseIds"]["%SRCROOT%"]["uri"] == f"{repository.as_uri()}/"
    rules = [rule["id"] for rule in sarif_run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    for result in sarif_run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
    warning, relation, field = sarif_run["results"]
    assert (warning["ruleId"], warning["level"]) == ("W_UNKNOWN_FIELD", "warning")
    assert relation["ruleId"] == "E_RELATION_UNKNOWN"
    place = field["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "b/%C3%BC%20x/port.yml", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 4, "startColumn": 1, "endLine": 5}


def test_all_files_of_a_repository_are_seen_together(repository: Path) -> None:
    (repository / "b" / "port.yml").write_text(GOOD.replace("./", "../a/"))
    (repository / "b" / "port.yaml").write_text("")
    (repository / "PORT.YML").write_text("")
    document = json.loads(fairway("check", ".", "--format", "json", cwd=repository).stdout)
    assert [(found["code"], found["path"]) for found in document["diagnostics"]] == [
        ("W_IGNORED_PATH", "PORT.YML"), ("W_BOTH_NAMES", "b/port.yaml"), ("E_DUPLICATE_ENTITY", "b/port.yml"),
    ]  # fmt: skip
    one = json.loads(fairway("check", "b/port.yml", "--format", "json", cwd=repository).stdout)
    assert one["diagnostics"] == []


def test_globs(repository: Path) -> None:
    (repository / "b" / "entity.yaml").write_text("x\n")
    run = fairway("check", ".", "--spec-path", "**/*.y*ml", "--spec-path", "!blueprints.yaml", cwd=repository)
    assert run.stdout.startswith("b/entity.yaml:1:1: E_TOPLEVEL")
    assert "2 spec files" in run.stdout


@pytest.mark.parametrize("path", ["nothing", "../outside.yml", "link.yml"])
def test_paths_that_cannot_be_checked(repository: Path, path: str) -> None:
    (repository.parent / "outside.yml").write_text(GOOD)
    (repository / "link.yml").symlink_to("a/port.yml")
    run = fairway("check", "a/port.yml", path, cwd=repository)
    assert run.exit_code == 1
    assert path.rsplit("/", maxsplit=1)[-1] in json.loads(run.stderr)["message"]


@pytest.mark.parametrize(("content", "words"), [
    ("pages: []\n", "holds no blueprints"), ("blueprints: [x]\n", "must be a mapping"), ("blueprints: [", "b.yaml:2:1"),
    ("blueprints: [{identifier: a, relations: []}]\n", '"relations"'), (None, "does not exist"),
])  # fmt: skip
def test_blueprints_that_are_none(repository: Path, content: str | None, words: str) -> None:
    if content is not None:
        (repository / "b.yaml").write_text(content)
    run = fairway("check", ".", "--blueprints", "b.yaml", cwd=repository)
    assert run.exit_code == 1
    assert words in json.loads(run.stderr)["message"]


def test_colours_only_on_a_terminal(repository: Path) -> None:
    (repository / "a" / "port.yml").write_text("identifier: a\nblueprint: service\ntitle: []\n")
    assert "\x1b[" not in fairway("check", ".", cwd=repository).stdout
    assert "\x1b[31mE_FIELD_TYPE\x1b[0m" in on_a_terminal("check", ".", cwd=repository)
    assert "\x1b[" not in on_a_terminal("check", ".", cwd=repository, NO_COLOR="1")


def on_a_terminal(*arguments: str, cwd: Path, **environment: str) -> str:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "fairway", "gitops", *arguments]
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen(command, cwd=cwd, stdout=theirs, stderr=theirs, env={**kept, **environment})
    os.close(theirs)
    text = b""
    try:
        while part := os.read(ours, 4096):
            text += part
    except OSError:
        pass  # how Linux says that the other end is closed
    process.wait(timeout=60)
    os.close(ours)
    return text.decode()


def test_schema(repository: Path) -> None:
    generic = json.loads(fairway("schema", cwd=repository).stdout)
    published = Path(__file__).parents[3] / "docs" / "reference" / "port-yml.schema.json"
    assert generic == json.loads(published.read_text())
    own = json.loads(fairway("schema", "--blueprints", "blueprints.yaml", cwd=repository).stdout)
    assert own["definitions"]["entity"]["properties"]["blueprint"]["enum"] == ["service"]
