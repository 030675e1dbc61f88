"""What was handed out and what of it is finished: only the finished prefix of a partition may be committed."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

Partition = tuple[str, int]
Mark = tuple[int, int]
"""A message: its offset and a hash of its bytes. A topic that is made anew begins to count from 0 again, and its first
messages must not be taken for those that were there before."""


@dataclass(frozen=True, slots=True)
class Record:
    """A message on its way to the pool."""

    partition: Partition
    mark: Mark
    epoch: int
    """Which assignment of the partition it came with."""
    value: bytes | None

    @property
    def offset(self) -> int:
        """Its place in the partition."""
        return self.mark[0]


class _Progress:
    """One partition. ``unfinished`` and ``finished`` outlive a revocation: work that is in hand or done is not begun
    again should the partition come back before that is committed."""

    __slots__ = ("assigned", "committed", "epoch", "finished", "order", "position", "unfinished")

    def __init__(self) -> None:
        self.assigned = True
        self.epoch = 0
        self.order: deque[Mark] = deque()
        self.unfinished: set[Mark] = set()
        self.finished: set[Mark] = set()
        """Done, and not known to be committed."""
        self.position = -1
        self.committed = -1

    def advance(self) -> None:
        while self.order and self.order[0] not in self.unfinished:
            self.position = self.order.popleft()[0] + 1

    def prune(self, offset: int) -> None:
        """What lies before ``offset`` is committed."""
        self.finished = {mark for mark in self.finished if mark[0] >= offset}

    def detach(self) -> None:
        """Another assignment, or none: nothing of the last one may be committed."""
        self.order.clear()
        self.position = self.committed = -1


class Offsets:
    """Shared by the thread that polls and by the event loop."""

    def __init__(self) -> None:
        self._progress: dict[Partition, _Progress] = {}
        self._changed = threading.Condition()
        self._held = 0

    @property
    def held(self) -> int:
        """Messages handed out and not finished."""
        return self._held

    def assign(self, partitions: Iterable[Partition]) -> None:
        """These are ours from now on."""
        with self._changed:
            for partition in partitions:
                progress = self._progress.setdefault(partition, _Progress())
                progress.assigned = True
                progress.epoch += 1
                progress.detach()

    def begin_at(self, partition: Partition, offset: int) -> None:
        """Reading begins there, and what lies before counts as done: it is to be committed."""
        with self._changed:
            progress = self._progress[partition]
            progress.prune(offset)
            progress.position = offset

    def revoke(self, partitions: Iterable[Partition]) -> None:
        """These are somebody else's soon: what is not begun of them will not be."""
        with self._changed:
            for partition in partitions:
                progress = self._progress.get(partition)
                if progress is not None:
                    progress.assigned = False

    def hand_out(self, partition: Partition, offset: int, value: bytes | None) -> Record | None:
        """Notes a message that arrived; none when work on it is in hand already, or done."""
        mark = (offset, hash(value))
        with self._changed:
            progress = self._progress.setdefault(partition, _Progress())
            if progress.position < 0 and not progress.order:
                progress.prune(offset)
            progress.order.append(mark)
            if mark in progress.unfinished or mark in progress.finished:
                return None
            progress.unfinished.add(mark)
            self._held += 1
            return Record(partition, mark, progress.epoch, value)

    def wanted(self, record: Record) -> bool:
        """Whether it is ours to begin: by the assignment that it came with, or by a later one that brought it again
        (and was told that it is in hand)."""
        with self._changed:
            progress = self._progress.get(record.partition)
            if progress is None or not progress.assigned:
                return False
            return progress.epoch == record.epoch or record.mark in progress.order

    def drop(self, record: Record) -> None:
        """It will not be begun here: neither it nor what follows may be committed."""
        with self._changed:
            progress = self._progress.get(record.partition)
            if progress is None:
                return
            if progress.epoch == record.epoch:
                while progress.order and progress.order[-1][0] >= record.offset:
                    progress.order.pop()
            self._release(progress, record.mark)

    def finish(self, record: Record) -> None:
        """The work is done and reported, or there was none."""
        with self._changed:
            progress = self._progress.get(record.partition)
            if progress is not None and self._release(progress, record.mark):
                progress.finished.add(record.mark)

    def wait_until_idle(self, partitions: Iterable[Partition], seconds: float) -> bool:
        """Blocks until nothing of these is unfinished; false when that took too long."""
        found = [self._progress[each] for each in partitions if each in self._progress]
        with self._changed:
            return self._changed.wait_for(lambda: not any(each.unfinished for each in found), seconds)

    def wait_for_room(self, most: int, seconds: float) -> None:
        """Blocks until no more than ``most`` messages are unfinished, or for so long."""
        with self._changed:
            self._changed.wait_for(lambda: self._held <= most, seconds)

    def committable(self, only: Iterable[Partition] | None = None) -> list[tuple[Partition, int]]:
        """Partitions whose finished prefix grew since :meth:`committed`, and the offset to commit."""
        with self._changed:
            chosen = self._progress if only is None else [each for each in only if each in self._progress]
            found = []
            for partition in chosen:
                progress = self._progress[partition]
                progress.advance()
                if progress.position > progress.committed:
                    found.append((partition, progress.position))
            return found

    def committed(self, positions: Iterable[tuple[Partition, int]]) -> None:
        """These are about to be committed."""
        with self._changed:
            for partition, offset in positions:
                self._progress[partition].committed = offset

    def commit_succeeded(self, partition: Partition, offset: int) -> None:
        """The brokers have it."""
        with self._changed:
            progress = self._progress.get(partition)
            if progress is not None:
                progress.prune(offset)

    def commit_failed(self, partition: Partition) -> None:
        """The brokers did not take it; it is tried again."""
        with self._changed:
            progress = self._progress.get(partition)
            if progress is not None:
                progress.committed = -1

    def forget(self, partitions: Iterable[Partition]) -> None:
        """After the last commit: nothing more of these is committed by us."""
        with self._changed:
            for partition in partitions:
                progress = self._progress.get(partition)
                if progress is None:
                    continue
                progress.assigned = False
                progress.detach()

    def crowded(self, window: int) -> list[Partition]:
        """Partitions of which too much lies behind an unfinished message."""
        with self._changed:
            return [partition for partition, progress in self._progress.items() if len(progress.order) >= window]

    def assigned(self) -> list[Partition]:
        """Those that are ours."""
        with self._changed:
            return [partition for partition, progress in self._progress.items() if progress.assigned]

    def _release(self, progress: _Progress, mark: Mark) -> bool:
        if mark not in progress.unfinished:
            return False
        progress.unfinished.discard(mark)
        self._held -= 1
        self._changed.notify_all()
        return True
