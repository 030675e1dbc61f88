"""Settings from all sources (contract 3; scenario 25)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from fairway.integration.settings.load import LoadedSettings, jq_environment, load_settings
from fairway.integration.settings.problems import InvalidSettings

LOGIN = {"OCEAN__PORT__CLIENT_ID": "id", "OCEAN__PORT__CLIENT_SECRET": "hush"}


def load(
    folder: Path, *, login: bool = True, given: dict[str, Any] | None = None, **environment: str
) -> LoadedSettings:
    variables = {**(LOGIN if login else {}), **environment}
    return load_settings(variables, folder, default_type="GitLab", overrides=given)


def refused(folder: Path, **environment: str) -> dict[str, str]:
    with pytest.raises(InvalidSettings) as caught:
        load(folder, **environment)
    return {problem.variable: problem.message for problem in caught.value.problems}


def test_variables_nest_and_their_case_does_not_matter(tmp_path: Path) -> None:
    found = load(tmp_path, ocean__Event_Listener__type="once", OCEAN__INTEGRATION__CONFIG__JIRA_HOST="h")
    assert found.settings.event_listener.type == "ONCE"
    assert found.config == {"jira_host": "h"}


def test_names_have_defaults_from_the_project(tmp_path: Path) -> None:
    identity = load(tmp_path).settings.integration
    assert (identity.type, identity.identifier) == ("gitlab", "my-gitlab-integration")


def test_a_group_may_be_json_and_deeper_keys_override_it(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        OCEAN__INTEGRATION__IDENTIFIER="Deep",
        OCEAN__INTEGRATION='{"identifier": "json", "type": "t", "config": {"jiraHost": "a", "map": {"aB": 1}}}',
        OCEAN__INTEGRATION__CONFIG__JIRA_HOST="b",
        OCEAN__EVENT_LISTENER='{"type": "POLLING", "resyncOnStart": false}',
    )
    assert (found.settings.integration.identifier, found.settings.integration.type) == ("deep", "t")
    assert found.config == {"jira_host": "b", "map": {"aB": 1}}
    assert not found.settings.event_listener.resync_on_start


def test_a_group_that_is_no_json_is_a_problem(tmp_path: Path) -> None:
    assert "must be a JSON object" in refused(tmp_path, OCEAN__EVENT_LISTENER="POLLING")["OCEAN__EVENT_LISTENER"]


def test_the_dotenv_file_is_below_the_environment(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OCEAN__CLIENT_TIMEOUT=5\nOCEAN__BASE_URL=https://a.example\n# x\n")
    found = load(tmp_path, OCEAN__CLIENT_TIMEOUT="7").settings
    assert (found.client_timeout, found.base_url) == (7, "https://a.example")


def test_config_yaml_is_below_the_dotenv_file_and_its_names_may_be_camel_case(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OCEAN__CLIENT_TIMEOUT=5\n")
    (tmp_path / "config.yaml").write_text(
        "clientTimeout: 9\nsend_raw_data_examples: false\nintegration:\n"
        "  config:\n    jiraHost: h\n    labels: {aB: 1}\n"
    )
    found = load(tmp_path)
    assert found.settings.client_timeout == 5
    assert not found.settings.send_raw_data_examples
    assert found.config == {"jira_host": "h", "labels": {"aB": 1}}


def test_config_yaml_takes_values_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        'integration:\n  config:\n    token: "{{ from env MY_TOKEN }}"\n    other: "{{ from env MISSING }}"\n'
    )
    assert load(tmp_path, MY_TOKEN="t").config == {"token": "t"}


def test_another_provider_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text('clientTimeout: "{{ from vault x }}"\n')
    assert "no provider" in next(iter(refused(tmp_path).values()))


@pytest.mark.parametrize("text", ["- 1\n", "a: [\n", "\x00"])
def test_a_config_yaml_that_cannot_be_read_is_a_problem(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    assert "cannot be read" in next(iter(refused(tmp_path).values()))


def test_arguments_win_except_for_the_application(tmp_path: Path) -> None:
    given = {"event_listener": {"type": "ONCE"}, "application": {"log_level": "DEBUG", "port": 1}}
    found = load(tmp_path, given=given, OCEAN__EVENT_LISTENER__TYPE="POLLING", APPLICATION__LOG_LEVEL="warn").settings
    assert found.event_listener.type == "ONCE"
    assert (found.application.log_level, found.application.port) == ("WARNING", 1)


def test_unknown_settings_are_ignored(tmp_path: Path) -> None:
    assert load(tmp_path, OCEAN__PROCESS_EXECUTION_MODE="multi_process", OCEAN__X__Y="1", OTHER="2")


class Config(BaseModel):
    jira_host: str
    pages: int = 10


def test_every_problem_is_told_in_one_error_with_its_variable(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("clientTimeout: soon\n")
    variables = {
        "OCEAN__EVENT_LISTENER__TYPE": "SMOKE",
        "OCEAN__INTEGRATION__CONFIG__PAGES": "many",
        "OCEAN__PORT__CLIENT_ID": "id",
        "APPLICATION__PORT": "high",
    }
    with pytest.raises(InvalidSettings) as caught:
        load_settings(variables, tmp_path, config_model=Config)
    found = {problem.variable: problem.source for problem in caught.value.problems}
    assert found == {
        "OCEAN__PORT__CLIENT_SECRET": None,
        "OCEAN__CLIENT_TIMEOUT": "config.yaml",
        "OCEAN__EVENT_LISTENER__TYPE": "environment",
        "OCEAN__INTEGRATION__CONFIG__PAGES": "environment",
        "OCEAN__INTEGRATION__CONFIG__JIRA_HOST": None,
        "APPLICATION__PORT": "environment",
    }
    assert "6 settings are wrong" in caught.value.message
    assert "OCEAN__PORT__CLIENT_SECRET: is required" in caught.value.message


def test_a_type_is_required_when_the_project_has_no_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="OCEAN__INTEGRATION__TYPE: is required"):
        load_settings(LOGIN, tmp_path)


def test_values_are_not_part_of_problems(tmp_path: Path) -> None:
    message = str(refused(tmp_path, OCEAN__PORT__BASE_URL="hush-hush", OCEAN__CLIENT_TIMEOUT="hush-hush"))
    assert "hush" not in message


def test_secrets_are_hidden_and_known(tmp_path: Path) -> None:
    settings = load(tmp_path).settings
    assert isinstance(settings.port.client_secret, SecretStr)
    assert "hush" not in repr(settings)
    assert settings.secrets() == ("hush",)


@pytest.mark.parametrize(("text", "value"), [("15", 15), ("30m", 30), ("1h", 60)])
def test_the_incremental_interval(tmp_path: Path, text: str, value: int) -> None:
    found = load(tmp_path, OCEAN__INTEGRATION__INCREMENTAL_SYNC_INTERVAL=text).settings
    assert found.integration.incremental_sync_interval == value


def test_another_incremental_interval_is_a_problem(tmp_path: Path) -> None:
    assert "15, 30 or 60" in str(refused(tmp_path, OCEAN__INTEGRATION__INCREMENTAL_SYNC_INTERVAL="20"))


@pytest.mark.parametrize("text", ["https://p.example/", "https://p.example/v1", "https://p.example/v1/"])
def test_the_portals_address_is_its_root(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, OCEAN__PORT__BASE_URL=text).settings.port.base_url == "https://p.example"


def test_the_old_name_of_an_origin(tmp_path: Path) -> None:
    found = load(tmp_path, OCEAN__CREATE_PORT_RESOURCES_ORIGIN="Ocean").settings
    assert found.create_port_resources_origin == "Default"


def test_the_deprecated_name_of_the_base_url(tmp_path: Path) -> None:
    found = load(tmp_path, OCEAN__INTEGRATION__CONFIG__APP_HOST="https://me.example/").settings
    assert found.base_url == "https://me.example"


def test_brokers_may_be_a_json_list(tmp_path: Path) -> None:
    found = load(tmp_path, OCEAN__EVENT_LISTENER__BROKERS='["a:1", "b:2"]').settings
    assert found.event_listener.brokers == ("a:1", "b:2")


def test_a_webhook_listener_needs_its_host(tmp_path: Path) -> None:
    assert "app_host" in refused(tmp_path, OCEAN__EVENT_LISTENER__TYPE="WEBHOOK")["OCEAN__EVENT_LISTENER"]


def test_an_empty_variable_counts_as_absent(tmp_path: Path) -> None:
    assert load(tmp_path, OCEAN__SCHEDULED_RESYNC_INTERVAL="", OCEAN__BASE_URL="").settings.base_url is None


def test_mappings_see_no_variables_unless_allowed(tmp_path: Path) -> None:
    environment = {"A": "1", "B": "2"}
    assert jq_environment(load(tmp_path).settings, environment) == {}
    named = load(tmp_path, OCEAN__JQ_ENVIRONMENT_VARIABLES="A, C").settings
    assert jq_environment(named, environment) == {"A": "1"}
    everything = load(tmp_path, OCEAN__ALLOW_ENVIRONMENT_VARIABLES_JQ_ACCESS="true").settings
    assert jq_environment(everything, environment) == environment


def test_authorities_are_a_file_or_none(tmp_path: Path) -> None:
    given = {"OCEAN__SSL__THIRD_PARTY__CA_FILE": "/etc/company.pem", "OCEAN__SSL__PORT__CA_FILE": ""}
    tls = load(tmp_path, **given).settings.ssl
    assert (tls.third_party.ca_file, tls.port.ca_file) == (Path("/etc/company.pem"), None)
