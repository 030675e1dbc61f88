"""The KAFKA listener as a process, with a broker that speaks Kafka's protocol between it and the portal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fairway.integration.testing.third_party import FakeThirdParty
from fairway.kit.settings import Settings
from support.apache_kafka import ApacheKafka, apache_kafka
from support.integration_process import Make, until_sizes
from support.kafka import MockBroker, mock_broker
from support.live import LivePortal

pytestmark = pytest.mark.slow


@pytest.fixture(params=["librdkafka", "apache"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MockBroker | ApacheKafka]:
    with mock_broker() if request.param == "librdkafka" else apache_kafka(tmp_path / "kafka") as found:
        yield found


@pytest.fixture
def settings(settings: Settings, broker: MockBroker | ApacheKafka) -> Settings:
    """A portal that publishes to the broker."""
    return settings.model_copy(update={"kafka_brokers": broker.address})


async def test_requests_and_new_mappings_arrive_over_kafka(
    make: Make, live_portal: LivePortal, party: FakeThirdParty, broker: MockBroker | ApacheKafka
) -> None:
    with live_portal.login() as client:
        org = client.get("/v1/organization").json()["organization"]["id"]
        broker.create(1, [f"{org}.change.log"])
        process = make(
            OCEAN__EVENT_LISTENER__TYPE="KAFKA",
            OCEAN__EVENT_LISTENER__BROKERS=broker.address,
            OCEAN__EVENT_LISTENER__KAFKA_SECURITY_ENABLED="false",
        )
        await process.start()
        await process.until("listening")
        await process.until("kafka_assigned")
        assert party.requests("/items") == [], "it does not sync at its start"
        assert client.patch("/v1/integration/shop", json={}).status_code == 200
        await process.until("ended")
        await until_sizes(live_portal, {"a": 1, "b": 2})
        mapping = client.get("/v1/integration/shop").json()["integration"]["config"]
        mapping["resources"][0]["selector"]["query"] = '.id != "a"'
        client.patch("/v1/integration/shop", json={"config": mapping}).raise_for_status()
        await process.until("ended", 2)
        await until_sizes(live_portal, {"b": 2})
    assert await process.end() == 0
