"""What a run goes back to: whoever set that off has started the run as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from fairway.kit.crypto import SecretBox
from fairway.portal.runs import repository as runs
from fairway.portal.runs.model import MAX_DEPTH
from fairway.portal.runs.rendering.sealing import open_context
from fairway.portal.storage import Tx


@dataclass(frozen=True, slots=True)
class Link:
    """One run in the chain."""

    starters: frozenset[str]
    """Principals who started it, or caused the event that did."""
    parent: str | None


class Lineage(Protocol):
    """Knows the runs of one kind."""

    async def link(self, tx: Tx, run_id: str) -> Link | None:
        """The link of a run; none when it is of another kind, or gone."""
        ...


class RunLineage:
    """Runs of actions and automations."""

    def __init__(self, box: SecretBox) -> None:
        self._box = box

    async def link(self, tx: Tx, run_id: str) -> Link | None:
        """See :class:`Lineage`."""
        run = await runs.find(tx, run_id)
        if run is None:
            return None
        trigger = open_context(self._box, run.id, run.context).trigger
        return Link(people(run.created_by, run.impersonated_by, causer(trigger)), run.parent)


def causer(trigger: Mapping[str, Any] | None) -> str | None:
    """Whom the trigger of a run names: who started it, or made the change that its event tells of."""
    found: str | None = ((trigger or {}).get("by") or {}).get("userId")
    return found


def people(*ids: str | None) -> frozenset[str]:
    """Those that there are."""
    return frozenset(each for each in ids if each)


async def behind(tx: Tx, lineages: Sequence[Lineage], run_id: str) -> frozenset[str]:
    """All who started a run, by whatever way: it, and the runs that it goes back to."""
    found: set[str] = set()
    current: str | None = run_id
    for _ in range(MAX_DEPTH + 1):
        link = None if current is None else await _link(tx, lineages, current)
        if link is None:
            break
        found |= link.starters
        current = link.parent
    return frozenset(found)


async def _link(tx: Tx, lineages: Sequence[Lineage], run_id: str) -> Link | None:
    for each in lineages:
        link = await each.link(tx, run_id)
        if link is not None:
            return link
    return None
