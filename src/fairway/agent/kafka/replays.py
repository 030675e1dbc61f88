"""Signed messages that were here before, at another place of the topic: somebody published a copy."""

from __future__ import annotations

from collections import OrderedDict

from fairway.agent.kafka.offsets import Partition

_MOST = 10_000


class Replays:
    """Remembers the last signatures. One agent's memory is no proof against replays: the age limit
    (``FAIRWAY_AGENT_MAX_MESSAGE_AGE_SECONDS``) and the idempotency key stand behind it."""

    def __init__(self) -> None:
        self._places: OrderedDict[str, tuple[Partition, int]] = OrderedDict()

    def copied(self, signature: str, partition: Partition, offset: int) -> bool:
        """Whether this is a copy; the same message that comes again after a rebalance is none."""
        place = self._places.setdefault(signature, (partition, offset))
        if len(self._places) > _MOST:
            self._places.popitem(last=False)
        return place != (partition, offset)
