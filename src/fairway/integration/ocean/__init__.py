"""The names of Ocean, for integrations that were written for it: porting one is changing its imports (contract 4.3).

They are thin: everything is done by :mod:`fairway.integration.definition` beneath. New integrations use that, and get
their context as an argument.
"""

from fairway.integration.iterators import (
    semaphore_async_iterator,
    stream_async_iterators_tasks,
    stream_independent_async_iterators,
)
from fairway.integration.live import WebhookEventRawResults
from fairway.integration.ocean import httpx
from fairway.integration.ocean.caching import cache_coroutine_result, cache_iterator_result
from fairway.integration.ocean.contexts import event, resource
from fairway.integration.ocean.facade import ocean
from fairway.integration.ocean.httpx import http_async_client
from fairway.integration.ocean.models import (
    APIPortAppConfig,
    BaseIntegration,
    IntegrationMappingConfig,
    PortAppConfig,
    PortResourceConfig,
    ResourceConfig,
    Selector,
)
from fairway.integration.ocean.webhooks import (
    AbstractWebhookProcessor,
    EventHeaders,
    EventPayload,
    WebhookEvent,
    WebhookProcessorType,
)
from fairway.kit.logs import get_logger

ASYNC_GENERATOR_RESYNC_TYPE = httpx.ASYNC_GENERATOR_RESYNC_TYPE
RAW_ITEM = httpx.RAW_ITEM
RAW_RESULT = httpx.RAW_RESULT
logger = get_logger("integration")

__all__ = [
    "ASYNC_GENERATOR_RESYNC_TYPE",
    "RAW_ITEM",
    "RAW_RESULT",
    "APIPortAppConfig",
    "AbstractWebhookProcessor",
    "BaseIntegration",
    "EventHeaders",
    "EventPayload",
    "IntegrationMappingConfig",
    "PortAppConfig",
    "PortResourceConfig",
    "ResourceConfig",
    "Selector",
    "WebhookEvent",
    "WebhookEventRawResults",
    "WebhookProcessorType",
    "cache_coroutine_result",
    "cache_iterator_result",
    "event",
    "http_async_client",
    "httpx",
    "logger",
    "ocean",
    "resource",
    "semaphore_async_iterator",
    "stream_async_iterators_tasks",
    "stream_independent_async_iterators",
]
