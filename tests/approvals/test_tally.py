"""Counting approvals: rules that hold in every order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairway.portal.runs.approvals.tally import Vote, person_key, standing


def _after(required: dict[str, Any], people: list[str], said: dict[str, str], able: set[str]) -> str:
    votes = [Vote(each, said.get(each, "PENDING"), each in able) for each in people]  # type: ignore[arg-type]
    return standing(required, votes).verdict


@given(st.integers(1, 8), st.integers(1, 8), st.randoms(use_true_random=False))
def test_a_quorum_is_reached_by_exactly_so_many(people: int, quorum: int, random: Any) -> None:
    names = [f"p{number}@example.com" for number in range(people)]
    order = random.sample(names, people)
    said: dict[str, str] = {}
    for number, name in enumerate(order, 1):
        before = _after({"type": "ANY", "quorum": quorum}, names, said, set(names))
        assert before == ("WAITING" if quorum <= people else "IMPOSSIBLE")
        said[name] = "APPROVED"
        if number >= quorum:
            assert _after({"type": "ANY", "quorum": quorum}, names, said, set(names)) == "APPROVED"
            return


@given(st.integers(1, 8), st.randoms(use_true_random=False))
def test_any_is_reached_by_the_first(people: int, random: Any) -> None:
    names = [f"p{number}@example.com" for number in range(people)]
    assert _after({"type": "ANY"}, names, {}, set(names)) == "WAITING"
    assert _after({"type": "ANY"}, names, {random.choice(names): "APPROVED"}, set(names)) == "APPROVED"


@given(st.lists(st.booleans(), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_all_is_reached_by_the_last_who_can(able: list[bool], random: Any) -> None:
    names = [f"p{number}@example.com" for number in range(len(able))]
    can = {name for name, yes in zip(names, able, strict=True) if yes}
    said: dict[str, str] = {}
    for name in random.sample(sorted(can), len(can)):
        assert _after({"type": "ALL"}, names, said, can) == "WAITING"
        said[name] = "APPROVED"
    assert _after({"type": "ALL"}, names, said, can) == ("APPROVED" if can else "IMPOSSIBLE")


@given(st.lists(st.sampled_from(["PENDING", "APPROVED", "DECLINED"]), min_size=1, max_size=8), st.data())
def test_one_refusal_ends_it_in_any_order(states: list[str], data: Any) -> None:
    votes = [Vote(f"p{number}", state, True) for number, state in enumerate(states)]  # type: ignore[arg-type]
    mixed = data.draw(st.permutations(votes))
    for required in ({"type": "ANY"}, {"type": "ANY", "quorum": 3}, {"type": "ALL"}):
        found = standing(required, mixed)
        assert (found.verdict == "DECLINED") == ("DECLINED" in states)
        assert found == standing(required, votes)


def test_two_accounts_of_one_person_count_once() -> None:
    votes = [Vote(person_key(each), "APPROVED", False) for each in ("ana@example.com", "Ana+2@EXAMPLE.com")]
    assert standing({"type": "ANY", "quorum": 2}, votes).given == 1


@pytest.mark.parametrize(
    "spelling",
    ["ana@example.com", "ANA@Example.COM", "ana+prod@example.com", "ａｎａ@example.com", " ana@example.com "],
)
def test_spellings_of_one_address_are_one_person(spelling: str) -> None:
    assert person_key(spelling) == "ana@example.com"


def test_different_people_stay_different() -> None:
    names = ["ana@example.com", "ann@example.com", "ana@example.org", "+@example.com", "clientid", ""]
    assert len({person_key(each) for each in names}) == len(names)
