"""Loading an integration's folder (contract 2)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr, ValidationError

from fairway.integration.folder import InvalidIntegration, load_integration
from fairway.integration.manifest.config_model import ConfigModel, config_model
from fairway.integration.manifest.problems import InvalidManifest
from fairway.integration.manifest.resources import read_resources
from fairway.integration.manifest.spec import Configuration
from fairway.integration.settings.problems import InvalidSettings
from support.integration_folders import MAIN, write


def configured(*items: dict[str, Any], **values: Any) -> ConfigModel:
    return config_model([Configuration.model_validate(item) for item in items]).model_validate(values)


def refused(*items: dict[str, Any], **values: Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        configured(*items, **values)
    return {str(problem["loc"][0]): problem["msg"] for problem in caught.value.errors()}


# --- folder -------------------------------------------------------------------------------------------------------


def test_a_folder_is_loaded_whole(tmp_path: Path) -> None:
    loaded = load_integration(write(tmp_path))
    assert (loaded.project.name, loaded.project.version, loaded.kind_of_integration) == ("example", "1.2.3", "example")
    assert loaded.integration.kinds == {"repository"}
    assert loaded.spec.kinds == ("repository",)
    assert loaded.resources.blueprints[0]["identifier"] == "service"
    assert loaded.resources.mapping is not None


def test_settings_of_a_folder_are_checked_against_its_specification(tmp_path: Path) -> None:
    loaded = load_integration(write(tmp_path))
    login = {"OCEAN__PORT__CLIENT_ID": "i", "OCEAN__PORT__CLIENT_SECRET": "s"}
    with pytest.raises(InvalidSettings, match="OCEAN__INTEGRATION__CONFIG__API_URL: is required"):
        loaded.settings(login)
    found = loaded.settings({
        **login, "OCEAN__INTEGRATION__CONFIG__API_URL": "https://x/", "OCEAN__INTEGRATION__CONFIG__TOKEN": "t"
    })  # fmt: skip
    assert found.config.api_url == "https://x"
    assert found.config.token == SecretStr("t")
    assert found.settings.integration.identifier == "my-example-integration"


def test_a_syntax_error_is_told_with_file_and_line(tmp_path: Path) -> None:
    write(tmp_path, **{"main.py": "import client\n", "client.py": "x = 1\ndef f(:\n"})
    with pytest.raises(InvalidIntegration, match=r"client\.py:2: "):
        load_integration(tmp_path)


def test_an_error_while_importing_is_told_with_file_and_line(tmp_path: Path) -> None:
    write(tmp_path, **{"main.py": "import helper\n", "helper.py": "\n\nraise ValueError('no')\n"})
    with pytest.raises(InvalidIntegration, match=r"helper\.py:3: ValueError: no"):
        load_integration(tmp_path)


def test_a_main_without_an_integration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidIntegration, match="variable `integration`"):
        load_integration(write(tmp_path, **{"main.py": "integration = 5\n"}))


def test_a_folder_without_main_is_no_integration(tmp_path: Path) -> None:
    with pytest.raises(InvalidIntegration, match=r"no main\.py"):
        load_integration(write(tmp_path, **{"main.py": None}))


def test_two_folders_with_modules_of_the_same_name(tmp_path: Path) -> None:
    text = "from core_client import NAME\n" + MAIN.replace("Integration()", "Integration(NAME)")
    one = load_integration(write(tmp_path / "one", **{"main.py": text, "core_client.py": "NAME = 'One'\n"}))
    two = load_integration(write(tmp_path / "two", **{"main.py": text, "core_client.py": "NAME = 'Two'\n"}))
    assert (one.kind_of_integration, two.kind_of_integration) == ("one", "two")


PACKAGED = """
import other
from .selectors import NAMES
from fairway.integration.definition import Integration

