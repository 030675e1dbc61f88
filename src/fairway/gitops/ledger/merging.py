"""From what a claim says to what is written, by merge mode. Section 2.5 of the contract; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairway.gitops.catalog import Found, Write
from fairway.gitops.ledger.fields import digest, document_of, found_fields, hashes
from fairway.gitops.ledger.model import Claim
from fairway.gitops.options import MergeMode

UNKNOWN = "?"
"""Stands for the hash of a value whose write was begun and of which nobody knows whether it arrived."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A write, and what the ledger holds once it has arrived."""

    write: Write
    applied: Mapping[str, str]
    cleared: tuple[str, ...]
    contested: tuple[str, ...]

    def intent(self, before: Mapping[str, str]) -> dict[str, str]:
        """What git may have applied while nobody knows whether the write arrived; ``before`` is what it had applied."""
        changed = {name: UNKNOWN for name, value in self.applied.items() if before.get(name) != value}
        return {**before, **changed}


def plan_write(claim: Claim, fields: Mapping[str, Any], mode: MergeMode, found: Found | None, yields: bool) -> Planned:
    """``fields`` is what the claim says, with searches already answered; ``found`` is the entity in the catalog, when
    it is there and somebody else may have written it."""
    values = dict(fields)
    foreign = _foreign(claim, values, found)
    if yields:
        for name in foreign:
            values.pop(name, None)
    gone = [name for name in claim.applied if name not in fields and name not in foreign]
    cleared = [name for name, value in values.items() if value is None and name in claim.applied]
    if mode is MergeMode.OWNED:
        values.update((name, None) for name in gone)
        cleared += gone
    applied = hashes(values)
    if mode is MergeMode.MERGE:
        applied = {**{name: claim.applied[name] for name in gone}, **applied}
    if mode is MergeMode.OVERRIDE and yields and found is not None:
        theirs = found_fields(found)
        values.update((name, theirs[name]) for name in foreign if name in theirs)
    write = Write(claim.key, document_of(claim.key.identifier, values), replace=mode is MergeMode.OVERRIDE)
    return Planned(write, applied, tuple(sorted(cleared)), tuple(sorted(foreign)))


def _foreign(claim: Claim, values: Mapping[str, Any], found: Found | None) -> list[str]:
    """Fields of the claim that somebody else has given another value. The catalog writes teams by their identifiers,
    so that a team's name that git wrote is not recognised."""
    if found is None:
        return []
    theirs = found_fields(found)
    names = []
    for name in {**values, **claim.applied}:
        if name not in theirs:
            continue
        ours = claim.applied.get(name)
        if ours == UNKNOWN or (ours is not None and name == "team"):
            continue
        if ours is None and values.get(name) is not None and digest(values[name]) == digest(theirs[name]):
            continue
        if digest(theirs[name]) != ours:
            names.append(name)
    return names


def drifted(claim: Claim, found: Found, mode: MergeMode) -> tuple[str, ...]:
    """Fields that git applied and that are no longer so in the catalog; in ``override`` also those that git never
    wrote."""
    theirs = found_fields(found)
    lost = [
        name
        for name, ours in claim.applied.items()
        if ours != UNKNOWN and name != "team" and (name not in theirs or digest(theirs[name]) != ours)
    ]
    if mode is MergeMode.OVERRIDE:
        lost += [name for name in theirs if name not in claim.applied and name != "title"]
    return tuple(sorted(lost))
