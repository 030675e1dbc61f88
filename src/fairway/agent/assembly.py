"""Builds the parts of an agent from its settings."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from pathlib import Path

from yarl import URL

from fairway.agent.execute import Executor, ExecutorSettings
from fairway.agent.identity import Identity
from fairway.agent.kafka import KafkaCredentials, KafkaSettings, KafkaStreamer, stable_member_id
from fairway.agent.mapping.decrypt import Opener
from fairway.agent.mapping.mappings import Mappings, load_mappings
from fairway.agent.messages.kafka import MessageReader
from fairway.agent.messages.signature import SignatureCheck
from fairway.agent.operations.metrics import AgentMetrics
from fairway.agent.portal_api.connection import Connection
from fairway.agent.portal_api.portal import Portal
from fairway.agent.runtime.claims import ClaimSettings
from fairway.agent.runtime.dead_letters import DeadLetters
from fairway.agent.runtime.pace import Backoff
from fairway.agent.runtime.polling import PollingSettings
from fairway.agent.runtime.state import Seal, State, StateUnavailable
from fairway.agent.settings import AgentSettings
from fairway.agent.target import (
    Allowlist,
    Retry,
    TargetClient,
    TargetPolicy,
    TargetSettings,
    TlsProfile,
    TlsStore,
    load_profiles,
)
from fairway.kit.clock import SystemClock
from fairway.kit.errors import InvalidRequest
from fairway.kit.logs import get_logger

_DEFAULT_FILE = AgentSettings.model_fields["control_the_payload_config_path"].default

log = get_logger(__name__)


def mapping_path(settings: AgentSettings) -> Path | None:
    """The mapping file; none when the usual place is empty: then the built-in mappings apply."""
    path = settings.control_the_payload_config_path
    return None if path == _DEFAULT_FILE and not path.exists() else path


def read_mappings(settings: AgentSettings, environment: Mapping[str, str]) -> Mappings:
    """The mappings, with what expressions may see of the environment.

    Raises:
        MappingInvalid: the file is missing or wrong.
    """
    return load_mappings(mapping_path(settings), environment, expose_secret=settings.expose_client_secret)


def build_tls(settings: AgentSettings, environment: Mapping[str, str]) -> TlsStore:
    """TLS towards targets.

    Raises:
        InvalidRequest: a file cannot be used.
    """
    default = TlsProfile(
        ca_file=_text(settings.ca_file),
        cert_file=_text(settings.client_cert),
        key_file=_text(settings.client_key),
        verify=settings.webhook_verify_ssl,
    )
    profiles = load_profiles(settings.tls_profiles, environment) if settings.tls_profiles else {}
    return TlsStore(environment, default, profiles)


def portal_tls(settings: AgentSettings, environment: Mapping[str, str]) -> ssl.SSLContext | None:
    """TLS towards the portal, which is always verified.

    Raises:
        InvalidRequest: the authorities cannot be used.
    """
    if not settings.port_api_base_url.startswith("https"):
        return None
    return TlsStore(environment, TlsProfile(ca_file=_text(settings.ca_file))).context(URL(settings.port_api_base_url))


def build_executor(identity: Identity, mappings: Mappings) -> Executor:
    """What sends requests.

    Raises:
        InvalidRequest: a setting cannot be used.
    """
    settings, environment = identity.settings, identity.environment
    retry = Retry(settings.retries, first_seconds=settings.retry_first_seconds, max_seconds=settings.retry_max_seconds)
    target = TargetClient(
        TargetSettings(settings.webhook_invoker_timeout, retry, settings.max_response_bytes, settings.follow_redirects),
        SystemClock(),
        identity.secret,
        tls=build_tls(settings, environment),
        environment=environment,
        policy=TargetPolicy(private_networks=settings.allow_private_networks, link_local=settings.allow_link_local),
        allowlist=Allowlist(settings.url_patterns),
    )
    switches = ExecutorSettings(settings.detailed_logging, settings.legacy_body, settings.forward_headers)
    opener = Opener(_private_key(settings))
    return Executor(mappings, target, identity.secret, settings=switches, opener=opener, redactor=identity.redactor)


def build_portal(identity: Identity, metrics: AgentMetrics) -> Portal:
    """The portal, not connected yet.

    Raises:
        InvalidRequest: the authorities cannot be used.
    """
    settings, environment = identity.settings, identity.environment
    connection = Connection(
        settings.port_api_base_url,
        identity.credentials,
        metrics,
        tls=portal_tls(settings, environment),
        environment=environment,
    )
    return Portal(connection, agent_id=identity.agent_id, labels=settings.label_map)


def polling_settings(settings: AgentSettings) -> PollingSettings:
    """How the portal is polled."""
    backoff = Backoff(
        settings.polling_initial_backoff_seconds,
        settings.polling_backoff_factor,
        settings.polling_max_backoff_seconds,
        settings.polling_backoff_jitter_factor,
    )
    claims = ClaimSettings(settings.polling_interval_seconds, backoff, settings.polling_max_failure_duration_seconds)
    return PollingSettings(settings.polling_runs_batch_size, round(settings.visibility_seconds * 1000), claims)


def build_kafka(identity: Identity, portal: Portal) -> KafkaStreamer:
    """The Kafka consumer, not started."""
    settings = identity.settings
    kafka = KafkaSettings(
        settings.kafka_consumer_group_id,
        settings.runs_topic,
        settings.change_log_topic,
        settings.kafka_consumer_security_protocol,
        settings.kafka_consumer_authentication_mechanism,
        settings.kafka_consumer_session_timeout_ms,
        settings.kafka_consumer_auto_offset_reset,
        member_id=settings.member_id or stable_member_id(socket.gethostname()),
        assignment=settings.assignment,
        max_held=max(1000, 4 * settings.parallel),
        max_failure_seconds=settings.polling_max_failure_duration_seconds,
    )
    check = SignatureCheck(identity.secret, SystemClock(), max_age_seconds=settings.max_message_age_seconds)

    async def credentials() -> KafkaCredentials:
        if settings.using_local_port_instance:
            return KafkaCredentials(_brokers(settings.kafka_consumer_bootstrap_servers.split(",")))
        given = await portal.kafka_credentials()
        return KafkaCredentials(
            _brokers(given.get("brokers") or ()), str(given.get("username", "")), str(given.get("password", ""))
        )

    return KafkaStreamer(kafka, credentials, MessageReader(check))


def open_state(identity: Identity) -> State | None:
    """This replica's slot on disk; none where the usual place cannot be written to.

    Raises:
        StateUnavailable: the folder that was set cannot be used.
    """
    try:
        return State(identity.settings.state_folder, Seal(identity.secret()))
    except StateUnavailable as error:
        if identity.settings.state_dir is not None:
            raise
        log.warning("no_state_folder", problem=error.message)
        return None


def open_dead_letters(identity: Identity) -> DeadLetters:
    """What could not be delivered.

    Raises:
        StateUnavailable: the folder cannot be used.
    """
    return DeadLetters(identity.settings.state_folder, Seal(identity.secret()), identity.settings.dead_letter_bytes)


def _brokers(given: object) -> tuple[str, ...]:
    names = [str(each).strip() for each in given] if isinstance(given, list | tuple) else []
    return tuple(filter(None, names))


def _text(path: Path | None) -> str:
    return "" if path is None else str(path)


def _private_key(settings: AgentSettings) -> bytes | None:
    path = settings.decryption_key_file
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidRequest(
            f'The key for encrypted inputs, "{path}" (FAIRWAY_AGENT_DECRYPTION_KEY_FILE), cannot be read: '
            f"{error.strerror}"
        ) from None
