"""Counting: whether what was said so far decides a run. Pure functions (contract 7.5)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

State = Literal["PENDING", "APPROVED", "DECLINED"]
Verdict = Literal["WAITING", "APPROVED", "DECLINED", "IMPOSSIBLE"]


@dataclass(frozen=True, slots=True)
class Vote:
    """One person, and what they said."""

    person: str
    """See :func:`person_key`: two accounts of one person count once."""
    state: State
    able: bool
    """Whether they may decide now; it matters only while they have not."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a request stands."""

    verdict: Verdict
    """``IMPOSSIBLE``: those who can decide are too few."""
    given: int
    needed: int


def standing(required: Mapping[str, Any], votes: Sequence[Vote]) -> Standing:
    """Where a request under ``required`` (``requiredApproval`` of the run) stands. One refusal ends it. ``ANY`` needs
    one approval, or ``quorum`` of different people; ``ALL`` needs everybody who was asked and can decide."""
    approved = {vote.person for vote in votes if vote.state == "APPROVED"}
    open_ones = {vote.person for vote in votes if vote.state == "PENDING" and vote.able} - approved
    given, possible = len(approved), len(approved | open_ones)
    needed = max(1, possible) if required.get("type") == "ALL" else max(1, int(required.get("quorum") or 1))
    if any(vote.state == "DECLINED" for vote in votes):
        return Standing("DECLINED", given, needed)
    if given >= needed:
        return Standing("APPROVED", given, needed)
    return Standing("WAITING" if possible >= needed else "IMPOSSIBLE", given, needed)


def person_key(name: str) -> str:
    """One key for the spellings of an e-mail that lead to one person: letters of any case and form, and a tag behind
    ``+`` in the local part."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()
    local, at, domain = text.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}" if at and local.partition("+")[0] else text
