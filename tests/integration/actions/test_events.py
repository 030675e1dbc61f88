"""Events that mean something apart from any kind, such as the end of a run (contract section 9.2)."""

from __future__ import annotations

from typing import Any

import pytest

from fairway.integration.definition import Integration
from fairway.integration.live import Processor, WebhookEvent, WebhookEventRawResults
from fairway.integration.model import Resource
from fairway.integration.testing import deliver_event


async def test_an_event_may_be_no_matter_of_kinds() -> None:
    told: list[Any] = []

    class Ended(Processor):
        async def get_matching_kinds(self, event: WebhookEvent) -> list[str]:
            return []

        async def handle_event(self, payload: Any, resource: Resource) -> WebhookEventRawResults:
            raise AssertionError("there is no kind")

        async def handle_action(self, payload: Any) -> None:
            told.append(payload["build"])

    integration = Integration("forge")
    integration.webhook("builds", Ended)
    delivered = await deliver_event(integration, {"resources": []}, "builds", {"build": 7})
    assert (told, delivered.wanted, delivered.upserted) == ([7], True, [])


async def test_a_failure_of_it_is_told_to_the_processor() -> None:
    seen: list[Exception] = []

    class Broken(Processor):
        async def get_matching_kinds(self, event: WebhookEvent) -> list[str]:
            return []

        async def handle_event(self, payload: Any, resource: Resource) -> WebhookEventRawResults:
            return WebhookEventRawResults()

        async def handle_action(self, payload: Any) -> None:
            raise KeyError("build")

        async def on_error(self, error: Exception) -> None:
            seen.append(error)

    integration = Integration("forge")
    integration.webhook("builds", Broken)
    with pytest.raises(KeyError):
        await deliver_event(integration, {"resources": []}, "builds", {})
    assert [type(error) for error in seen] == [KeyError]
