"""Where settings come from, and what is refused (contract 2 and 3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairway.agent.environment import Environment
from fairway.agent.settings import AgentSettings, InvalidSettings, load_settings

_LEAST = {"PORT_ORG_ID": "org", "PORT_CLIENT_ID": "id", "PORT_CLIENT_SECRET": "secret", "STREAMER_NAME": "POLLING"}


def _load(folder: Path, **changes: str) -> AgentSettings:
    return load_settings(Environment({**_LEAST, **changes}, folder))


def test_the_names_and_defaults_of_the_contract(tmp_path: Path) -> None:
    settings = _load(tmp_path)
    assert settings.port_api_base_url == "https://api.getport.io"
    assert (settings.polling_interval_seconds, settings.polling_runs_batch_size) == (10, 100)
    assert (settings.webhook_invoker_timeout, settings.webhook_verify_ssl) == (30, True)
    assert settings.kafka_consumer_session_timeout_ms == 45_000
    assert (settings.runs_topic, settings.change_log_topic) == ("org.runs", "org.change.log")
    assert settings.gitlab_url == "https://gitlab.com/"


def test_environment_before_secret_files_before_dotenv(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text('PORT_CLIENT_ID=dotenv\nPOLLING_INTERVAL_SECONDS=3\nLOG_LEVEL="DEBUG"\nOWN=x\n')
    (tmp_path / "secret").write_text("from a file\n")
    (tmp_path / "inner").mkdir()
    environment = Environment(
        {**_LEAST, "PORT_CLIENT_SECRET": "", "PORT_CLIENT_SECRET_FILE": str(tmp_path / "secret"), "LOG_LEVEL": "ERROR"},
        tmp_path / "inner",
    )
    settings = load_settings(environment)
    assert settings.port_client_secret.get_secret_value() == "from a file"
    assert settings.port_client_id == "id"
    assert settings.polling_interval_seconds == 3, "the dotenv file of a parent folder"
    assert settings.log_level == "ERROR"
    assert "OWN" not in environment, "a dotenv file feeds settings only"


def test_names_are_case_sensitive_and_empty_is_absent(tmp_path: Path) -> None:
    settings = _load(tmp_path, polling_interval_seconds="1", GITLAB_URL="", PORT_API_BASE_URL="http://portal/v1/")
    assert settings.polling_interval_seconds == 10
    assert settings.gitlab_url == "https://gitlab.com/"
    assert settings.port_api_base_url == "http://portal", "a slash or version at its end harms nothing"


def test_fractions_of_a_second_are_intervals(tmp_path: Path) -> None:
    assert _load(tmp_path, POLLING_INTERVAL_SECONDS="0.25").polling_interval_seconds == 0.25


def test_labels(tmp_path: Path) -> None:
    assert _load(tmp_path, FAIRWAY_AGENT_LABELS="zone=north, tier=gold,").label_map == {"zone": "north", "tier": "gold"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"PORT_ORG_ID": "", "PORT_CLIENT_ID": ""}, ["PORT_ORG_ID is missing", "PORT_CLIENT_ID is missing"]),
        ({"POLLING_INTERVAL_SECONDS": "soon", "POLLING_RUNS_BATCH_SIZE": "0"}, ["INTERVAL_SECONDS", "BATCH_SIZE"]),
        ({"PORT_API_BASE_URL": "portal:80"}, ['"portal:80"']),
        ({"FAIRWAY_AGENT_LABELS": "north"}, ['"north"']),
        ({"STREAMER_NAME": "KAFKA"}, ["KAFKA_CONSUMER_GROUP_ID"]),
        ({"STREAMER_NAME": "KAFKA", "KAFKA_CONSUMER_BOOTSTRAP_SERVERS": "b:1"}, ["USING_LOCAL_PORT_INSTANCE"]),
        ({"STREAMER_NAME": "KAFKA", "USING_LOCAL_PORT_INSTANCE": "true"}, ["KAFKA_CONSUMER_BOOTSTRAP_SERVERS"]),
    ],
)
def test_every_problem_is_told_at_once(tmp_path: Path, changes: dict[str, str], words: list[str]) -> None:
    with pytest.raises(InvalidSettings) as caught:
        _load(tmp_path, **changes)
    assert all(word in caught.value.message for word in words)
    assert "secret" not in caught.value.message


def test_secret_files(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "grp_proj").write_text("glptt")
    (folder / "..data").mkdir()
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    given = {"FAIRWAY_AGENT_SECRETS_DIR": str(folder), "SOME_CA_FILE": str(tmp_path / "ca.pem")}
    environment = Environment(given, tmp_path)
    assert environment["grp_proj"] == "glptt"
    assert environment.secrets == {"glptt"}, "certificates are no secrets"
    assert not environment.changed()
    (folder / "grp_proj").write_text("another")
    assert environment.changed()
    assert environment.reload()
    assert environment["grp_proj"] == "another"
