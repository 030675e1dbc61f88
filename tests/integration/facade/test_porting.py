"""An integration that was written for Ocean, with nothing but its imports changed (contract 4.3, 15.7, 15.8)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from fairway.integration.definition import Integration
from fairway.integration.folder import InvalidIntegration, load_integration
from fairway.integration.ocean import event, ocean
from fairway.integration.testing import FakeThirdParty, Reply, deliver_event, run_resync
from fairway.kit.errors import InvalidRequest, Unauthorized
from support.integration_folders import write

THEIR_IMPORTS = {
    "main.py": """
from typing import Any, cast

from loguru import logger
from port_ocean.context.event import event
from port_ocean.context.ocean import ocean
from port_ocean.core.ocean_types import ASYNC_GENERATOR_RESYNC_TYPE
""",
    "client.py": """
from typing import Any, AsyncGenerator

import httpx
from port_ocean.utils import http_async_client
from port_ocean.utils.cache import cache_coroutine_result, cache_iterator_result
""",
    "integration.py": """
from typing import Literal

from pydantic import Field
from port_ocean.core.handlers.port_app_config.api import APIPortAppConfig
from port_ocean.core.handlers.port_app_config.models import PortAppConfig, ResourceConfig, Selector
from port_ocean.core.integrations.base import BaseIntegration
""",
    "webhook_processors/ticket.py": """
import hashlib
import hmac

from port_ocean.context.ocean import ocean
from port_ocean.core.handlers.port_app_config.models import ResourceConfig
from port_ocean.core.handlers.webhook.abstract_webhook_processor import AbstractWebhookProcessor
from port_ocean.core.handlers.webhook.webhook_event import (
    EventHeaders, EventPayload, WebhookEvent, WebhookEventRawResults,
)
""",
}
OUR_IMPORTS = {
    "main.py": """
from typing import Any, cast

from fairway.integration.ocean import ASYNC_GENERATOR_RESYNC_TYPE, event, logger, ocean
""",
    "client.py": """
from typing import Any, AsyncGenerator

from fairway.integration.ocean import cache_coroutine_result, cache_iterator_result, http_async_client, httpx
""",
    "integration.py": """
from typing import Literal

from pydantic import Field
from fairway.integration.ocean import APIPortAppConfig, BaseIntegration, PortAppConfig, ResourceConfig, Selector
""",
    "webhook_processors/ticket.py": """
import hashlib
import hmac

from fairway.integration.ocean import (
    AbstractWebhookProcessor, EventHeaders, EventPayload, ResourceConfig, WebhookEvent, WebhookEventRawResults, ocean,
)
""",
}
CODE = {
    "main.py": """
from client import DeskClient
from integration import TicketResourceConfig
from webhook_processors.ticket import TicketWebhookProcessor


def init_client() -> DeskClient:
    config = ocean.integration_config
    return DeskClient(config["desk_url"], config["api_token"])


@ocean.on_start()
async def on_start() -> None:
    logger.info("Starting the desk integration")


@ocean.on_resync("queue")
async def resync_queues(kind: str) -> list[dict[str, Any]]:
    return await init_client().get_queues()


@ocean.on_resync("ticket")
async def resync_tickets(kind: str) -> ASYNC_GENERATOR_RESYNC_TYPE:
    client = init_client()
    selector = cast(TicketResourceConfig, event.resource_config).selector
    async for page in client.get_tickets(selector.states):
        logger.info(f"Got {len(page)} of {kind}")
        yield page


ocean.add_webhook_processor("/webhook", TicketWebhookProcessor)
""",
    "client.py": """

class DeskClient:
    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.client = http_async_client
        self.client.headers.update({"Authorization": f"Bearer {token}"})

    async def _get(self, path: str, params: dict[str, Any] | None = None) -> Any:
        try:
            response = await self.client.get(f"{self.url}{path}", params=params)
            response.raise_for_status()
        except httpx.HTTPStatusError as error:
            if error.response.status_code == 404:
                return None
            raise
        return response.json()

    @cache_coroutine_result()
    async def get_queues(self) -> list[dict[str, Any]]:
        return await self._get("/queues")

    @cache_iterator_result()
    async def get_tickets(self, states: list[str]) -> AsyncGenerator[list[dict[str, Any]], None]:
        names = {each["id"]: each["name"] for each in await self.get_queues()}
        page = 1
        while found := await self._get("/tickets", {"states": ",".join(states), "page": page}):
            yield [{**each, "__queue": names[each["queue"]]} for each in found]
            page += 1

    async def get_ticket(self, ticket: str) -> dict[str, Any] | None:
        return await self._get(f"/tickets/{ticket}")
""",
    "integration.py": """

class TicketSelector(Selector):
    states: list[str] = Field(alias="ticketStates", default=["open"])


class TicketResourceConfig(ResourceConfig):
    kind: Literal["ticket"]
    selector: TicketSelector


class DeskPortAppConfig(PortAppConfig):
    resources: list[TicketResourceConfig | ResourceConfig] = Field(default_factory=list)


class DeskIntegration(BaseIntegration):
    class AppConfigHandlerClass(APIPortAppConfig):
        CONFIG_CLASS = DeskPortAppConfig
