"""What librdkafka tells about itself every few seconds."""

from __future__ import annotations

import json
from typing import Any


class Statistics:
    """How the connection is, and how many messages wait. Written by the consumer's thread."""

    def __init__(self) -> None:
        self.connected = False
        self.problem = ""
        self.lag: int | None = None

    def read(self, text: str) -> None:
        """Takes a statistics document in."""
        document = json.loads(text)
        brokers = document.get("brokers", {}).values()
        self.connected = any(broker.get("state") == "UP" for broker in brokers)
        if self.connected:
            self.problem = ""
        lags = [lag for lag in map(_lag, _partitions(document)) if lag is not None]
        self.lag = sum(lags) if lags else None


def _partitions(document: dict[str, Any]) -> list[dict[str, Any]]:
    topics = document.get("topics", {}).values()
    return [each for topic in topics for number, each in topic.get("partitions", {}).items() if number != "-1"]


def _lag(partition: dict[str, Any]) -> int | None:
    lag = partition.get("consumer_lag", -1)
    return lag if isinstance(lag, int) and lag >= 0 else None
