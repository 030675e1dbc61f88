"""How repositories of which nothing is known are asked in root mode: which of two ways needs fewer requests here.

A listing of the root costs one request, and one more for each spec file. Reading the first name blindly costs one
request where it exists, and a second one where it does not. The latter wins only where most repositories have a file of
the first name, and it does not see whether there is one of the second name, too. ``docs/decisions/0019``.
"""

from __future__ import annotations

_PROBES = 20
"""Root listings before anything is concluded."""
_WEIGHT = 0.03
"""Of the newest repository: about the last thirty count, because those of one project are alike."""


class Probing:
    """Keeps count of what repositories turned out to have."""

    def __init__(self) -> None:
        self._seen = 0
        self._any = 0.0
        self._first = 0.0
        self.later = False
        """Some repositories are known: the others have no spec file, most likely, and a listing tells that best."""

    @property
    def blind(self) -> bool:
        """Whether reading the first name without looking is cheaper."""
        return not self.later and self._seen >= _PROBES and 1 + self._any > 2 - self._first

    def note(self, *, first: bool, second: bool) -> None:
        """What a repository has."""
        self._seen += 1
        weight = max(_WEIGHT, 1 / self._seen)
        self._any += weight * (float(first or second) - self._any)
        self._first += weight * (float(first) - self._first)
