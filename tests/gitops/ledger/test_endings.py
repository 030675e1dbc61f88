"""Effects of ends, limits, and stops."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fairway.gitops.catalog import Found
from fairway.gitops.ledger.endings import PassFacts, effect, hard_stops, is_gone, judge, to_clear
from fairway.gitops.ledger.fields import digest
from fairway.gitops.ledger.merging import UNKNOWN
from fairway.gitops.ledger.model import Claim, ClaimState, Effect, SourceState
from fairway.gitops.ledger.store import ClaimFigures
from fairway.gitops.model import EntityKey, Location
from fairway.gitops.options import SourceOptions

KEY = EntityKey("service", "s")
CLAIM = Claim(
    KEY, Location("git", "1", "main", "port.yml"), 1, ClaimState.ORPHANED, 0,
    b'{"fields": {"properties.tier": 1, "properties.language": "go"}, "marks": {}}', "w",
    applied={"properties.tier": digest(1)}, created_by_git=True, revision="r1",
)  # fmt: skip


def found(**properties: Any) -> Found:
    return Found(KEY, None, None, None, properties, {}, "r1")


def test_only_what_git_created_and_nobody_else_wrote_is_deleted() -> None:
    assert effect(CLAIM, found(tier=1)) is Effect.DELETE
    assert effect(CLAIM, None) is None
    assert effect(replace(CLAIM, created_by_git=False), found(tier=1)) is Effect.CLEAR
    assert effect(replace(CLAIM, foreign=True), found(tier=1)) is Effect.CLEAR
    assert effect(replace(CLAIM, revision="r0"), found(tier=1)) is Effect.CLEAR


def test_after_a_write_that_was_cut_off_the_content_decides() -> None:
    begun = replace(CLAIM, revision=None, applied={"properties.tier": UNKNOWN, "properties.language": digest("go")})
    assert effect(begun, found(tier=1, language="go")) is Effect.DELETE
    assert effect(begun, found(language="go")) is Effect.DELETE
    assert effect(begun, found(tier=2, language="go")) is Effect.CLEAR
    assert effect(begun, found(tier=1, language="go", readme="theirs")) is Effect.CLEAR


def test_only_what_still_is_gits_is_cleared() -> None:
    assert to_clear(CLAIM, found(tier=1, language="go")) == {"properties.tier": 1}
    assert to_clear(CLAIM, found(tier=2)) == {}
    assert effect(replace(CLAIM, foreign=True), found(tier=2)) is None
    begun = replace(CLAIM, applied={"properties.tier": UNKNOWN, "properties.language": UNKNOWN})
    assert to_clear(begun, found(tier=1, language="rust")) == {"properties.tier": 1}


def due(count: int, blueprint: str = "service") -> list[Claim]:
    return [replace(CLAIM, key=EntityKey(blueprint, str(number))) for number in range(count)]


@pytest.mark.parametrize(
    ("count", "active", "created", "options", "allowed"),
    [
        (10, 10, 10, {}, True),
        (11, 50, 50, {}, False),
        (20, 100, 100, {}, True),
        (21, 100, 100, {}, False),
        (15, 100, 29, {}, False),
        (14, 100, 29, {}, True),
        (5, 100, 100, {"deletion_threshold": 0.04}, False),
        (91, 100, 200, {"deletion_threshold": 0.9}, False),
        (3, 100, 100, {"deletion_most": 2}, False),
        (0, 0, 0, {}, True),
    ],
)
def test_limits(count: int, active: int, created: int, options: dict[str, Any], allowed: bool) -> None:
    verdict = judge(due(count), ClaimFigures(active, {"service": created}), SourceOptions(**options))
    assert verdict.allowed is allowed
    assert bool(verdict.reasons) is not allowed


FACTS = PassFacts(SourceState("git", listed=10, identity="a", last_complete=5), True, 10, "a", 6, 10)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"complete": False}, "not complete"),
        ({"resumed": True}, "interrupted"),
        ({"listed": 0}, "empty"),
        ({"listed": 4}, "shrank"),
        ({"identity": "b"}, "another account"),
        ({"now": 4}, "backwards"),
    ],
)
def test_hard_stops(changes: dict[str, Any], word: str) -> None:
    assert hard_stops(FACTS) == ()
    stops = hard_stops(replace(FACTS, **changes))
    assert any(word in each for each in stops)


def test_a_first_pass_over_nothing_is_no_reason_to_stop() -> None:
    assert hard_stops(PassFacts(SourceState("git"), True, 0, "a", 6, 0)) == ()


def test_gone_is_twice_and_an_hour_apart() -> None:
    assert not is_gone(1, 0, 10_000_000)
    assert not is_gone(2, 0, 3_599_999)
    assert is_gone(2, 0, 3_600_000)
