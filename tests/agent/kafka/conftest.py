"""A broker for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.kafka import MockBroker, mock_broker


@pytest.fixture
def broker() -> Iterator[MockBroker]:
    """librdkafka's mock broker with both topics."""
    with mock_broker() as found:
        found.create()
        yield found
