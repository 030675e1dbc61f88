"""How many requests are under way at once, events first; and the circuit that opens after two refusals."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from fairway.gitops.forges.answers import Verdict
from fairway.gitops.forges.errors import CircuitOpen

Lane = Literal["pass", "event"]
"""``pass``: part of a full pass, which leaves a reserve of the budget; ``event``: somebody waits for it."""
_REFUSALS = 2


class Gate:
    """Lets ``capacity`` requests through at once; those of events overtake those of passes."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._used = 0
        self._waiting: dict[Lane, deque[asyncio.Future[None]]] = {"event": deque(), "pass": deque()}

    async def enter(self, lane: Lane) -> None:
        """Waits for a place."""
        if self._used < self.capacity:
            self._used += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting[lane].append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Gives the place to the next one."""
        self._used -= 1
        for queue in self._waiting.values():
            while queue and self._used < self.capacity:
                turn = queue.popleft()
                if not turn.done():
                    self._used += 1
                    turn.set_result(None)


class Circuit:
    """Opens when two answers in a row refuse the login, and stays open: repeated bad logins lock accounts.

    As long as a login is not known to be good, requests go one by one, so that no more than two bad ones can go out.
    """

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._refusals = 0
        self._good = False
        self._alone = asyncio.Lock()

    @property
    def open(self) -> bool:
        """Whether nobody is asked any more."""
        return self._refusals >= _REFUSALS

    def check(self) -> None:
        """Raises :class:`CircuitOpen` when it is."""
        if self.open:
            raise CircuitOpen(
                f'"{self._origin}" refused the credentials {_REFUSALS} times in a row; it is not asked again, so that '
                "the account is not locked. Correct the credentials of the source"
            )

    @asynccontextmanager
    async def careful(self) -> AsyncIterator[None]:
        """Around a request: alone while the login may be bad."""
        if self._good:
            yield
            return
        async with self._alone:
            self.check()
            yield

    @property
    def trusted(self) -> bool:
        """Whether the last answer showed that the login is good."""
        return self._good

    def note(self, verdict: Verdict, status: int) -> None:
        """Counts an answer; overload and failures of the server say nothing about the login."""
        if verdict is Verdict.REFUSED:
            self._refusals += 1
            self._good = False
        elif verdict is Verdict.NOT_PERMITTED or (verdict is Verdict.FINE and status < 500 and status != 408):
            self._refusals = 0
            self._good = True
