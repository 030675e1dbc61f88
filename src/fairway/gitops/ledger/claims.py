"""Whose definition of an entity counts, and what changes when repositories change. Sections 7 and 8 of the contract.

Everything here is pure, and independent of the order in which repositories are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from fairway.gitops.ledger.model import Claim, ClaimState
from fairway.gitops.model import EntityKey, Location


@dataclass(frozen=True, slots=True)
class Said:
    """A definition as a repository says it now."""

    key: EntityKey
    location: Location
    line: int
    column: int
    body: bytes
    wish: str
    searches: bool = False


@dataclass(frozen=True, slots=True)
class Spoken:
    """All that a repository says, and how far it can be trusted."""

    source: str
    repository: str
    commit: str
    said: Sequence[Said]
    untouched: frozenset[str] = frozenset()
    """Files that were not read, because they are as before."""
    broken: frozenset[EntityKey] = frozenset()
    """Bad definitions: their last good version stays."""
    broken_files: frozenset[str] = frozenset()
    """Files of which some definitions, or all, cannot be told."""
    newly_broken: frozenset[str] = frozenset()
    """Those that were not so before, or not with this content."""


def rank(claim: Claim) -> tuple[int, bool, int, str, str, str, int]:
    """The smaller counts: priority, pin, age; then the smaller place, so that order of looking never matters."""
    where = claim.location
    return (-claim.priority, not claim.pinned, claim.claimed_at, where.source, where.repository, where.path, claim.line)


def absorb(before: Iterable[Claim], spoken: Spoken, *, run_at: int, now: int, priority: int) -> list[Claim]:
    """A repository's claims after a look at it; those that ended are orphaned. ``before`` are its own."""
    known = {claim.key: claim for claim in before}
    claims = [_said(known.pop(said.key, None), said, spoken.commit, run_at, priority) for said in spoken.said]
    return claims + [_unsaid(claim, spoken, now) for claim in known.values()]


def _said(claim: Claim | None, said: Said, commit: str, run_at: int, priority: int) -> Claim:
    if claim is None:
        return Claim(
            key=said.key, location=said.location, line=said.line, column=said.column, state=ClaimState.PENDING,
            claimed_at=run_at, body=said.body, wish=said.wish, priority=priority, commit=commit,
            searches=said.searches,
        )  # fmt: skip
    renewed = replace(
        claim, location=said.location, line=said.line, column=said.column, body=said.body, wish=said.wish,
        priority=priority, searches=said.searches, stale=False, held_by=(), orphaned_since=None, kept=False,
        commit=commit if said.wish != claim.wish else claim.commit,
    )  # fmt: skip
    if claim.state is ClaimState.ORPHANED:
        return replace(renewed, state=ClaimState.PENDING, reason=None, code=None, claimed_at=run_at)
    return renewed


def _unsaid(claim: Claim, spoken: Spoken, now: int) -> Claim:
    """A claim whose definition was not found in what was read.

    While a file is broken, what another file ceases to define may have moved there: it is held. That its own file is as
    before is no reason to keep it then, since that file does not define it any more.
    """
    if claim.state is ClaimState.ORPHANED:
        return claim
    path = claim.location.path
    if path in spoken.untouched and path not in spoken.broken_files and not claim.held_by:
        return replace(claim, stale=False)
    if claim.key in spoken.broken or path in spoken.broken_files:
        return replace(claim, stale=True)
    if spoken.broken_files.intersection(claim.held_by):
        return claim
    if spoken.newly_broken and not claim.held_by:
        return replace(claim, stale=True, held_by=tuple(sorted(spoken.newly_broken)))
    return orphan(claim, now, f'"{path}" does not define it any more')


def orphan(claim: Claim, now: int, reason: str) -> Claim:
    """A claim that ends."""
    return replace(
        claim, state=ClaimState.ORPHANED, orphaned_since=now, reason=reason, code=None, waits_for=(),
        pending_since=None, stale=False, held_by=(),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Contest:
    """All claims on one entity, settled."""

    winner: Claim | None
    """Whose definition is to be in the catalog; None: nobody says it any more."""
    claims: tuple[Claim, ...]
    """All that remain, the winner among them."""
    dropped: tuple[Claim, ...]
    """Those that left no trace."""


def contest(claims: Sequence[Claim]) -> Contest:
    """Settles the claims on one entity: the winner takes over whatever the entity bears of earlier ones, so that it is
    updated and never deleted and created again."""
    alive = sorted((claim for claim in claims if claim.state is not ClaimState.ORPHANED), key=rank)
    if not alive:
        return _ended(claims)
    first = alive[0]
    donors = [claim for claim in claims if claim.owner != first.owner and claim.holds]
    winner = _inherit(first, donors)
    losers = [_bare(claim, winner) for claim in alive[1:]]
    gone = tuple(claim for claim in claims if claim.state is ClaimState.ORPHANED)
    return Contest(winner, (winner, *losers), gone)


def _ended(claims: Sequence[Claim]) -> Contest:
    """Nobody defines the entity: what left a trace waits for its end, one claim for all."""
    holders = sorted((claim for claim in claims if claim.holds), key=rank)
    if not holders:
        return Contest(None, (), tuple(claims))
    kept = _inherit(holders[0], holders[1:])
    return Contest(None, (kept,), tuple(claim for claim in claims if claim.owner != kept.owner))


def _inherit(claim: Claim, donors: Iterable[Claim]) -> Claim:
    """Takes over what others applied; it is then applied again."""
    for donor in donors:
        claim = replace(
            claim,
            created_by_git=claim.created_by_git or donor.created_by_git,
            foreign=claim.foreign or donor.foreign,
            applied={**donor.applied, **claim.applied},
            revision=claim.revision or donor.revision,
            applied_wish=None,
        )
    if claim.state is ClaimState.ORPHANED:
        return claim
    if claim.applied_wish == claim.wish:
        return replace(claim, state=ClaimState.ACTIVE, reason=None, code=None, waits_for=(), pending_since=None)
    return replace(claim, state=ClaimState.PENDING)


def _bare(claim: Claim, winner: Claim) -> Claim:
    """A claim in the shadow of another; what it had applied is the winner's now."""
    where = winner.location
    return replace(
        claim, state=ClaimState.SHADOWED, created_by_git=False, foreign=False, applied={}, applied_wish=None,
        revision=None, waits_for=(), pending_since=None, contested=(), code="E_CONFLICT",
        reason=f'"{winner.key}" is defined by {where.repository}:{where.path}:{winner.line}',
    )  # fmt: skip


def by_key(claims: Iterable[Claim]) -> Mapping[EntityKey, list[Claim]]:
    """Claims grouped by their entity."""
    found: dict[EntityKey, list[Claim]] = {}
    for claim in claims:
        found.setdefault(claim.key, []).append(claim)
    return found