""",
    "webhook_processors/__init__.py": "",
    "webhook_processors/ticket.py": """
from client import DeskClient


class TicketWebhookProcessor(AbstractWebhookProcessor):
    async def should_process_event(self, event: WebhookEvent) -> bool:
        return bool(event.payload.get("ticket"))

    async def get_matching_kinds(self, event: WebhookEvent) -> list[str]:
        return ["ticket"]

    async def authenticate(self, payload: EventPayload, headers: EventHeaders) -> bool:
        body = await self.event._original_request.body()
        wanted = hmac.new(ocean.integration_config["webhook_secret"].encode(), body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(wanted, headers.get("x-signature", ""))

    async def validate_payload(self, payload: EventPayload) -> bool:
        return "id" in payload["ticket"]

    async def handle_event(self, payload: EventPayload, resource_config: ResourceConfig) -> WebhookEventRawResults:
        config = ocean.integration_config
        found = await DeskClient(config["desk_url"], config["api_token"]).get_ticket(payload["ticket"]["id"])
        if found is None or found["state"] not in resource_config.selector.states:
            return WebhookEventRawResults(updated_raw_results=[], deleted_raw_results=[payload["ticket"]])
        return WebhookEventRawResults(updated_raw_results=[found], deleted_raw_results=[])
""",
}
_SETTINGS = [{"name": name, "type": "string"} for name in ("deskUrl", "apiToken", "webhookSecret")]


def _entry(kind: str, **selector: Any) -> dict[str, Any]:
    mappings = {"identifier": ".id", "blueprint": f'"{kind}"', "properties": {"queue": ".__queue"}}
    return {"kind": kind, "selector": {"query": "true", **selector}, "port": {"entity": {"mappings": mappings}}}


MAPPING = {"resources": [_entry("queue"), _entry("ticket", ticketStates=["open", "new"])]}


@pytest.fixture
async def desk() -> AsyncIterator[FakeThirdParty]:
    async with FakeThirdParty() as server:
        server.on("GET", "/queues", [{"id": 1, "name": "Support"}])
        server.on("GET", "/tickets", [{"id": "t1", "queue": 1}], [{"id": "t2", "queue": 1}], [])
        yield server


@pytest.fixture
def integration(tmp_path: Path) -> Integration:
    files = {name: OUR_IMPORTS.get(name, "") + code for name, code in CODE.items()}
    files["pyproject.toml"] = '[project]\nname = "desk"\nversion = "1.0.0"\n'
    files[".port/spec.yaml"] = json.dumps({"title": "Desk", "configurations": _SETTINGS})
    return load_integration(write(tmp_path / "desk", **files)).integration


def _config(desk: FakeThirdParty) -> dict[str, str]:
    return {"desk_url": desk.url, "api_token": "t", "webhook_secret": "hush"}


async def test_a_resync_needs_other_imports_only(integration: Integration, desk: FakeThirdParty) -> None:
    assert set(OUR_IMPORTS) == set(THEIR_IMPORTS)
    found = await run_resync(integration, MAPPING, config=_config(desk))
    assert not found.problems
    assert [item["__queue"] for item in found.raw["ticket-1"]] == ["Support", "Support"]
    assert {entity.identifier for entity in found.entities} >= {"t1", "t2"}
    asked = desk.requests("/tickets")[0]
    assert (asked.query["states"], asked.headers["authorization"]) == ("open,new", "Bearer t")


async def test_live_events_need_other_imports_only(integration: Integration, desk: FakeThirdParty) -> None:
    desk.on("GET", "/tickets/t1", {"id": "t1", "state": "open"})
    body = orjson.dumps({"ticket": {"id": "t1"}})
    headers = {"x-signature": hmac.new(b"hush", body, hashlib.sha256).hexdigest()}
    given: dict[str, Any] = {"headers": headers, "config": _config(desk)}
    delivered = await deliver_event(integration, MAPPING, "webhook", body, **given)
    assert [each.identifier for each in delivered.upserted] == ["t1"]
    desk.on("GET", "/tickets/t1", Reply({}, 404))
    delivered = await deliver_event(integration, MAPPING, "webhook", body, **given)
    assert [key.identifier for key in delivered.deleted] == ["t1"]
    with pytest.raises(Unauthorized):
        await deliver_event(integration, MAPPING, "webhook", body, config=_config(desk))


async def test_names_stand_for_nothing_outside_of_hooks() -> None:
    for read in (lambda: ocean.integration_config, lambda: event.resource_config):
        with pytest.raises(InvalidRequest, match="only within hooks"):
            read()
    with pytest.raises(InvalidRequest, match=r"while main\.py is imported"):
        ocean.on_resync("kind")
    with pytest.raises(AttributeError, match=r"`ocean\.register_raw` is not offered"):
        _ = ocean.register_raw


def test_what_is_not_offered_is_said_with_its_place(tmp_path: Path) -> None:
    files = {
        "main.py": "from fairway.integration.ocean import ocean\n\nocean.router.get('/x')\n",
        "pyproject.toml": '[project]\nname = "desk"\nversion = "1.0.0"\n',
    }
    with pytest.raises(InvalidIntegration, match=r"main\.py:3: AttributeError: `ocean\.router` is not offered"):
        load_integration(write(tmp_path / "desk", **files))
