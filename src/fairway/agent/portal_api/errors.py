"""What can go wrong with a call to the portal."""

from __future__ import annotations

from fairway.client.retry import NO_ANSWER
from fairway.kit.errors import FairwayError

_RETRIED = frozenset({NO_ANSWER, 401, 408, 425, 429})
"""401 too: credentials are rotated, and the right ones come with the next reading of secret files."""


class PortalTrouble(FairwayError):
    """The portal did not do what it was asked."""

    code = "portal_trouble"

    def __init__(self, message: str, status: int, *, code: str | None = None, pause: float | None = None) -> None:
        super().__init__(message, code=code)
        self.answered = status
        """HTTP status of the answer; 0 when there was none."""
        self.pause = pause
        """Seconds that the portal asked to wait."""

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later."""
        return self.answered in _RETRIED or self.answered >= 500
