"""How the process learns that a resync is wanted, and what becomes of wishes that come together (section 10)."""

from fairway.integration.listeners.kafka import KafkaListener, KafkaOptions
from fairway.integration.listeners.polling import Polling
from fairway.integration.listeners.scheduler import Scheduler

__all__ = ["KafkaListener", "KafkaOptions", "Polling", "Scheduler"]
