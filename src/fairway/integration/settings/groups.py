"""The groups of settings (contract 3.2 and 10)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from fairway.integration.settings.values import Listed, OptionalUrl, Url

Level = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


class Group(BaseModel):
    """Unknown keys are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Port(Group):
    """The portal."""

    client_id: str = Field(min_length=1, description="Client id at the portal.")
    client_secret: SecretStr = Field(min_length=1, description="Client secret.")
    base_url: Url = Field("https://api.getport.io", description="Root of the portal's API, without /v1.")
    app_url: OptionalUrl = Field(None, description="The portal's web address.")
    mcp_url: OptionalUrl = Field(None, description="Kept for compatibility.")
    port_app_config_cache_ttl: float = Field(60, ge=0, description="Seconds live events use a mapping they know.")
    feature_flags_cache_ttl_seconds: float = Field(300, ge=0, description="Seconds the organisation's flags count.")
    blueprint_cache_ttl_seconds: float = Field(120, ge=0, description="Seconds a fetched blueprint counts.")

    @field_validator("base_url")
    @classmethod
    def _root(cls, value: str) -> str:
        return value.removesuffix("/v1").rstrip("/")


class EventListener(Group):
    """How the process learns that a resync is wanted."""

    type: Literal["POLLING", "KAFKA", "WEBHOOK", "WEBHOOKS_ONLY", "ACTIONS_ONLY", "ONCE"] = Field(
        "POLLING", description="POLLING, KAFKA, WEBHOOK, WEBHOOKS_ONLY, ACTIONS_ONLY or ONCE."
    )
    resync_on_start: bool = Field(True, description="POLLING: resync at the start.")
    interval: float = Field(60, gt=0, description="POLLING: seconds between looks at the portal.")
    app_host: OptionalUrl = Field(None, description="WEBHOOK: public URL of this process.")
    brokers: Listed = Field((), description="KAFKA: brokers, comma-separated or a JSON list.")
    security_protocol: str = Field("SASL_SSL", description="KAFKA: security protocol.")
    authentication_mechanism: str = Field("SCRAM-SHA-512", description="KAFKA: SASL mechanism.")
    kafka_security_enabled: bool = Field(True, description="KAFKA: authenticate.")
    consumer_poll_timeout: float = Field(1, gt=0, description="KAFKA: seconds of one look for messages.")
    should_resync: bool = Field(True, description="Take part in resyncs.")
    should_process_webhooks: bool = Field(True, description="Take part in live events.")
    should_run_actions: bool = Field(True, description="Take part in actions.")

    @field_validator("type", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _complete(self) -> EventListener:
        if self.type == "WEBHOOK" and not self.app_host:
            raise ValueError("the type WEBHOOK needs `app_host`, the public URL of this process")
        return self


class Metrics(Group):
    """A copy of the metrics; the ``/metrics`` page is always there."""

    enabled: bool = Field(False, description="Not acted on: read `/metrics` instead.")
    webhook_url: OptionalUrl = Field(None, description="Not acted on.")


class Streaming(Group):
    """Large answers of the third party."""

    enabled: bool = Field(False, description="Not acted on: answers are read into memory.")
    chunk_size: int = Field(65_536, ge=1024, description="Bytes read at once.")
    location: Path = Field(Path(tempfile.gettempdir()) / "ocean" / "streaming", description="Folder of the files.")
    max_buffer_size_mb: int = Field(20_971_520, ge=1024, description="Buffer in bytes, in spite of its name.")


class ActionsProcessor(Group):
    """Actions of the portal that the integration carries out (contract 12)."""

    enabled: bool = Field(False, description="Carry out the actions of the integration's specification.")
    workers_count: int = Field(3, ge=1, le=100, description="Runs executed at once.")
    runs_buffer_high_watermark: int = Field(300, ge=1, le=1000, description="Runs that wait in the process, at most.")
    poll_check_interval_seconds: float = Field(10, gt=0, description="Between claims that brought nothing.")
    visibility_timeout_ms: int = Field(60_000, ge=1000, le=600_000, description="How long a claim lasts unless kept.")
    max_runs_buffer_util_pct_per_action: int | None = Field(
        30, ge=1, le=100, description="Share of the watermark for runs of one action; null: all of it."
    )


class LiveEvents(Group):
    """Events of the third party."""

    payload_logging_enabled: bool = Field(False, description="Not acted on.")
    is_redis_stream_consumer_enabled: bool = Field(False, description="Not offered: must be false.")

    @field_validator("is_redis_stream_consumer_enabled")
    @classmethod
    def _not_offered(cls, value: bool) -> bool:
        if value:
            raise ValueError("reading live events from Redis is not offered; events arrive by HTTP")
        return value


class X509(Group):
    """Certificates."""

    strict: bool = Field(True, description="Demand what RFC 5280 does; some corporate authorities do not hold to it.")


class Tls(Group):
    """Certificates of one peer."""

    verify: bool = Field(True, description="Verify certificates.")
    x509: X509 = X509()
    ca_file: Path | None = Field(None, description="Authorities to trust beside those of the system, as PEM.")

    @field_validator("ca_file", mode="before")
    @classmethod
    def _empty(cls, value: Any) -> Any:
        return None if value == "" else value  # charts pass on what nobody has set


class Ssl(Group):
    """Certificates of the portal and of third parties."""

    port: Tls = Tls()
    third_party: Tls = Tls()


class IdentityPropagation(Group):
    """Runs that act as the user (contract 12.5)."""

    enabled: bool = Field(False, description="Not offered: must be false.")

    @field_validator("enabled")
    @classmethod
    def _not_offered(cls, value: bool) -> bool:
        if value:
            raise ValueError("identity propagation is not offered")
        return value


class Application(Group):
    """The process; variables without ``OCEAN__``."""

    log_level: Level = Field("INFO", description="Least severe line logged.")
    port: int = Field(8000, ge=0, le=65535, description="Port of the HTTP server; 0 picks a free one.")
    host: str = Field("0.0.0.0", description="Address of the HTTP server.")  # noqa: S104 containers are reached from outside
    enable_http_logging: bool = Field(True, description="Send logs to the portal.")

    @field_validator("log_level", mode="before")
    @classmethod
    def _level(cls, value: Any) -> Any:
        text = value.upper() if isinstance(value, str) else value
        return {"WARN": "WARNING", "FATAL": "CRITICAL"}.get(text, text) if isinstance(text, str) else text
