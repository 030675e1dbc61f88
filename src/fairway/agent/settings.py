"""Settings of the execution agent: the variables of its contract, section 3, and ours behind ``FAIRWAY_AGENT_``.

Names are case-sensitive. The environment wins over secret files, and those over a dotenv file; a dotenv file feeds
these settings only, so that expressions cannot see it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from fairway.agent.environment import Environment
from fairway.kit.errors import InvalidRequest

OURS = "FAIRWAY_AGENT_"
_CONTRACT = (
    "PORT_", "STREAMER_NAME", "LOG_LEVEL", "DETAILED_LOGGING", "USING_LOCAL_", "KAFKA_", "POLLING_", "CONTROL_THE_",
    "WEBHOOK_", "GITLAB_URL",
)  # fmt: skip


def variable(name: str) -> str:
    """The environment variable of a field."""
    upper = name.upper()
    return upper if upper.startswith(_CONTRACT) else OURS + upper


class InvalidSettings(InvalidRequest):
    """The agent cannot start like this; the message lists every problem."""

    code = "invalid_settings"


class AgentSettings(BaseSettings):
    """Everything an agent can be told. ``docs/reference/agent-settings.md`` is generated from this class."""

    model_config = SettingsConfigDict(
        alias_generator=variable, populate_by_name=True, case_sensitive=True, extra="ignore", frozen=True
    )

    port_org_id: str = Field(min_length=1, description="Organisation id; prefix of both Kafka topics.")
    port_client_id: str = Field(min_length=1, description="Client id at the portal.")
    port_client_secret: SecretStr = Field(
        min_length=1, description="Client secret: signs requests, verifies messages, opens encrypted inputs."
    )
    port_api_base_url: str = Field("https://api.getport.io", description="Root of the portal's API.")
    streamer_name: Literal["KAFKA", "POLLING"] = Field("KAFKA", description="How invocations arrive.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
        "INFO", description="Least severe line logged."
    )
    detailed_logging: bool = Field(
        True, description="Adds the target's answers to run logs and summaries; secrets are always redacted."
    )
    using_local_port_instance: bool = Field(
        False, description="Use the given Kafka brokers without asking the portal for credentials."
    )
    kafka_consumer_bootstrap_servers: str = Field("", description="Brokers; only with the previous set, then needed.")
    kafka_consumer_security_protocol: str = Field("plaintext", description="librdkafka security.protocol.")
    kafka_consumer_authentication_mechanism: str = Field("none", description="librdkafka sasl.mechanism.")
    kafka_consumer_session_timeout_ms: int = Field(45_000, ge=1, description="Session time-out of the group.")
    kafka_consumer_auto_offset_reset: str = Field("earliest", description="Where a new group starts to read.")
    kafka_consumer_group_id: str = Field(
        "", description="Consumer group; needed for KAFKA; starts with the organisation id or is the issued user."
    )
    kafka_runs_topic: str = Field("", description="Topic of runs; ORG.runs when empty.")
    kafka_change_log_topic: str = Field("", description="Topic of changes; ORG.change.log when empty.")
    polling_interval_seconds: float = Field(
        10, ge=0, description="Longest pause between claims while nothing arrives; a fraction is allowed."
    )
    polling_runs_batch_size: int = Field(100, ge=1, le=1000, description="Most runs of a claim.")
    polling_initial_backoff_seconds: float = Field(1, gt=0, description="Pause after a first failed claim.")
    polling_backoff_factor: float = Field(2.0, ge=1, description="Growth of that pause.")
    polling_max_backoff_seconds: float = Field(300, gt=0, description="Longest such pause, before jitter.")
    polling_backoff_jitter_factor: float = Field(0.1, ge=0, description="Adds up to this share of the pause.")
    polling_max_failure_duration_seconds: float = Field(
        3600, gt=0, description="The agent ends, with exit code 3, after failing for so long."
    )
    control_the_payload_config_path: Path = Field(
        Path("control_the_payload_config.json"), description="Mapping file, relative to the working folder."
    )
    webhook_invoker_timeout: float = Field(30, gt=0, description="Seconds that a whole request to a target may take.")
    webhook_verify_ssl: bool = Field(True, description="Verification of the certificates of targets.")
    gitlab_url: str = Field("https://gitlab.com/", description="GitLab's address for pipeline triggers.")

    labels: str = Field("", description="`key=value,key=value`: runs that ask for labels are claimed by these only.")
    agent_id: str = Field("", description="Name of this replica in the portal; host name and process when empty.")
    parallel: int = Field(256, ge=1, le=10_000, description="Requests to targets under way at once.")
    per_host: int = Field(64, ge=1, le=10_000, description="Of those, to one host.")
    per_action: int = Field(0, ge=0, description="Of those, of one action; 0 is no limit of its own.")
    visibility_seconds: float = Field(
        30, ge=3, le=600, description="Lease of a claimed run; after a crash another agent gets it so much later."
    )
    drain_seconds: float = Field(25, ge=0, description="How long a stopping agent lets requests finish.")
    health_host: str = Field("0.0.0.0", description="Address of the health and metrics server.")  # noqa: S104 probes come from outside of the container
    health_port: int = Field(0, ge=0, le=65535, description="Port of the health and metrics server; 0 is off.")
    state_dir: Path | None = Field(
        None,
        description="Folder for dead letters and undelivered reports; empty: in the temporary folder.",
    )
    dead_letter_bytes: int = Field(67_108_864, ge=65_536, description="Most bytes of dead letters; old ones give way.")
    allowed_urls: str = Field(
        "", description="Comma-separated patterns such as `https://*.internal/hooks/*`; empty allows every URL."
    )
    allow_private_networks: bool = Field(True, description="Targets in private address ranges.")
    allow_link_local: bool = Field(False, description="Targets at link-local and cloud metadata addresses.")
    follow_redirects: bool = Field(False, description="Follow redirects of targets, as the original agent does.")
    max_response_bytes: int = Field(1_048_576, ge=1024, description="Bytes of a target's answer that are read.")
    retries: int = Field(3, ge=0, le=20, description="Further attempts after connection errors, 429, 502, 503 and 504.")
    retry_first_seconds: float = Field(0.5, gt=0, description="Pause before the first of them; it doubles.")
    retry_max_seconds: float = Field(30, gt=0, description="Longest such pause, `Retry-After` included.")
    client_cert: Path | None = Field(None, description="Client certificate for targets (PEM).")
    client_key: Path | None = Field(None, description="Its key (PEM); in the certificate's file when empty.")
    ca_file: Path | None = Field(
        None, description="Certificate authorities besides the system's, for targets and portal."
    )
    forward_headers: bool = Field(True, description="Send the headers that the action configures.")
    legacy_body: bool = Field(
        False, description="Add the envelope's keys to the body of claimed runs, as the original agent does."
    )
    max_message_age_seconds: float = Field(
        0, ge=0, description="Refuse signed messages that are older; 0 accepts any age, as the original agent does."
    )
    decryption_key_file: Path | None = Field(
        None, description="RSA private key (PEM) for inputs that were encrypted in the browser."
    )
    secrets_dir: Path | None = Field(
        None, description="Folder of files named like variables; read again when they change."
    )
    tls_profiles: Path | None = Field(
        None, description="JSON file with TLS settings for single targets: authorities, client certificates."
    )
    member_id: str = Field(
        "", description="Static Kafka group member; the host name when empty and it ends in a number (stateful sets)."
    )
    assignment: str = Field(
        "cooperative-sticky", description="Kafka partition assignment; `range` beside agents of the original kind."
    )
    expose_client_secret: bool = Field(
        False, description="Expressions may read PORT_CLIENT_SECRET, as with the original agent."
    )
    log_format: Literal["auto", "json", "console"] = Field("auto", description="auto: console on a terminal.")

    @field_validator("streamer_name", "log_level", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:
        text = value.upper() if isinstance(value, str) else value
        return {"WARN": "WARNING", "FATAL": "CRITICAL"}.get(text, text)

    @field_validator("port_api_base_url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError(f'"{value}" is not an http or https URL')
        return value.rstrip("/").removesuffix("/v1")

    @field_validator("labels")
    @classmethod
    def _are_labels(cls, value: str) -> str:
        parse_labels(value)
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what :func:`load_settings` hands in: it reads the environment, so that tests need not change it."""
        return (init_settings,)

    @property
    def runs_topic(self) -> str:
        """The topic of runs."""
        return self.kafka_runs_topic or f"{self.port_org_id}.runs"

    @property
    def change_log_topic(self) -> str:
        """The topic of changes."""
        return self.kafka_change_log_topic or f"{self.port_org_id}.change.log"

    @property
    def label_map(self) -> dict[str, str]:
        """``labels`` as a map."""
        return parse_labels(self.labels)

    @property
    def url_patterns(self) -> tuple[str, ...]:
        """``allowed_urls`` one by one."""
        return tuple(filter(None, (part.strip() for part in self.allowed_urls.split(","))))

    @property
    def state_folder(self) -> Path:
        """Where undelivered things are kept."""
        return self.state_dir or Path(tempfile.gettempdir()) / "fairway-agent" / self.port_org_id


