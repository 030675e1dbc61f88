"""Carries out one invocation: mapping, request, report (contract 8 and 11)."""

from __future__ import annotations

from typing import Any, Protocol

from fairway.agent.model import Invocation, Report


class Executes(Protocol):
    """What the runtime needs of an executor."""

    async def execute(self, invocation: Invocation) -> Report:
        """Sends the request that the first matching mapping describes. Trouble with the target is a report, not an
        exception; cancelling passes through."""
        ...

    async def keyed(self, invocation: Invocation) -> Invocation:
        """The invocation with the order key and action that its mapping asks for (``keyBy``)."""
        ...

    async def explain(self, message: Any) -> dict[str, Any]:
        """What would be done with a message, without doing it."""
        ...