assert other.HERE
integration = Integration("-".join(NAMES))
"""


def test_a_folder_with_an_init_is_a_package(tmp_path: Path) -> None:
    import selectors

    for name in ("one", "two"):
        modules = {"__init__.py": '"""It."""\n', "main.py": PACKAGED, "other.py": "HERE = True\n"}
        write(tmp_path / name, **modules, **{"selectors.py": f"NAMES = ['acme', '{name}']\n"})
        assert load_integration(tmp_path / name).integration.name == f"acme-{name}"
    write(tmp_path / "two", **{"__init__.py": "", "main.py": PACKAGED, "selectors.py": "NAMES = ['new']\n"})
    assert load_integration(tmp_path / "two").integration.name == "new"
    assert sys.modules["selectors"] is selectors


@pytest.mark.parametrize("text", ['[project]\nname = "x"\nversion = ""\n', "[project]\nname = 'x'\n", "nonsense", None])
def test_a_project_needs_name_and_version(tmp_path: Path, text: str | None) -> None:
    with pytest.raises(InvalidManifest, match=r"pyproject\.toml"):
        load_integration(write(tmp_path, **{"pyproject.toml": text}))


def test_a_poetry_project_is_read(tmp_path: Path) -> None:
    write(tmp_path, **{"pyproject.toml": '[tool.poetry]\nname = "P"\nversion = "2"\n'})
    assert load_integration(tmp_path).project.version == "2"


# --- specification ------------------------------------------------------------------------------------------------


def test_a_json_specification_comes_first(tmp_path: Path) -> None:
    write(tmp_path, **{".port/spec.json": json.dumps({"title": "From JSON"})})
    assert load_integration(tmp_path).spec.title == "From JSON"


def test_an_unknown_type_of_a_setting_is_refused(tmp_path: Path) -> None:
    write(tmp_path, **{".port/spec.yaml": "configurations: [{name: a, type: date}, {name: 5, type: url}]"})
    with pytest.raises(InvalidManifest) as caught:
        load_integration(tmp_path)
    assert len(caught.value.problems) == 2
    assert "configurations.0.type" in caught.value.message


def test_yaml_that_is_broken_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidManifest, match=r"spec\.yaml:3: "):
        load_integration(write(tmp_path, **{".port/spec.yaml": "a: 1\nb: [\n"}))


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        ("string", 5, "5"),
        ("integer", "5", 5),
        ("boolean", "false", False),
        ("url", "https://x.example//", "https://x.example"),
        ("object", '{"aB": 1}', {"aB": 1}),
        ("array", "[1, 2]", [1, 2]),
        ("array", [1], [1]),
    ],
)
def test_types_of_settings(kind: str, given: Any, value: Any) -> None:
    assert configured({"name": "theName", "type": kind}, the_name=given).plain() == {"the_name": value}


@pytest.mark.parametrize(
    ("kind", "given"), [("integer", "x"), ("boolean", "x"), ("url", "x"), ("object", "x"), ("array", "{}")]
)
def test_values_of_another_type_are_refused(kind: str, given: str) -> None:
    assert set(refused({"name": "theName", "type": kind}, the_name=given)) == {"the_name"}


def test_defaults_count_and_what_has_none_is_none() -> None:
    found = configured({"name": "a", "type": "integer", "default": "3"}, {"name": "b", "type": "url"})
    assert found.plain() == {"a": 3, "b": None}


def test_unknown_settings_are_ignored() -> None:
    assert configured({"name": "a", "type": "string"}, other=1).plain() == {"a": None}


def test_enum_is_enforced() -> None:
    item = {"name": "mode", "type": "string", "enum": ["a", "b"]}
    assert configured(item, mode="b").plain() == {"mode": "b"}
    assert refused(item, mode="c") == {"mode": 'Value error, must be one of "a", "b"'}


DEPENDENT = (
    {"name": "authKind", "type": "string", "default": "none"},
    {
        "name": "userToken",
        "type": "string",
        "sensitive": True,
        "dependencies": [{"on": "authKind", "when": {"in": ["bearer", "basic"]}, "then": {"required": True}}],
    },
    {"name": "pages", "type": "integer"},
)


def test_dependencies_are_enforced_beside_other_problems() -> None:
    assert refused(*DEPENDENT, auth_kind="bearer", pages="x") == {
        "user_token": 'is required, because `auth_kind` is "bearer"',
        "pages": "Input should be a valid integer, unable to parse string as an integer",
    }


def test_an_on_without_quotes_is_what_yaml_makes_of_it() -> None:
    """YAML 1.1 reads it as true, and published specifications have it."""
    rule = yaml.safe_load("{on: mode, when: {equals: a}, then: {required: true}}")
    found = Configuration.model_validate({"name": "token", "type": "string", "dependencies": [rule]})
    assert found.dependencies[0].on == "mode"


def test_dependencies_that_do_not_hold_ask_for_nothing() -> None:
    assert configured(*DEPENDENT).plain()["user_token"] is None


def test_an_empty_secret_is_none() -> None:
    secret, text = {"name": "secret", "type": "string", "sensitive": True}, {"name": "text", "type": "string"}
    assert configured(secret, text, secret="", text="").plain() == {"secret": None, "text": ""}


def test_sensitive_settings_are_secrets() -> None:
    found = configured(
        {"name": "token", "type": "string", "sensitive": True},
        {"name": "keys", "type": "object", "sensitive": True},
        token="hush", keys='{"a": "whisper"}',
    )  # fmt: skip
    assert "hush" not in repr(found)
    assert "whisper" not in repr(found)
    assert found.secrets() == ("hush", '{"a": "whisper"}')
    assert found.plain() == {"token": "hush", "keys": {"a": "whisper"}}


def test_long_parts_of_a_secret_object_are_secrets_by_themselves() -> None:
    """A header may appear in a line without the others."""
    headers = {"x-key": "a long whisper", "accept": "json", "x-more": ["another whisper", 7]}
    found = configured({"name": "headers", "type": "object", "sensitive": True}, headers=headers)
    assert {"a long whisper", "another whisper"} <= set(found.secrets())
    assert "json" not in found.secrets()


# --- resources ----------------------------------------------------------------------------------------------------


def test_kinds_that_are_no_default_stand_apart(tmp_path: Path) -> None:
    more = '[{"kind": "branch", "selector": {"query": "true"}}]'
    loaded = load_integration(write(tmp_path, **{".port/resources/more-kinds.yml": more}))
    assert loaded.resources.mapping is not None
    assert [each["kind"] for each in loaded.resources.mapping["resources"]] == ["repository"]
    assert [each["kind"] for each in loaded.resources.every_kind["resources"]] == ["repository", "branch"]


def test_resource_files_of_another_kind_are_an_error_and_other_files_are_not(tmp_path: Path) -> None:
    folder = tmp_path / ".port" / "resources"
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("x")
    (folder / "pages.txt").write_text("[]")
    (folder / "actions.yaml").write_text("a: 1")
    with pytest.raises(InvalidManifest) as caught:
        read_resources(tmp_path)
    assert len(caught.value.problems) == 2


def test_another_folder_of_resources_counts_when_it_is_one(tmp_path: Path) -> None:
    write(tmp_path, **{"mine/actions.yml": "- {identifier: a}"})
    assert read_resources(tmp_path, Path("mine")).actions == ({"identifier": "a"},)
    assert read_resources(tmp_path, Path("nowhere")).blueprints


def test_without_resources_there_are_none(tmp_path: Path) -> None:
    assert read_resources(tmp_path).mapping is None
