"""What every backend gets and gives: an order in, an outcome out. Runs and workflow node runs use the same backends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from fairway.portal.caller import Caller
from fairway.portal.runs.model import Finish
from fairway.portal.runs.rendering.scrub import Scrubber
from fairway.wire.runs import RunEvent


@dataclass(frozen=True, slots=True)
class Order:
    """One delivery. It holds secrets: it is never logged, stored or shown."""

    id: str
    """Of the run or node run: the idempotency key of every attempt."""
    payload: Mapping[str, Any] = field(repr=False)
    """The invocation method as :meth:`Renderer.real_payload` gives it."""
    event: RunEvent = field(repr=False)
    """What messages say of the run (contract 7.9); ``invocation`` is the real payload."""
    key: str
    """Messages of one key stay in order."""
    caller: Caller
    """As whom entities are written."""
    signing_secret: str = field(repr=False)
    secrets: Mapping[str, str] = field(repr=False, default_factory=dict)
    """The organisation's secrets by name."""
    depth: int = 0
    """Runs behind one another that led to this one."""
    sent_at: int = 0
    """When the delivery began, in milliseconds."""
    external_id: str | None = None
    """The backend's own id, once it is known."""

    @property
    def kind(self) -> str:
        """The invocation type."""
        return str(self.payload["type"])

    @property
    def scrubber(self) -> Scrubber:
        """For what others say of the delivery."""
        return Scrubber([*self.secrets.values(), self.signing_secret])


class Undelivered(Exception):
    """The order did not arrive, or the receiver is overloaded: it may be sent again."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        """Seconds that the receiver asks for."""


class Refused(Exception):
    """The order cannot be delivered, and sending it again would not help."""

    def __init__(self, reason: str, *, label: str | None = None, detail: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.label = label
        self.detail = detail
        """What the receiver said."""


class Backend(Protocol):
    """Delivers orders of some invocation types."""

    async def deliver(self, order: Order) -> Finish:
        """Sends an order.

        Raises:
            Undelivered: it may be tried again.
            Refused: it may not.
        """
        ...


class Follower(Protocol):
    """A backend whose work can be followed once it was started."""

    def follows(self, order: Order) -> bool:
        """Whether there is anything (more) to find out."""
        ...

    async def follow(self, order: Order) -> Finish | None:
        """What is new; none when nothing is. Raises like :meth:`Backend.deliver`."""
        ...
