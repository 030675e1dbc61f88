"""Dead letters as operators handle them: list, send again, forget."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from fairway.agent.assembly import build_executor, open_dead_letters, read_mappings
from fairway.agent.identity import Identity
from fairway.agent.runtime.dead_letters import DeadLetter, DeadLetters

ALL = "all"


async def manage(
    identity: Identity, *, redrive: str | None = None, remove: str | None = None
) -> AsyncIterator[dict[str, Any]]:
    """One record for each letter that was listed, sent or removed.

    Raises:
        NotFound: there is no such letter.
        FairwayError: the state folder or the mappings cannot be used.
    """
    letters = open_dead_letters(identity)
    if redrive is not None:
        async for record in _redrive(identity, letters, _chosen(letters, redrive)):
            yield record
    elif remove is not None:
        for letter in _chosen(letters, remove):
            letters.remove(letter)
            yield {"id": letter.id, "runId": letter.invocation.id, "removed": True}
    else:
        for letter in letters.all():
            yield letter.document()


def _chosen(letters: DeadLetters, name: str) -> list[DeadLetter]:
    return list(letters.all()) if name == ALL else [letters.find(name)]


async def _redrive(identity: Identity, letters: DeadLetters, chosen: list[DeadLetter]) -> AsyncIterator[dict[str, Any]]:
    executor = build_executor(identity, read_mappings(identity.settings, identity.environment))
    try:
        for letter in chosen:
            report = await executor.execute(letter.invocation)
            delivered = report.matched and report.status != "FAILURE"
            if delivered:
                letters.remove(letter)
            yield {
                "id": letter.id,
                "runId": letter.invocation.id,
                "delivered": delivered,
                "attempts": report.attempts,
                "summary": report.summary if report.matched else "No mapping applies to it",
            }
    finally:
        await executor.aclose()
