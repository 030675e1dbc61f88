"""Kafka credentials for clients that consume the portal's topics (contract 8.1, 8.3)."""

from __future__ import annotations

from typing import Any

from fairway.kit.errors import NotFound
from fairway.kit.settings import Settings
from fairway.portal.access.decisions import require_admin
from fairway.portal.caller import Caller


def kafka_credentials(caller: Caller, settings: Settings) -> dict[str, Any]:
    """``{username, password, brokers}``.

    Raises:
        Forbidden: the caller is no Admin.
        NotFound: this portal has no Kafka.
    """
    require_admin(caller, "read the Kafka credentials")
    brokers = [broker.strip() for broker in settings.kafka_brokers.split(",") if broker.strip()]
    if not brokers:
        raise NotFound(
            "Kafka is not configured on this portal (setting kafka_brokers, FAIRWAY_KAFKA_BROKERS); "
            "use the POLLING or WEBHOOK listener, or ask the operator to configure Kafka"
        )
    password = settings.kafka_password.get_secret_value() if settings.kafka_password else ""
    return {"username": settings.kafka_username, "password": password, "brokers": brokers}
