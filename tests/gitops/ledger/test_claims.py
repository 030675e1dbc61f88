"""Whose definition counts: pure, and independent of order."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from fairway.gitops.ledger.claims import Said, Spoken, absorb, contest
from fairway.gitops.ledger.model import Claim, ClaimState
from fairway.gitops.model import EntityKey, Location

KEY = EntityKey("service", "same")


def claim(repository: str, **changes: object) -> Claim:
    made = Claim(
        KEY, Location("git", repository, "main", "port.yml"), 1, ClaimState.PENDING, 0, b"{}", f"wish-{repository}"
    )
    return replace(made, **changes)  # type: ignore[arg-type] # fields of a claim


CLAIMS = st.builds(
    claim,
    repository=st.integers(0, 20).map(str),
    priority=st.integers(0, 1),
    pinned=st.booleans(),
    claimed_at=st.integers(0, 2),
    line=st.integers(1, 3),
    state=st.sampled_from(ClaimState),
    created_by_git=st.booleans(),
    applied=st.dictionaries(st.sampled_from(["title", "icon", "properties.a"]), st.text("ab", min_size=1, max_size=2)),
)


@given(claims=st.lists(CLAIMS, unique_by=lambda each: each.location.repository, max_size=6), seed=st.integers())
def test_the_outcome_does_not_depend_on_the_order(claims: list[Claim], seed: int) -> None:
    shuffled = Random(seed).sample(claims, len(claims))
    one, other = contest(claims), contest(shuffled)
    assert (one.winner and one.winner.owner) == (other.winner and other.winner.owner)
    states = {each.owner: each.state for each in one.claims}
    assert states == {each.owner: each.state for each in other.claims}


@given(claims=st.lists(CLAIMS, unique_by=lambda each: each.location.repository, max_size=6))
def test_no_trace_is_lost_and_one_claim_bears_all(claims: list[Claim]) -> None:
    settled = contest(claims)
    fields = {name for each in claims for name in each.applied}
    bearers = [each for each in settled.claims if each.holds]
    assert len(bearers) <= 1
    assert {name for each in bearers for name in each.applied} == fields
    assert any(each.created_by_git for each in bearers) == any(each.created_by_git for each in claims)
    assert {each.owner for each in (*settled.claims, *settled.dropped)} == {each.owner for each in claims}
    winners = [each for each in settled.claims if each.state in (ClaimState.ACTIVE, ClaimState.PENDING)]
    assert winners == ([] if settled.winner is None else [settled.winner])


def test_priority_pin_age_place() -> None:
    ranked = [
        claim("9", priority=1, claimed_at=9),
        claim("8", pinned=True, claimed_at=9),
        claim("7", claimed_at=1),
        claim("5", claimed_at=2),
        claim("6", claimed_at=2),
    ]
    while ranked:
        winner = contest(ranked).winner
        assert winner is not None
        assert winner.location.repository == ranked[0].location.repository
        ranked = ranked[1:]


def test_the_winner_inherits_and_is_applied_again() -> None:
    old = claim("1", state=ClaimState.ORPHANED, created_by_git=True, applied={"title": "x"}, revision="7")
    settled = contest([old, claim("2", state=ClaimState.SHADOWED, applied_wish="wish-2")])
    assert settled.winner is not None
    assert settled.winner.state is ClaimState.PENDING
    assert settled.winner.created_by_git
    assert settled.winner.applied == {"title": "x"}
    assert settled.winner.revision == "7"
    assert settled.dropped == (old,)


def said(identifier: str, path: str = "port.yml", wish: str = "w") -> Said:
    return Said(EntityKey("service", identifier), Location("git", "1", "main", path), 3, 1, b"{}", wish)


def spoken(*words: Said, **more: frozenset[str] | frozenset[EntityKey]) -> Spoken:
    return Spoken("git", "1", "c1", words, **more)  # type: ignore[arg-type] # fields of Spoken


def after(before: list[Claim], heard: Spoken) -> dict[str, Claim]:
    found = absorb(before, heard, run_at=5, now=6, priority=0)
    return {each.key.identifier: each for each in found}


def test_new_known_and_gone() -> None:
    first = after([], spoken(said("a"), said("b")))
    assert {name: each.state for name, each in first.items()} == dict.fromkeys("ab", ClaimState.PENDING)
    second = after(list(first.values()), spoken(said("a", wish="other")))
    assert second["a"].wish == "other"
    assert second["a"].claimed_at == 5
    assert second["b"].state is ClaimState.ORPHANED
    assert second["b"].orphaned_since == 6


def test_what_cannot_be_told_stays() -> None:
    before = [
        replace(each, state=ClaimState.ACTIVE) for each in after([], spoken(said("a"), said("b", "x.yml"))).values()
    ]
    broken_key = after(before, spoken(broken=frozenset({EntityKey("service", "a")}), untouched=frozenset({"x.yml"})))
    assert broken_key["a"].stale
    assert broken_key["b"].state is ClaimState.ACTIVE
    broken_file = after(before, spoken(broken_files=frozenset({"port.yml"}), newly_broken=frozenset({"port.yml"})))
    assert broken_file["a"].stale
    assert broken_file["b"].held_by == ("port.yml",), "it may have moved there"
    later = after(list(broken_file.values()), spoken(broken_files=frozenset({"port.yml"})))
    assert later["b"].state is ClaimState.ACTIVE
    mended = after(list(later.values()), spoken(said("a")))
    assert mended["b"].state is ClaimState.ORPHANED


def test_what_was_held_ends_when_the_broken_file_is_mended_without_it() -> None:
    """Its own file is not read again, as it is what it was: it does not define it any more."""
    before = [replace(each, state=ClaimState.ACTIVE) for each in after([], spoken(said("a", "x.yml"))).values()]
    held = after(before, spoken(broken_files=frozenset({"port.yml"}), newly_broken=frozenset({"port.yml"})))
    assert held["a"].held_by == ("port.yml",)
    still = after(list(held.values()), spoken(broken_files=frozenset({"port.yml"}), untouched=frozenset({"x.yml"})))
    assert still["a"].state is ClaimState.ACTIVE
    mended = after(list(still.values()), spoken(untouched=frozenset({"x.yml"})))
    assert mended["a"].state is ClaimState.ORPHANED
