"""Slowing down whoever guesses secrets."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence

from fairway.kit.errors import RateLimited

_KEYS = 10_000
"""Names remembered at once; the least recently failed is forgotten first."""


class Throttle:
    """Counts failed attempts per key in a sliding window; success forgets them.

    Two keys guard a login: the account as tried from one address, so that a stranger cannot lock its owner out, and
    with a higher limit the account from anywhere.
    """

    def __init__(
        self, monotonic: Callable[[], float], *, limit: int = 10, wide_limit: int = 100, window_seconds: float = 60
    ) -> None:
        self._monotonic = monotonic
        self._limits = (limit, wide_limit)
        self._window = window_seconds
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, account: str, address: str) -> None:
        """Does nothing while there were few failures.

        Raises:
            RateLimited: too many attempts failed within the window.
        """
        for key, limit in zip(self._keys(account, address), self._limits, strict=True):
            if len(self._recent(key)) >= limit:
                raise RateLimited(f'Too many failed attempts for "{account}"; wait {self._window:g} s and try again')

    def failed(self, account: str, address: str) -> None:
        """Counts one."""
        for key in self._keys(account, address):
            failures = self._recent(key)
            failures.append(self._monotonic())
            self._failures[key] = failures
            self._failures.move_to_end(key)
        while len(self._failures) > _KEYS:
            self._failures.popitem(last=False)

    def succeeded(self, account: str, address: str) -> None:
        """Forgets the failures from this address."""
        self._failures.pop(self._keys(account, address)[0], None)

    def _recent(self, key: str) -> deque[float]:
        failures = self._failures.get(key, deque(maxlen=max(self._limits)))
        while failures and failures[0] <= self._monotonic() - self._window:
            failures.popleft()
        return failures

    @staticmethod
    def _keys(account: str, address: str) -> Sequence[str]:
        return (f"{account[:200]}\n{address}", account[:200])
