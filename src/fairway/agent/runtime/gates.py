"""Limits on what is under way at once, for one host or one action."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from fairway.agent.model import Invocation, Report


class Gate:
    """Counts what is inside; what finds it full waits in its queue."""

    __slots__ = ("inside", "limit", "name", "queue")

    def __init__(self, name: str, limit: int) -> None:
        self.name = name
        self.limit = limit
        self.inside = 0
        self.queue: deque[Item] = deque()

    @property
    def full(self) -> bool:
        """Whether the next one has to wait."""
        return self.inside >= self.limit

    @property
    def idle(self) -> bool:
        """Whether nobody needs it any more."""
        return not self.inside and not self.queue


@dataclass(slots=True, eq=False)
class Item:
    """An invocation in the pool."""

    invocation: Invocation
    future: asyncio.Future[Report]
    gates: tuple[Gate, ...]
    task: asyncio.Task[None] | None = None
    withdrawn: bool = field(default=False)
    """Somebody else has it now: it is not begun when its turn comes."""


class Gates:
    """The gates in use, by name; they come and go with their work, so that names from templates do not pile up."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._gates: dict[str, Gate] = {}

    def gate(self, name: str) -> Gate:
        """The gate of that name."""
        found = self._gates.get(name)
        if found is None:
            found = self._gates[name] = Gate(name, self.limit)
        return found

    def tidy(self, gate: Gate) -> None:
        """Forgets a gate that nobody needs."""
        if gate.idle:
            self._gates.pop(gate.name, None)

    def change(self, limit: int) -> None:
        """Another limit; it counts from the next entry on."""
        self.limit = limit
        for gate in self._gates.values():
            gate.limit = limit

    def queues(self) -> list[deque[Item]]:
        """The queues that are not empty."""
        return [gate.queue for gate in self._gates.values() if gate.queue]
