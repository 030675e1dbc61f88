"""What was handed out and what of it is finished: only the finished prefix of a partition may be committed."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

Partition = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Record:
    """A message on its way to the pool."""

    partition: Partition
    offset: int
    epoch: int
    """Which assignment of the partition it came with."""
    value: bytes | None


class _Progress:
    """One partition. ``unfinished`` outlives a revocation: work in hand is not begun again should the partition come
    back meanwhile."""

    __slots__ = ("assigned", "committed", "epoch", "order", "position", "unfinished")

    def __init__(self) -> None:
        self.assigned = True
        self.epoch = 0
        self.order: deque[int] = deque()
        self.unfinished: set[int] = set()
        self.position = -1
        self.committed = -1

    def advance(self) -> None:
        while self.order and self.order[0] not in self.unfinished:
            self.position = self.order.popleft() + 1


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
                progress.order.clear()
                progress.position = progress.committed = -1

    def revoke(self, partitions: Iterable[Partition]) -> None:
        """These are somebody else's soon: what is not begun of them will not be."""
        with self._changed:
            for partition in partitions:
                progress = self._progress.get(partition)
                if progress is not None:
                    progress.assigned = False

    def hand_out(self, partition: Partition, offset: int, value: bytes | None) -> Record | None:
        """Notes a message that arrived; none when work on it is in hand already."""
        with self._changed:
            progress = self._progress.setdefault(partition, _Progress())
            progress.order.append(offset)
            if offset in progress.unfinished:
                return None
            progress.unfinished.add(offset)
            self._held += 1
            return Record(partition, offset, progress.epoch, value)

    def wanted(self, record: Record) -> bool:
        """Whether it is ours to begin: by the assignment that it came with, or by a later one that brought it again
        (and was told that it is in hand)."""
        with self._changed:
            progress = self._progress.get(record.partition)
            if progress is None or not progress.assigned:
                return False
            return progress.epoch == record.epoch or record.offset in progress.order

    def drop(self, record: Record) -> None:
        """It will not be begun here: neither it nor what follows may be committed."""
        with self._changed:
            progress = self._progress.get(record.partition)
            if progress is None:
                return
            if progress.epoch == record.epoch:
                while progress.order and progress.order[-1] >= record.offset:
                    progress.order.pop()
            self._release(progress, record.offset)

    def finish(self, record: Record) -> None:
        """The work is done and reported, or there was none."""
        with self._changed:
            progress = self._progress.get(record.partition)
            if progress is not None:
                self._release(progress, record.offset)

    def wait_until_idle(self, partitions: Iterable[Partition], seconds: float) -> bool:
        """Blocks until nothing of these is unfinished; false when that took too long."""
        found = [self._progress[each] for each in partitions if each in self._progress]
        with self._changed:
            return self._changed.wait_for(lambda: not any(each.unfinished for each in found), seconds)

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
                progress.order.clear()
                progress.position = progress.committed = -1

    def crowded(self, window: int) -> list[Partition]:
        """Partitions of which too much lies behind an unfinished message."""
        with self._changed:
            return [partition for partition, progress in self._progress.items() if len(progress.order) >= window]

    def assigned(self) -> list[Partition]:
        """Those that are ours."""
        with self._changed:
            return [partition for partition, progress in self._progress.items() if progress.assigned]

    def _release(self, progress: _Progress, offset: int) -> None:
        if offset in progress.unfinished:
            progress.unfinished.discard(offset)
            self._held -= 1
            self._changed.notify_all()
