"""Live events: one event of the third party becomes upserts and deletes (contract section 9)."""

from fairway.integration.live.journal import Journal, JournalFull, JournalledEvent

__all__ = ["Journal", "JournalFull", "JournalledEvent"]
