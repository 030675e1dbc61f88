"""Invocations from Kafka: at least once, in order within a partition's keys, committed when done (contract 5, 19.1).

Each topic has a member of the group for itself. A single member for both would be given any mix of partitions, such as
all of the changes and none of the runs, and the agents beside it would do the work alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from fairway.agent.kafka.config import KafkaSettings
from fairway.agent.kafka.subscription import Credentials, Subscription
from fairway.agent.messages.kafka import MessageReader
from fairway.agent.messages.skipped import Skipped
from fairway.agent.model import Invocation
from fairway.agent.runtime.streamer import StreamerHealth, Submit


class KafkaStreamer:
    """A :class:`fairway.agent.runtime.streamer.Streamer`; a member without partitions stands by."""

    def __init__(self, settings: KafkaSettings, credentials: Credentials, reader: MessageReader) -> None:
        # half of the room for each, so that a flood of changes does not keep runs out
        settings = replace(settings, max_held=max(1, settings.max_held // 2))
        self._reader = reader
        self._subscriptions = (
            Subscription(_named(settings, "runs"), settings.runs_topic, credentials, self._run),
            Subscription(_named(settings, "changes"), settings.change_log_topic, credentials, self._change),
        )

    async def run(self, submit: Submit) -> None:
        """Joins the group and submits what arrives, until :meth:`stop`.

        Raises:
            GaveUp: the settings cannot work, or nothing worked for too long.
        """
        tasks = [asyncio.create_task(each.run(submit)) for each in self._subscriptions]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self) -> None:
        """Hands out nothing more; the members stay in their group until :meth:`aclose`, and commit what finishes."""
        for each in self._subscriptions:
            each.stop()

    async def release(self, invocations: Sequence[Invocation]) -> None:
        """Nothing to do: what is not committed comes again."""

    async def aclose(self) -> None:
        """Commits what is finished and leaves the group."""
        await asyncio.gather(*(each.finish() for each in self._subscriptions))
        await asyncio.gather(*(each.aclose() for each in self._subscriptions))

    def health(self) -> StreamerHealth:
        """Stalled when a thread stopped polling; standing by without partitions is healthy."""
        found = [each.health() for each in self._subscriptions]
        lags = [each.lag for each in found if each.lag is not None]
        return StreamerHealth(
            min(each.due for each in found),
            all(each.connected for each in found),
            next((each.problem for each in found if each.problem), ""),
            sum(lags) if lags else None,
        )

    @property
    def partitions(self) -> list[tuple[str, int]]:
        """What is assigned to this agent; nothing while it stands by."""
        return [partition for each in self._subscriptions for partition in each.partitions]

    def _run(self, value: bytes | None, received_at: float) -> Invocation | Skipped:
        return self._reader.run(value, received_at=received_at)

    def _change(self, value: bytes | None, received_at: float) -> Invocation | Skipped:
        return self._reader.change(value, received_at=received_at)


def _named(settings: KafkaSettings, suffix: str) -> KafkaSettings:
    """Static members of a group need names of their own."""
    return replace(settings, member_id=f"{settings.member_id}-{suffix}") if settings.member_id else settings
