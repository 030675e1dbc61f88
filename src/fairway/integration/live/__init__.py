"""Live events: one event of the third party becomes upserts and deletes (contract section 9)."""

from fairway.integration.live.events import LiveEvents, LiveSettings
from fairway.integration.live.journal import Journal, JournalFull, JournalledEvent
from fairway.integration.live.outcome import ItemsFailed, LiveMapping, LiveWriter, Outcome
from fairway.integration.live.processor import Processor, WebhookEvent, WebhookEventRawResults

__all__ = [
    "ItemsFailed",
    "Journal",
    "JournalFull",
    "JournalledEvent",
    "LiveEvents",
    "LiveMapping",
    "LiveSettings",
    "LiveWriter",
    "Outcome",
    "Processor",
    "WebhookEvent",
    "WebhookEventRawResults",
]
