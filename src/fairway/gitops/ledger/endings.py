"""What the end of a claim does, and when there would be too many ends. Sections 7.2 and 7.3 of the contract; pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairway.gitops.catalog import Found
from fairway.gitops.ledger.fields import decode, digest, found_fields
from fairway.gitops.ledger.merging import UNKNOWN
from fairway.gitops.ledger.model import Claim, Effect, SourceState
from fairway.gitops.ledger.store import ClaimFigures
from fairway.gitops.options import SourceOptions

ALWAYS = 10
"""So many ends are always allowed; shares of small numbers say nothing."""
SHARE = 0.2
BLUEPRINT_SHARE = 0.5
LISTING_SHARE = 0.5
VANISH_PASSES = 2
VANISH_MS = 3_600_000
"""A repository is gone after so many complete passes without it, so far apart."""
JOURNAL_MS = 30 * 86_400_000


def effect(claim: Claim, found: Found | None) -> Effect | None:
    """What the end of a claim does; None: nothing is left to be done."""
    if found is None:
        return None
    if claim.created_by_git and not claim.foreign and _untouched(claim, found):
        return Effect.DELETE
    return Effect.CLEAR if to_clear(claim, found) else None


def to_clear(claim: Claim, found: Found) -> dict[str, Any]:
    """Fields that git applied and that still are as it left them, with their values. What somebody else has put there
    since is theirs."""
    said = _said(claim)
    return {name: value for name, value in found_fields(found).items() if _is_gits(claim, said, name, value)}


def _untouched(claim: Claim, found: Found) -> bool:
    """Whether nobody has written the entity since git. When that write was cut off, only the content tells."""
    if claim.revision is not None:
        return claim.revision == found.updated_at
    said = _said(claim)
    return all(
        _is_gits(claim, said, name, value) or (name == "title" and value == claim.key.identifier)
        for name, value in found_fields(found).items()
    )


def _said(claim: Claim) -> Mapping[str, Any]:
    """What a write that may not have arrived was to write."""
    return decode(claim.body).fields if UNKNOWN in claim.applied.values() else {}


def _is_gits(claim: Claim, said: Mapping[str, Any], name: str, value: Any) -> bool:
    hashed = claim.applied.get(name)
    if hashed == UNKNOWN:
        return name not in said or digest(said[name]) == digest(value)
    return hashed is not None and (name == "team" or digest(value) == hashed)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether ends may take effect."""

    allowed: bool
    reasons: tuple[str, ...] = ()


def judge(due: Sequence[Claim], figures: ClaimFigures, options: SourceOptions) -> Verdict:
    """Holds the ends of a run against the limits; all of them take effect or none."""
    reasons = []
    most = max(ALWAYS, math.floor(SHARE * figures.active))
    if options.deletion_threshold is not None:
        most = min(most, math.floor(options.deletion_threshold * figures.active))
    if options.deletion_most is not None:
        most = min(most, options.deletion_most)
    if len(due) > most:
        reasons.append(f"{len(due)} of {figures.active} claims would end at once, at most {most} may")
    for blueprint, count in sorted(Counter(each.key.blueprint for each in due if each.created_by_git).items()):
        total = figures.created.get(blueprint, 0)
        allowed = max(ALWAYS, math.floor(BLUEPRINT_SHARE * total))
        if count > allowed:
            reasons.append(f'{count} of {total} entities of blueprint "{blueprint}" would go, at most {allowed} may')
    return Verdict(not reasons, tuple(reasons))


@dataclass(frozen=True, slots=True)
class PassFacts:
    """What a pass has learned by its end."""

    before: SourceState
    complete: bool
    listed: int
    identity: str
    now: int
    known: int
    """Claims in the ledger."""
    resumed: bool = False
    """The pass was interrupted, and went on later."""


def absence_stops(facts: PassFacts) -> tuple[str, ...]:
    """Why absence from this listing says nothing about whether repositories exist."""
    found = []
    if facts.known and not facts.listed:
        found.append("the listing is empty, and it was not before")
    elif facts.listed < facts.before.listed * LISTING_SHARE:
        found.append(f"the listing shrank from {facts.before.listed} to {facts.listed} repositories")
    if facts.before.identity and facts.before.identity != facts.identity:
        found.append("the credentials are another account's than at the last pass")
    if facts.now < max(facts.before.last_complete, facts.before.finished_at or 0):
        found.append("the clock went backwards since the last pass")
    return tuple(found)


def hard_stops(facts: PassFacts) -> tuple[str, ...]:
    """Why nothing at all may end in this pass."""
    stops = [] if facts.complete else ["the pass is not complete"]
    if facts.resumed:
        stops.append("the pass was interrupted; the next one decides")
    return (*stops, *absence_stops(facts))


def is_gone(missed: int, missing_since: int, pass_started: int) -> bool:
    """Whether a repository that is not listed counts as gone."""
    return missed >= VANISH_PASSES and pass_started - missing_since >= VANISH_MS
