"""Invocations from Kafka (contract 5)."""

from fairway.agent.kafka.config import KafkaCredentials, KafkaSettings, stable_member_id
from fairway.agent.kafka.streamer import KafkaStreamer

__all__ = ["KafkaCredentials", "KafkaSettings", "KafkaStreamer", "stable_member_id"]
