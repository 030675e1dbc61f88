"""The circuit that opens after two refusals; and how many requests are under way at once, which is the kit's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fairway.gitops.forges.answers import Verdict
from fairway.gitops.forges.errors import CircuitOpen
from fairway.kit.pacing import Gate, Lane

__all__ = ["Circuit", "Gate", "Lane"]

_REFUSALS = 2


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
