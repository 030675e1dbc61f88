"""Telling that the state of a source is another: for the live pages, the audit log, automations and the change log."""

from __future__ import annotations

from typing import Any

from fairway.portal.caller import Caller
from fairway.portal.sources.gitops import documents, repository
from fairway.portal.sources.gitops.model import RESOURCE, Outcome, Source, SourceTotals
from fairway.portal.storage import Tx, outbox
from fairway.portal.storage.outbox import Change

_BAD = frozenset({Outcome.FAILED, Outcome.REFUSED, Outcome.HELD})
"""Somebody should look: events of these are failures."""


async def tell_state(
    tx: Tx, caller: Caller, now: int, before: Source, after: Source, message: str | None = None, **more: Any
) -> None:
    """Appends the event; ``more`` goes into its context."""
    last = (await repository.last_passes(tx, after.id)).get(after.id)
    totals = (await repository.totals(tx, after.id)).get(after.id, SourceTotals())
    head = {"id": after.id, "title": after.title}
    change = Change(
        "UPDATE", RESOURCE, after.id,
        {**head, "state": {"status": before.outcome.value}},
        {**head, "state": documents.state_document(after, last, totals)},
        context={"gitopsSource": after.id, "gitopsSourceTitle": after.title, **more},
        status="FAILURE" if after.outcome in _BAD and after.outcome is not before.outcome else "SUCCESS",
        message=message,
    )  # fmt: skip
    await outbox.append(tx, caller, now, [change])
