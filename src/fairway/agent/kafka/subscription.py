"""One topic: its consumer, from one session to the next, and the way of its messages into the pool."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from fairway.agent.kafka.config import KafkaCredentials, KafkaSettings
from fairway.agent.kafka.consumer import ConsumerThread
from fairway.agent.kafka.offsets import Offsets, Record
from fairway.agent.kafka.replays import Replays
from fairway.agent.kafka.trouble import Trouble
from fairway.agent.messages.skipped import Skipped
from fairway.agent.model import Invocation, Report
from fairway.agent.runtime.streamer import GaveUp, StreamerHealth, Submit
from fairway.kit.errors import FairwayError
from fairway.kit.logs import get_logger

log = get_logger(__name__)

Credentials = Callable[[], Awaitable[KafkaCredentials]]
Read = Callable[[bytes | None, float], Invocation | Skipped]
"""Bytes and instant of arrival."""
_STALLED_SECONDS = 60.0
"""A thread that did not poll for so long hangs; waiting for work at a revocation takes less."""
_WATCH_SECONDS = 1.0
_AGAIN_SECONDS = 1.0


class Subscription:
    """``credentials`` asks the portal anew at every (re)connection, so that rotated ones are picked up."""

    def __init__(self, settings: KafkaSettings, topic: str, credentials: Credentials, read: Read) -> None:
        self._settings = settings
        self._topic = topic
        self._credentials = credentials
        self._read = read
        self._offsets = Offsets()
        self._replays = Replays()
        self._thread: ConsumerThread | None = None
        self._stopping = asyncio.Event()
        self._failing_since: float | None = None
        self._problem = ""
        self._retry_at = time.monotonic()
        self._records: asyncio.Queue[Record] = asyncio.Queue()  # bounded by max_held: fetching pauses
        self._again: set[asyncio.Task[None]] = set()

    async def run(self, submit: Submit) -> None:
        """Joins the group and submits what arrives, until :meth:`stop`.

        Raises:
            GaveUp: the settings cannot work, or nothing worked for too long.
        """
        pump = asyncio.create_task(self._pump(submit))
        try:
            attempt = 0
            while not self._stopping.is_set():
                began = time.monotonic()
                trouble = await self._session()
                if self._stopping.is_set() or trouble is None:
                    return
                # a consumer that worked for a while starts the count anew
                attempt = 1 if time.monotonic() - began > self._settings.max_backoff_seconds else attempt + 1
                await self._back_off(trouble, attempt)
        finally:
            for task in (pump, *self._again):
                task.cancel()
            await asyncio.gather(pump, *self._again, return_exceptions=True)

    def stop(self) -> None:
        """Hands out nothing more; the member stays in its group until :meth:`aclose`, and commits what finishes."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.quiet()

    async def finish(self) -> None:
        """Commits what is finished; the member stays in its group."""
        self.stop()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.finish)

    async def aclose(self) -> None:
        """Commits what is finished and leaves the group."""
        self.stop()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.close)

    def health(self) -> StreamerHealth:
        """Stalled when the thread stopped polling; standing by without partitions is healthy."""
        thread = self._thread
        if thread is None:
            return StreamerHealth(self._retry_at + _STALLED_SECONDS, connected=False, problem=self._problem)
        statistics = thread.statistics
        problem = statistics.problem or ("" if statistics.connected else self._problem)
        return StreamerHealth(thread.last_poll + _STALLED_SECONDS, statistics.connected, problem, statistics.lag)

    @property
    def partitions(self) -> list[tuple[str, int]]:
        """What is assigned to this member; nothing while it stands by."""
        return self._offsets.assigned()

    async def _session(self) -> Trouble | None:
        """One consumer, until it ends by trouble or the agent stops."""
        credentials = await self._ask()
        if not isinstance(credentials, KafkaCredentials):
            return credentials
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[Trouble | None] = loop.create_future()
        thread = ConsumerThread(
            self._settings,
            self._topic,
            credentials,
            self._offsets,
            partial(_in_loop, loop, self._take),
            partial(_in_loop, loop, partial(_resolve, ended)),
        )
        self._thread = thread
        thread.start()
        trouble: Trouble | None = None
        while not ended.done() and not self._stopping.is_set() and trouble is None:
            await self._unless_stopped(ended, _WATCH_SECONDS)
            trouble = self._watch(thread)
        if self._stopping.is_set():
            return None
        await asyncio.to_thread(thread.close)
        self._thread = None
        return ended.result() if ended.done() and ended.result() is not None else trouble

    async def _ask(self) -> KafkaCredentials | Trouble | None:
        asked = asyncio.ensure_future(self._credentials())
        try:
            await self._unless_stopped(asked, None)
            return await asked if asked.done() else None
        except FairwayError as error:
            return Trouble("restart", f"Kafka credentials are not to be had: {error.message}")
        finally:
            asked.cancel()

    async def _unless_stopped(self, future: asyncio.Future[Any], seconds: float | None) -> None:
        """Waits for ``future``, for so long, or until the agent stops."""
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([future, stopping], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()

    def _watch(self, thread: ConsumerThread) -> Trouble | None:
        """Trouble when no broker has answered for long: brokers and passwords may have changed."""
        if thread.statistics.connected:
            self._failing_since = None
            self._problem = ""
            return None
        problem = thread.statistics.problem or "Kafka: no broker has answered yet"
        self._fail(problem)
        lost = time.monotonic() - max(thread.began, self._failing_since or 0.0)
        return Trouble("restart", problem) if lost > self._settings.renew_seconds else None

    def _fail(self, problem: str) -> None:
        now = time.monotonic()
        self._problem = problem
        self._failing_since = self._failing_since or now
        seconds = now - self._failing_since
        if seconds > self._settings.max_failure_seconds:
            raise GaveUp(f"{problem}; it has been failing for {seconds:.0f} s")

    async def _back_off(self, trouble: Trouble, attempt: int) -> None:
        if trouble.kind == "hopeless":
            raise GaveUp(trouble.text)
        self._fail(trouble.text)
        first, most = self._settings.first_backoff_seconds, self._settings.max_backoff_seconds
        pause = min(first * 2.0 ** min(attempt - 1, 20), most) * random.uniform(0.75, 1.25)  # noqa: S311 jitter
        log.warning("kafka_reconnects", topic=self._topic, problem=trouble.text, seconds=round(pause, 1))
        self._retry_at = time.monotonic() + pause
        try:
            await asyncio.wait_for(self._stopping.wait(), pause)
        except TimeoutError:
            return

    def _take(self, records: Sequence[Record]) -> None:
        for record in records:
            self._records.put_nowait(record)

    async def _pump(self, submit: Submit) -> None:
        """One after the other, so that messages of a key reach the pool in the order of their partition."""
        while True:
            record = await self._records.get()
            if self._stopping.is_set() or not self._offsets.wanted(record):
                self._offsets.drop(record)
                continue
            invocation = self._invocation(record)
            if invocation is None:
                self._offsets.finish(record)
                continue
            await self._submit(submit, record, invocation)

    def _invocation(self, record: Record) -> Invocation | None:
        topic, number = record.partition
        try:
            found = self._read(record.value, time.monotonic())
        except Exception as error:  # a fault of ours with one message must not keep all others from being read
            log.exception("kafka_message_fault", topic=topic, partition=number, offset=record.offset)
            found = Skipped(f"The agent failed to read it: {type(error).__name__}", unreadable=True)
        if isinstance(found, Skipped):
            write = log.warning if found.unreadable else log.debug
            write("kafka_message_skipped", topic=topic, partition=number, offset=record.offset, reason=found.reason)
            return None
        if found.signature and self._replays.copied(found.signature, record.partition, record.offset):
            log.warning("kafka_replay_skipped", topic=topic, partition=number, offset=record.offset, id=found.id)
            return None
        return found

    async def _submit(self, submit: Submit, record: Record, invocation: Invocation) -> None:
        future = await submit(invocation)
        future.add_done_callback(partial(self._done, submit, record, invocation))

    def _done(self, submit: Submit, record: Record, invocation: Invocation, future: asyncio.Future[Report]) -> None:
        if not future.cancelled():
            self._offsets.finish(record)
        elif not self._stopping.is_set():  # to be begun again
            task = asyncio.create_task(self._resubmit(submit, record, invocation))
            self._again.add(task)
            task.add_done_callback(self._again.discard)

    async def _resubmit(self, submit: Submit, record: Record, invocation: Invocation) -> None:
        await asyncio.sleep(_AGAIN_SECONDS)
        if self._offsets.wanted(record):
            await self._submit(submit, record, invocation)
        else:
            self._offsets.drop(record)


def _in_loop(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *args: object) -> None:
    """From the consumer's thread; an event loop that has ended needs no messages any more."""
    try:
        loop.call_soon_threadsafe(call, *args)
    except RuntimeError:
        log.debug("kafka_after_the_end")


def _resolve(future: asyncio.Future[Trouble | None], trouble: Trouble | None) -> None:
    if not future.done():
        future.set_result(trouble)
