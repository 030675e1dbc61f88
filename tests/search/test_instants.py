"""Python and both databases agree on what is an instant."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Text, bindparam, select

from fairway.portal.catalog.search.dialects import dialect_of
from fairway.portal.catalog.search.instants import given_instant, stored_instant
from fairway.portal.storage import Database

_TWO = st.integers(0, 99).map(lambda number: f"{number:02}")
_TEXTS = st.builds(
    "{}-{}-{}{}{}:{}:{}{}{}".format,
    st.sampled_from(["2024", "0000", "0001", "9999", "1969", "202", "20245"]),
    st.integers(0, 14).map(lambda number: f"{number:02}"),
    st.integers(0, 33).map(lambda number: f"{number:02}"),
    st.sampled_from(["T", "t", " ", "x", ""]),
    st.integers(0, 25).map(lambda number: f"{number:02}"),
    _TWO,
    _TWO,
    st.sampled_from(["", ".", ".5", ".123", ".123456789", ".12x", "x"]),
    st.sampled_from(["Z", "z", "", "+00:00", "-05:30", "+29:59", "+30:00", "+0530", "ZZ"]),
) | st.text(max_size=30).filter(lambda text: "\0" not in text)


@settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@example("2024-02-30T10:00:00Z")
@example("2024-01-01T00:00:00.9999-00:30")
@example("2024-01-01T00:00:00Z\n")
@example("2024-01-01T24:00:00Z")
@example("2024-01-01T23:59:60Z")
@given(_TEXTS)
async def test_stored_instants(db: Database, text: str) -> None:
    expression = dialect_of(db.dialect).instant(bindparam("text", text, type_=Text()))
    found = await db.read(lambda tx: tx.scalar(select(expression)))
    assert found == stored_instant(text)


def test_given_instants() -> None:
    assert given_instant("1970-01-02") == 86_400_000
    assert given_instant("1970-01-01T00:00:01") == 1000
    assert given_instant("1970-01-01T01:00:00.0019+01:00") == 1
    assert given_instant("tomorrow") is None
    assert stored_instant("1970-01-02") is None
