"""Settings of the portal: flags, then ``FAIRWAY_*`` environment variables, then ``fairway.yaml``, then defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, YamlConfigSettingsSource


class Settings(BaseSettings):
    """Everything a portal process can be told. ``docs/reference/settings.md`` is generated from this class."""

    model_config = SettingsConfigDict(env_prefix="FAIRWAY_", yaml_file="fairway.yaml", extra="ignore", frozen=True)

    host: str = Field("127.0.0.1", description="Address that the server listens on.")
    port: int = Field(8080, ge=0, le=65535, description="Port that the server listens on; 0 picks a free one.")
    base_url: str = Field("", description="URL under which clients reach the portal; http://HOST:PORT when empty.")
    base_url_aliases: str = Field(
        "",
        description="Comma-separated further URLs of this portal that action webhooks may name.",
    )
    data_dir: Path = Field(Path("fairway-data"), description="Folder for the SQLite file, keys and bootstrap identity.")
    database_url: str = Field(
        "", description="postgresql://user:password@host/name, or sqlite:///path; empty means SQLite in the data dir."
    )
    database_pool_size: int = Field(10, ge=2, le=200, description="PostgreSQL connections, or SQLite reader threads.")
    sqlite_synchronous: Literal["NORMAL", "FULL"] = Field(
        "FULL", description="FULL survives power loss of an answered write; NORMAL only a crash of the process."
    )
    secret_key: SecretStr | None = Field(
        None, description="Key for tokens and stored secrets; generated into the data dir (mode 0600) when absent."
    )
    client_id: str = Field("", description="Bootstrap client id; generated once when empty.")
    client_secret: SecretStr | None = Field(None, description="Bootstrap client secret, 32 characters or more.")
    admin_email: str = Field("admin@fairway.local", description="E-mail of the first administrator.")
    admin_password: SecretStr | None = Field(None, description="Password of the first administrator.")
    organization_name: str = Field("Fairway", description="Name of the organisation on first start.")
    demo: bool = Field(False, description="Fill an empty catalog with the demo organisation after start.")
    web_dir: Path | None = Field(None, description="Folder of a web interface to serve in place of the bundled one.")
    worker: bool = Field(True, description="Run background work in this process; off when fairway worker runs apart.")
    token_ttl_seconds: int = Field(10800, ge=60, description="Life of an access token.")
    session_ttl_seconds: int = Field(43200, ge=300, description="Life of a browser session.")
    rate_limit: int = Field(100_000, ge=1, description="Requests that one principal may make in a rate window.")
    rate_window_seconds: int = Field(60, ge=1, le=9999, description="Length of the rate window.")
    max_body_bytes: int = Field(1_048_576, ge=1024, description="Largest request body on API routes.")
    max_webhook_bytes: int = Field(524_288, ge=1024, description="Largest payload on inbound webhook routes.")
    request_timeout_seconds: float = Field(30, gt=0, description="Longest wait for a request body to arrive.")
    shutdown_grace_seconds: float = Field(15, ge=0, description="How long a stopping server lets requests finish.")
    kafka_brokers: str = Field("", description="Comma-separated Kafka bootstrap servers; empty turns Kafka off.")
    kafka_username: str = Field("", description="SASL user handed to agents and used by the portal.")
    kafka_password: SecretStr | None = Field(None, description="SASL password.")
    kafka_security_protocol: str = Field("PLAINTEXT", description="librdkafka security.protocol.")
    outgoing_private_networks: bool = Field(
        False,
        description="Allow outgoing webhooks and forges in private address ranges; metadata addresses are always "
        "refused.",
    )
    gitops_local_folder: Path | None = Field(
        None, description="Folder of this machine that GitOps sources of plain git may read; none when absent."
    )
    delivery_attempts: int = Field(
        5,
        ge=1,
        le=50,
        description="Times a request of a run is sent while its target is down; pauses double.",
    )
    delivery_timeout_seconds: float = Field(30, gt=0, le=50, description="Longest wait for the answer to one of them.")
    github_api_url: str = Field("https://api.github.com", description="API of GitHub or GitHub Enterprise Server.")
    github_token: SecretStr | None = Field(None, description="Token that dispatches workflows (actions: write).")
    github_app_id: str = Field("", description="App id or client id of a GitHub App that dispatches workflows instead.")
    github_app_private_key: SecretStr | None = Field(None, description="PEM text of the GitHub App's private key.")
    github_webhook_secret: SecretStr | None = Field(
        None, description="Secret of a GitHub webhook with workflow_run events to BASE_URL/ingest/github/workflow-runs."
    )
    gitlab_url: str = Field("https://gitlab.com", description="GitLab that pipelines are triggered on.")
    gitlab_token: SecretStr | None = Field(None, description="GitLab token (api) that starts and follows pipelines.")
    gitlab_trigger_token: SecretStr | None = Field(
        None, description="Pipeline trigger token; organisation secrets named GROUP_PROJECT count before it."
    )
    gitlab_webhook_token: SecretStr | None = Field(
        None, description="Secret token of a GitLab webhook with pipeline events to BASE_URL/ingest/gitlab/pipelines."
    )
    azure_devops_url: str = Field("https://dev.azure.com", description="Azure DevOps that takes incoming webhooks.")
    azure_devops_secret: SecretStr | None = Field(
        None, description="Secret of the incoming webhook; the organisation's client secret when absent."
    )
    event_retention_days: int = Field(365, ge=1, description="How long audit records and events are kept.")
    restore_retention_days: int = Field(30, ge=1, description="How long deleted entities can be restored.")
    run_retention_days: int = Field(365, ge=1, description="How long ended runs and their logs are kept.")
    run_timeout_hours: float = Field(
        168, ge=0, description="Runs in progress of which nothing was heard for so long end as failed; 0 waits forever."
    )
    run_log_lines_max: int = Field(100_000, ge=1, description="Log lines that one run may have.")
    smtp_url: SecretStr | None = Field(
        None,
        description="Mail server for approval requests: smtp[s]://user:password@host:port; ?starttls=required, "
        "optional or never. Nobody is mailed when absent.",
    )
    mail_from: str = Field("Fairway <fairway@localhost>", description="Sender of the portal's mail.")
    oidc_issuer: str = Field("", description="Issuer URL of the OpenID Connect provider; empty turns OIDC off.")
    oidc_client_id: str = Field("", description="Client id registered at the provider.")
    oidc_client_secret: SecretStr | None = Field(None, description="Client secret registered at the provider.")
    oidc_scopes: str = Field("openid email profile", description="Scopes asked of the provider.")
    oidc_groups_claim: str = Field("groups", description="Claim whose values become team memberships.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least severe line logged.")
    log_format: Literal["auto", "json", "console"] = Field("auto", description="auto: console on a terminal.")
    otlp_endpoint: str = Field("", description="OpenTelemetry collector; empty turns tracing off.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags win over the environment, the environment over the file (design section 1: later wins)."""
        return init_settings, env_settings, YamlConfigSettingsSource(settings_cls)

    @property
    def effective_base_url(self) -> str:
        """``base_url`` or the address listened on."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def effective_database_url(self) -> str:
        """``database_url`` or the SQLite file in the data dir."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'fairway.db').absolute()}"
