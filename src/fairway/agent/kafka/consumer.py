"""The thread that talks to the brokers: it polls whatever happens, since a member that does not poll loses its
partitions; commits what is finished; and pauses fetching while the pool is full."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from fairway.agent.kafka.config import KafkaCredentials, KafkaSettings, consumer_config
from fairway.agent.kafka.offsets import Offsets, Partition, Record
from fairway.agent.kafka.statistics import Statistics
from fairway.agent.kafka.trouble import Trouble, judge
from fairway.kit.logs import get_logger

log = get_logger(__name__)

_POLL_SECONDS = 0.1
_BATCH = 200
_COMMIT_SECONDS = 0.2
_LAST_COMMIT_SECONDS = 3.0
_LEAVE_SECONDS = 5.0
_WARN_SECONDS = 10.0
_ASK_SECONDS = 5.0
_AGAIN = frozenset(
    {
        "REBALANCE_IN_PROGRESS", "ILLEGAL_GENERATION", "COORDINATOR_LOAD_IN_PROGRESS", "NOT_COORDINATOR",
        "COORDINATOR_NOT_AVAILABLE",
    }
)  # fmt: skip
"""Refusals of a last commit that pass: a rebalance takes no partition from a member that has not given it back."""
_PATIENCE_SECONDS = 1.0
_ROOM_SECONDS = 0.05


class ConsumerThread:
    """One consumer of one topic, from joining the group to leaving it; ``deliver`` and ``ended`` are called from the
    thread."""

    def __init__(
        self,
        settings: KafkaSettings,
        topic: str,
        credentials: KafkaCredentials,
        offsets: Offsets,
        deliver: Callable[[Sequence[Record]], None],
        ended: Callable[[Trouble | None], None],
    ) -> None:
        self._settings = settings
        self._topic = topic
        self._credentials = credentials
        self._offsets = offsets
        self._deliver = deliver
        self._ended = ended
        self._quiet = threading.Event()
        self._close = threading.Event()
        self._finished = threading.Event()
        self._leave = threading.Event()
        self._trouble: Trouble | None = None
        self._paused: set[Partition] = set()
        self._asleep: set[Partition] = set()
        """Were paused when they were lost; the client keeps them so, and has to be told when they come back."""
        self._next_commit = 0.0
        self._full_since: float | None = None
        self._abandoned = False
        self._warned: dict[str, float] = {}
        self.began = self.last_poll = time.monotonic()
        self.statistics = Statistics()
        self._thread = threading.Thread(target=self._run, name="fairway-kafka", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def quiet(self) -> None:
        """Hand out nothing more; stay in the group and go on committing."""
        self._quiet.set()

    def finish(self) -> None:
        """Commit and stop polling, yet stay in the group; blocks until that is done. Leaving makes a group rebalance,
        during which brokers refuse the commits of its other members."""
        self._close.set()
        if self._thread.ident is not None:
            self._finished.wait(_LEAVE_SECONDS)

    def close(self) -> None:
        """Commit and leave; blocks until that is done. A member that waits for others to join cannot leave before they
        have; it is given up after a while, and the brokers notice by its silence."""
        self._close.set()
        self._leave.set()
        if self._thread.ident is not None:
            self._thread.join(_LEAVE_SECONDS)
            if self._thread.is_alive():
                self._abandoned = True  # a new consumer may share the offsets from now on
                self._offsets.forget(self._offsets.assigned())
                log.warning("kafka_left_behind", topic=self._topic)

    def _run(self) -> None:
        trouble: Trouble | None
        try:
            trouble = self._consume()
        except Exception as error:  # whatever ends the thread must be told, or the agent would wait for it for ever
            log.exception("kafka_consumer_broke")
            trouble = Trouble("restart", f"Kafka: {error}")
        finally:
            self._finished.set()
        self._ended(trouble)

    def _consume(self) -> Trouble | None:
        from confluent_kafka import Consumer, KafkaException  # a shared library, only for agents that use it

        callbacks: dict[str, Callable[..., None]]
        callbacks = {"error_cb": self._error, "stats_cb": self.statistics.read, "on_commit": self._committed}
        try:
            consumer = Consumer(consumer_config(self._settings, self._credentials, callbacks))
        except (KafkaException, ValueError, TypeError) as error:
            return Trouble("hopeless", f"Kafka cannot be used with these settings: {error}")
        try:
            consumer.subscribe(
                [self._topic],
                on_assign=self._assigned,
                on_revoke=self._revoked,
                on_lost=self._lost,
            )
            while self._trouble is None and not self._close.is_set():
                self.last_poll = time.monotonic()
                if not self._briefly_full():
                    self._regulate(consumer)
                    self._hand_out(self._fetch(consumer))
                self._commit(consumer)
            if self._trouble is not None:
                self._ended(self._trouble)  # without brokers, closing takes long
            self._wind_down(consumer)
        finally:
            self._close.set()  # the callback of a last revocation need not wait any more
            consumer.close()
            if not self._abandoned:
                self._offsets.forget(self._offsets.assigned())
        return self._trouble

    def _fetch(self, consumer: Any) -> list[Any]:
        first = consumer.poll(_POLL_SECONDS)
        if first is None:
            return []
        room = self._settings.max_held - self._offsets.held - 1
        return [first, *(consumer.consume(min(room, _BATCH), 0) if room > 0 else ())]

    def _hand_out(self, messages: Sequence[Any]) -> None:
        records = []
        for message in messages:
            error = message.error()
            if error is not None:
                self._error(error)
                continue
            self.statistics.connected = True
            partition = (message.topic(), message.partition())
            record = self._offsets.hand_out(partition, message.offset(), message.value())
            if record is not None:
                records.append(record)
        if records:
            self._deliver(records)

    def _briefly_full(self) -> bool:
        """Whether there is no room, and perhaps soon will be: to resume what was paused takes the client a second, in
        which quick targets would run dry. Not to poll for so long does no harm."""
        if self._paused or self._quiet.is_set() or self._offsets.held < self._settings.max_held:
            self._full_since = None
            return False
        now = time.monotonic()
        self._full_since = self._full_since or now
        if now - self._full_since > _PATIENCE_SECONDS:
            return False
        self._offsets.wait_for_room(self._settings.max_held * 15 // 16, _ROOM_SECONDS)
        return True

    def _regulate(self, consumer: Any) -> None:
        """Pauses what must not be fetched now, and resumes the rest."""
        full = self._quiet.is_set() or self._close.is_set() or self._offsets.held >= self._limit()
        assigned = set(self._offsets.assigned())
        wanted = assigned if full else set(self._offsets.crowded(self._settings.max_window)) & assigned
        self._asleep |= self._paused - assigned
        self._paused &= assigned
        if wanted - self._paused:
            consumer.pause(_partitions(wanted - self._paused))
        if self._paused - wanted:
            consumer.resume(_partitions(self._paused - wanted))
        self._paused = wanted

    def _limit(self) -> int:
        """Once full, fetching goes on at three quarters: not after each single message."""
        return self._settings.max_held * 3 // 4 if self._paused else self._settings.max_held

    def _commit(self, consumer: Any) -> None:
        now = time.monotonic()
        if now < self._next_commit:
            return
        self._next_commit = now + _COMMIT_SECONDS
        positions = self._offsets.committable(self._offsets.assigned())
        if positions:
            self._offsets.committed(positions)
            consumer.commit(offsets=_offsets(positions), asynchronous=True)

    def _wind_down(self, consumer: Any) -> None:
        """Commits what is finished, and stays until it may leave; polling goes on, since rebalances need it."""
        deadline = time.monotonic() + _LAST_COMMIT_SECONDS
        self._regulate(consumer)
        while not self._last_commit(consumer, self._offsets.assigned()) and time.monotonic() < deadline:
            consumer.poll(_POLL_SECONDS)  # nothing is fetched any more; what comes is not handed out
        self._finished.set()
        while self._trouble is None and not self._leave.is_set():
            consumer.poll(_POLL_SECONDS)

    def _last_commit(self, consumer: Any, partitions: Sequence[Partition]) -> bool:
        """Whether nothing is left to be committed, or nothing can be."""
        from confluent_kafka import KafkaException

        positions = self._offsets.committable(partitions)
        if not positions:
            return True
        try:
            consumer.commit(offsets=_offsets(positions), asynchronous=False)
        except KafkaException as error:
            log.warning("kafka_commit_failed", error=str(error), partitions=[each for each, _ in positions])
            return error.args[0].name() not in _AGAIN
        self._offsets.committed(positions)
        for partition, offset in positions:
            self._offsets.commit_succeeded(partition, offset)
        return True

    def _committed(self, error: Any, partitions: Sequence[Any]) -> None:
        for each in partitions or ():
            failure = error or each.error
            if each.offset < 0:
                continue
            if failure is None:
                self._offsets.commit_succeeded((each.topic, each.partition), each.offset)
                continue
            self._offsets.commit_failed((each.topic, each.partition))
            log.warning("kafka_commit_failed", error=str(failure), topic=each.topic, partition=each.partition)

    def _assigned(self, consumer: Any, partitions: Sequence[Any]) -> None:
        if self._abandoned:
            return
        self.statistics.connected = True
        self._offsets.assign(_names(partitions))
        self._paused |= self._asleep & set(_names(partitions))
        self._asleep -= self._paused
        if partitions and self._settings.starts_at_end:
            self._fix_starts(consumer, partitions)
        log.info("kafka_assigned", partitions=_names(partitions), held=len(self._offsets.assigned()))

    def _fix_starts(self, consumer: Any, partitions: Sequence[Any]) -> None:
        """Where nothing was ever committed, reading begins at the end, and that is committed: else the next member that
        gets the partition would begin at the end of then, and skip what came meanwhile."""
        from confluent_kafka import KafkaException, TopicPartition

        starts = {}
        try:
            for each in consumer.committed(list(partitions), timeout=_ASK_SECONDS):
                if each.offset < 0 and each.error is None:
                    place = TopicPartition(each.topic, each.partition)
                    starts[each.topic, each.partition] = consumer.get_watermark_offsets(place, timeout=_ASK_SECONDS)[1]
        except KafkaException as error:
            log.warning("kafka_starts_unknown", error=str(error))
            return
        for each in partitions:
            start = starts.get((each.topic, each.partition))
            if start is not None:
                each.offset = start
                self._offsets.begin_at((each.topic, each.partition), start)
        assign = consumer.incremental_assign if self._settings.cooperative else consumer.assign
        assign(list(partitions))

    def _revoked(self, consumer: Any, partitions: Sequence[Any]) -> None:
        names = _names(partitions)
        if self._abandoned:
            return
        self._offsets.revoke(names)
        seconds = 0.0 if self._close.is_set() else self._settings.revoke_seconds
        if not self._offsets.wait_until_idle(names, seconds) and seconds:
            log.warning("kafka_revoked_while_working", partitions=names)
        self._last_commit(consumer, names)
        self._offsets.forget(names)
        log.info("kafka_revoked", partitions=names)

    def _lost(self, consumer: Any, partitions: Sequence[Any]) -> None:
        """Others have them already: nothing of them may be committed."""
        if self._abandoned:
            return
        self._offsets.forget(_names(partitions))
        log.warning("kafka_lost", partitions=_names(partitions))

    def _error(self, error: Any) -> None:
        trouble = judge(error)
        if trouble.kind == "none":
            return
        self.statistics.problem = trouble.text
        if error.name() == "_ALL_BROKERS_DOWN":
            self.statistics.connected = False
        if trouble.kind == "passing":
            self._warn(error.name(), trouble.text)
        elif self._trouble is None:
            self._trouble = trouble

    def _warn(self, name: str, text: str) -> None:
        """Not each of the same kind: a client without brokers has one for every attempt."""
        now = time.monotonic()
        if now - self._warned.get(name, -_WARN_SECONDS) >= _WARN_SECONDS:
            self._warned[name] = now
            log.warning("kafka_error", error=text)


def _names(partitions: Sequence[Any]) -> list[Partition]:
    return [(each.topic, each.partition) for each in partitions]


def _partitions(names: set[Partition]) -> list[Any]:
    from confluent_kafka import TopicPartition

    return [TopicPartition(topic, number) for topic, number in names]


def _offsets(positions: Sequence[tuple[Partition, int]]) -> list[Any]:
    from confluent_kafka import TopicPartition

    return [TopicPartition(topic, number, offset) for (topic, number), offset in positions]