def parse_labels(text: str) -> dict[str, str]:
    """``a=1,b=2`` as a map.

    Raises:
        ValueError: a part is no pair.
    """
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = part.partition("=")
        if not equals or not name.strip():
            raise ValueError(f'"{part}" is no label; key=value is')
        found[name.strip()] = value.strip()
    return found


def load_settings(environment: Environment, dotenv: Path | None = None) -> AgentSettings:
    """The settings, from the environment with its secret files and, below them, a dotenv file.

    Raises:
        InvalidSettings: with every problem at once.
    """
    given: Mapping[str, str] = {**environment.dotenv(dotenv), **environment.all()}
    names = [variable(name) for name in AgentSettings.model_fields]
    # an empty variable counts as absent: charts render unset values as empty text
    values: dict[str, Any] = {name: given[name] for name in names if given.get(name)}
    problems = list(_kafka_problems(values))
    try:
        settings = AgentSettings(**values)
    except ValidationError as error:
        problems = [_problem(dict(item)) for item in error.errors()] + problems
    if problems:
        raise InvalidSettings("; ".join(problems))
    return settings


def _kafka_problems(values: Mapping[str, str]) -> Iterator[str]:
    if values.get("STREAMER_NAME", "KAFKA").upper() != "KAFKA":
        return
    local = values.get("USING_LOCAL_PORT_INSTANCE", "").lower() in ("true", "1", "yes", "on", "y", "t")
    brokers = "KAFKA_CONSUMER_BOOTSTRAP_SERVERS" in values
    if local and not brokers:
        yield "USING_LOCAL_PORT_INSTANCE needs KAFKA_CONSUMER_BOOTSTRAP_SERVERS"
    if brokers and not local:
        yield "KAFKA_CONSUMER_BOOTSTRAP_SERVERS needs USING_LOCAL_PORT_INSTANCE=true; else the portal names brokers"
    if "KAFKA_CONSUMER_GROUP_ID" not in values:
        yield "STREAMER_NAME=KAFKA needs KAFKA_CONSUMER_GROUP_ID"


def _problem(item: dict[str, Any]) -> str:
    name = str(item["loc"][0]) if item["loc"] else ""
    text = str(item["msg"]).removeprefix("Value error, ")
    if item["type"] == "missing":
        return f"{name} is missing"
    return f"{name}: {text}" if name else text
