"""Every setting of the framework (contract 3.2), and ours beside them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from fairway.integration.settings.groups import (
    ActionsProcessor,
    Application,
    EventListener,
    IdentityPropagation,
    LiveEvents,
    Metrics,
    Port,
    Ssl,
    Streaming,
)
from fairway.integration.settings.values import Minutes, OptionalUrl

MIB = 1024 * 1024


class IntegrationIdentity(BaseModel):
    """Which installation of which integration this is."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    type: str = Field("", description="Integration type; the project's name when empty.")
    identifier: str = Field("", description="Identifier of the installation; my-TYPE-integration when empty.")
    config: dict[str, Any] = Field(default_factory=dict, description="The integration's own settings, one by one.")
    incremental_sync_enabled: bool = Field(False, description="Fetch changes between full resyncs.")
    incremental_sync_interval: Minutes = Field(15, description="Minutes between them: 15, 30 or 60.")

    @field_validator("type", "identifier")
    @classmethod
    def _lower(cls, value: str) -> str:
        return value.strip().lower()

    @field_validator("incremental_sync_interval")
    @classmethod
    def _offered(cls, value: int) -> int:
        if value not in (15, 30, 60):
            raise ValueError("must be 15, 30 or 60 minutes")
        return value


class Settings(BaseModel):
    """Settings as the process uses them. Unknown ones are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    port: Port
    integration: IntegrationIdentity = IntegrationIdentity()
    event_listener: EventListener = EventListener()
    initialize_port_resources: bool = Field(True, description="Create blueprints and the like at the first start.")
    create_port_resources_origin: Literal["Default", "Port", "Empty"] | None = Field(
        None, description="Where the first mapping comes from: Default, Port or Empty."
    )
    scheduled_resync_interval: Minutes | None = Field(None, description="Minutes between resyncs of our own accord.")
    base_url: OptionalUrl = Field(None, description="Public URL of this process; live events need it.")
    path_prefix: str = Field("", description="In front of /integration, /health and /metrics.")
    event_workers_count: int = Field(1, ge=1, le=64, description="Workers per webhook path.")
    max_event_processing_seconds: float = Field(90, gt=0, description="Time of a processor for an event.")
    max_wait_seconds_before_shutdown: float = Field(5, ge=0, description="Time to finish work at the end.")
    events_debug_logging: bool = Field(False, description="Not acted on.")
    runtime: Literal["OnPrem", "Saas"] = Field("OnPrem", description="OnPrem, or Saas when a vendor hosts it.")
    resources_path: Path = Field(Path(".port/resources"), description="Folder of blueprints and default mapping.")
    client_timeout: float = Field(60, gt=0, description="Seconds a request to the third party may take.")
    send_raw_data_examples: bool = Field(True, description="Send the first items of each kind to the portal.")
    allow_environment_variables_jq_access: bool = Field(
        False, description="Mappings may read every variable of the process, secrets too."
    )
    jq_environment_variables: tuple[str, ...] = Field(
        (), description="Names of variables that mappings may read, comma-separated or a JSON list."
    )
    oauth_access_token_file_path: Path | None = Field(
        None, description="File that a sidecar keeps a token in; hooks get it as `context.oauth_token`."
    )
    caching_storage_mode: Literal["disk", "memory"] = Field("disk", description="Where what hooks cache is kept.")
    upsert_entities_batch_max_length: int = Field(20, ge=1, le=1000, description="Entities of a bulk, at most.")
    upsert_entities_batch_max_size_in_bytes: int = Field(MIB, ge=1024, description="Bytes of a bulk, at most.")
    delete_entities_max_batch_size: int = Field(100, ge=1, description="Entities deleted at once; 100 at most.")
    yield_items_to_parse_batch_size: int = Field(200, ge=1, description="Kept for compatibility.")
    process_in_queue_timeout: float = Field(120, gt=0, description="Kept for compatibility.")
    process_in_queue_max_workers: int | None = Field(None, ge=1, description="Kept for compatibility.")
    status_heartbeat_interval_seconds: float = Field(10, gt=0, description="Between signs of life while syncing.")
    metrics: Metrics = Metrics()
    streaming: Streaming = Streaming()
    disable_ip_outbound_blocker: bool | None = Field(
        None, description="Let requests go to private addresses; unset: only to hosts of the configuration."
    )
    actions_processor: ActionsProcessor = ActionsProcessor()
    live_events: LiveEvents = LiveEvents()
    ssl: Ssl = Ssl()
    identity_propagation: IdentityPropagation = IdentityPropagation()
    application: Application = Application()

    state_path: Path = Field(Path("fairway-integration.sqlite"), description="File of what the last runs wrote.")
    control_token: SecretStr | None = Field(
        None, min_length=16, description="Bearer token that may start and abort runs over HTTP; unset: nobody may."
    )
    kinds_concurrency: int = Field(4, ge=1, le=64, description="Kinds that are fetched at once.")
    start_timeout_seconds: float = Field(120, gt=0, description="Time of the start hooks before the first sync.")

    @field_validator("create_port_resources_origin", mode="before")
    @classmethod
    def _origin(cls, value: Any) -> Any:
        return "Default" if value == "Ocean" else value

    @field_validator("jq_environment_variables", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        if isinstance(value, str) and not value.lstrip().startswith("["):
            return tuple(name for name in re.split(r"[,\s]+", value) if name)
        return value

    @field_validator("path_prefix")
    @classmethod
    def _prefix(cls, value: str) -> str:
        return "/" + value.strip("/") if value.strip("/") else ""

    @field_validator("delete_entities_max_batch_size")
    @classmethod
    def _at_most_100(cls, value: int) -> int:
        return min(value, 100)

    @model_validator(mode="after")
    def _deprecated_host(self) -> Settings:
        host = self.integration.config.get("app_host")
        if self.base_url is None and isinstance(host, str) and host:
            return self.model_copy(update={"base_url": host.rstrip("/")})
        return self

    def ignored(self) -> tuple[str, ...]:
        """Settings that somebody turned on and that nothing acts on."""
        asked = {
            "OCEAN__METRICS__ENABLED": self.metrics.enabled,
            "OCEAN__STREAMING__ENABLED": self.streaming.enabled,
            "OCEAN__EVENTS_DEBUG_LOGGING": self.events_debug_logging,
            "OCEAN__LIVE_EVENTS__PAYLOAD_LOGGING_ENABLED": self.live_events.payload_logging_enabled,
        }
        return tuple(name for name, on in asked.items() if on)

    def secrets(self) -> tuple[str, ...]:
        """The values that must not be logged."""
        return tuple(_secrets(self))


def _secrets(value: Any) -> list[str]:
    if isinstance(value, SecretStr):
        return [value.get_secret_value()] if value.get_secret_value() else []
    if isinstance(value, BaseModel):
        return [text for name in type(value).model_fields for text in _secrets(getattr(value, name))]
    return []
