"""KAFKA: messages of the portal's change log or of its topic of resync requests (contract section 10).

A message is committed when the run that answers it has ended, so that a killed process runs again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from fairway.integration.model import SyncReport, Trigger
from fairway.kit.errors import FairwayError, Unavailable
from fairway.kit.kafka import QuietLogger
from fairway.kit.logs import get_logger

log = get_logger(__name__)

Ask = Callable[[Trigger, frozenset[str] | None], Awaitable["asyncio.Future[SyncReport]"]]
REQUESTS_FLAG = "OCEAN_KAFKA_INTEGRATION_RESYNC_REQUESTS_TOPIC_ENABLED"
_MOST_OPEN = 1000
"""Messages of which the run has not ended; beyond, nothing is fetched."""


@dataclass(frozen=True, slots=True)
class KafkaOptions:
    """Where the messages are."""

    brokers: tuple[str, ...]
    topic: str
    group: str
    integration: str
    """Identifier of the installation."""
    security_protocol: str = "PLAINTEXT"
    mechanism: str = "SCRAM-SHA-512"
    username: str = ""
    password: str = field(default="", repr=False)
    poll_seconds: float = 1.0
    session_ms: int = 45_000
    """Silence after which brokers give the messages to another process."""

    @property
    def requests_only(self) -> bool:
        """The topic has nothing but requests."""
        return self.topic.endswith(".integration.resync.requests")

    def config(self) -> dict[str, Any]:
        """librdkafka's configuration."""
        config: dict[str, Any] = {
            "bootstrap.servers": ",".join(self.brokers),
            "group.id": self.group,
            "security.protocol": self.security_protocol.lower(),
            "session.timeout.ms": self.session_ms,
            "heartbeat.interval.ms": min(3000, self.session_ms // 3),
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "earliest",  # repeated requests are one run; a lost one is none
            "allow.auto.create.topics": False,
            "logger": QuietLogger(),
        }
        if self.security_protocol.upper().startswith("SASL"):
            config |= {
                "sasl.mechanism": self.mechanism,
                "sasl.username": self.username,
                "sasl.password": self.password,
            }
        return config


def wanted(message: Any, options: KafkaOptions) -> bool:
    """Whether a message asks this installation for a resync."""
    if not isinstance(message, Mapping):
        return False
    context = message.get("context")
    ours = isinstance(context, Mapping) and context.get("integrationId") == options.integration
    if options.requests_only or message.get("action") == "RESYNC":
        return ours
    difference = message.get("diff")
    after = difference.get("after") if isinstance(difference, Mapping) else None
    if not isinstance(after, Mapping) or after.get("identifier") != options.integration:
        return False
    destination, state = message.get("changelogDestination"), after.get("resyncState")
    reported = state.get("updatedAt") if isinstance(state, Mapping) else None
    return (
        isinstance(destination, Mapping)
        and destination.get("type") == "KAFKA"
        and after.get("updatedAt") != reported  # else it is our own report that comes back
    )


def kinds_of(message: Mapping[str, Any]) -> frozenset[str] | None:
    """The kinds that a request names, if it does."""
    kinds = message.get("kinds")
    named = isinstance(kinds, list) and kinds and all(isinstance(each, str) for each in kinds)
    return frozenset(kinds) if named and isinstance(kinds, list) else None


class KafkaListener:
    """:meth:`run` until cancelled."""

    def __init__(self, options: KafkaOptions, ask: Ask) -> None:
        self._options = options
        self._ask = ask
        self._open: deque[tuple[Any, asyncio.Future[SyncReport] | None]] = deque()
        self._polling: asyncio.Future[Any] | None = None
        self.assigned = asyncio.Event()
        """Messages arrive from now on."""
        self.problem: str | None = None

    async def run(self) -> None:
        """Takes messages and commits them in order.

        Raises:
            Unavailable: Kafka cannot be used with these settings.
        """
        from confluent_kafka import Consumer, KafkaException  # a shared library, only for those that use it

        loop = asyncio.get_running_loop()

        def assigned(_consumer: Any, partitions: Any) -> None:
            log.info("kafka_assigned", topic=self._options.topic, partitions=len(partitions))
            loop.call_soon_threadsafe(self.assigned.set)

        try:
            consumer = Consumer(self._options.config())
        except (KafkaException, ValueError, TypeError) as error:
            raise Unavailable(f"Kafka cannot be used with these settings: {error}") from None
        try:
            consumer.subscribe([self._options.topic], on_assign=assigned)
            while True:
                await self._turn(consumer)
        finally:
            await asyncio.shield(self._end(consumer))

    async def _end(self, consumer: Any) -> None:
        """A consumer that is closed while another thread polls it does not leave its group."""
        if self._polling is not None:
            await asyncio.wait((self._polling,))
        await asyncio.to_thread(self._leave, consumer)

    def _leave(self, consumer: Any) -> None:
        self._commit(consumer)
        consumer.close()

    async def _turn(self, consumer: Any) -> None:
        if len(self._open) < _MOST_OPEN:
            self._polling = asyncio.ensure_future(asyncio.to_thread(consumer.poll, self._options.poll_seconds))
            message = await asyncio.shield(self._polling)
            if message is not None:
                await self._take(message)
        else:
            await asyncio.sleep(self._options.poll_seconds)
        if self._open and _ended(self._open[0][1]):
            await asyncio.to_thread(self._commit, consumer)

    async def _take(self, message: Any) -> None:
        error = message.error()
        if error is not None:
            self.problem = str(error)
            log.warning("kafka_error", error=str(error))
            return
        self.problem = None
        try:
            found = orjson.loads(message.value() or b"null")
        except orjson.JSONDecodeError:
            log.warning("kafka_message_malformed", topic=message.topic(), offset=message.offset())
            found = None
        run: asyncio.Future[SyncReport] | None = None
        if wanted(found, self._options):
            try:
                run = await self._ask(Trigger.REQUEST, kinds_of(found))
            except FairwayError as error:  # at the end of the process: the next one gets it again
                log.warning("request_not_taken", error=str(error))
                run = asyncio.get_running_loop().create_future()
        self._open.append((message, run))

    def _commit(self, consumer: Any) -> None:
        """Everything up to the first message whose run is still on."""
        from confluent_kafka import KafkaException, TopicPartition

        offsets: dict[tuple[str, int], int] = {}
        while self._open and _ended(self._open[0][1]):
            message, _ = self._open.popleft()
            offsets[message.topic(), message.partition()] = message.offset() + 1
        if not offsets:
            return
        places: Sequence[Any] = [TopicPartition(topic, part, offset) for (topic, part), offset in offsets.items()]
        try:
            consumer.commit(offsets=places, asynchronous=False)
        except KafkaException as error:  # they come again, and lead to one more run
            log.warning("kafka_commit_failed", error=str(error))


def _ended(run: asyncio.Future[SyncReport] | None) -> bool:
    return run is None or (run.done() and not run.cancelled())
