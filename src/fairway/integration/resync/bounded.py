"""A queue between two stages that is bounded by bytes, not by items (contract section 21.2)."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class ByteQueue(Generic[T]):
    """One producer, one consumer. An item larger than the bound passes when nothing else is there."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: deque[tuple[T, int]] = deque()
        self._closed = False
        self._changed = asyncio.Condition()
        self.bytes = 0

    async def put(self, item: T, size: int) -> None:
        """Waits for room."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._items or self.bytes + size <= self._most)
            self._items.append((item, size))
            self.bytes += size
            self._changed.notify_all()

    async def close(self) -> None:
        """Nothing more comes."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    async def take(self, most: int = 1) -> list[T]:
        """Waits for something, and takes up to ``most`` of what is there; nothing: the queue is closed."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._items or self._closed)
            taken = [self._items.popleft() for _ in range(min(most, len(self._items)))]
            self.bytes -= sum(size for _, size in taken)
            self._changed.notify_all()
            return [item for item, _ in taken]
