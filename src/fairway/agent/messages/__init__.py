"""Invocations as they arrive: claimed from the portal, or read from Kafka."""

from fairway.agent.messages.claimed import from_node_run, from_run
from fairway.agent.messages.kafka import MessageReader
from fairway.agent.messages.signature import SignatureCheck
from fairway.agent.messages.skipped import Skipped

__all__ = ["MessageReader", "SignatureCheck", "Skipped", "from_node_run", "from_run"]
