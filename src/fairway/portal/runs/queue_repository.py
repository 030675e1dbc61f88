"""SQL of the queue of runs that wait to be claimed: both spellings side by side, because claims are a hot path.

A place in line is a *turn*: the next one of its action, but no earlier than the turn that is being served now. So a
thousand runs of one action do not keep a run of another one waiting (execution agent contract, section 18).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairway.kit.jsonio import dumps_text
from fairway.portal.runs.model import JsonObject, Run
from fairway.portal.storage import Tx

_TURN = (
    "coalesce((SELECT max(turn) + 1 FROM run_queue WHERE queue = {queue} AND action = {action}), 0)",
    "coalesce((SELECT min(turn) FROM run_queue WHERE queue = {queue} AND claimed_until = 0),"
    " (SELECT max(turn) FROM run_queue WHERE queue = {queue}), 0)",
)
_ENQUEUE = {
    "sqlite": "INSERT INTO run_queue(number, run_id, queue, action, turn, labels) SELECT ?1, ?2, ?3, ?4, max("
    + ", ".join(_TURN).format(queue="?3", action="?4")
    + "), ?5 WHERE true ON CONFLICT DO NOTHING",
    "postgresql": "INSERT INTO run_queue(number, run_id, queue, action, turn, labels) SELECT $1, $2, $3, $4, greatest("
    + ", ".join(_TURN).format(queue="$3", action="$4")
    + "), $5 ON CONFLICT DO NOTHING",
}
_FREE = "queue = ? AND claimed_until {bounds}{filters} ORDER BY {order} LIMIT ?"
_SQLITE_CLAIM = (
    "UPDATE run_queue SET claimed_until = ?, claimed_by = ? "
    "WHERE number IN (SELECT number FROM run_queue WHERE {free}) RETURNING turn, number, run_id"
)
_SQLITE_FILTERS = {
    "excluded": " AND action NOT IN (SELECT value FROM json_each(?))",
    "unlabelled": " AND labels IS NULL",
    "labelled": " AND NOT EXISTS (SELECT 1 FROM json_each(labels) AS wanted WHERE NOT EXISTS (SELECT 1 FROM "
    "json_each(?) AS given WHERE given.key = wanted.key AND given.value = wanted.value))",
}
_POSTGRES_CLAIM = """
WITH expired AS (
  SELECT number, claimed_until AS place FROM run_queue
  WHERE queue = $1 AND claimed_until > 0 AND claimed_until <= $2 {filters}
  ORDER BY claimed_until, number LIMIT $6 FOR UPDATE SKIP LOCKED
), fresh AS (
  SELECT number, turn AS place FROM run_queue
  WHERE queue = $1 AND claimed_until = 0 {filters}
  ORDER BY turn, number LIMIT $3 - (SELECT count(*) FROM expired) FOR UPDATE SKIP LOCKED
), more AS (
  SELECT number, claimed_until AS place FROM run_queue
  WHERE queue = $1 AND claimed_until > 0 AND claimed_until <= $2 {filters}
    AND number <> ALL(ARRAY(SELECT number FROM expired))
  ORDER BY claimed_until, number LIMIT $3 - (SELECT count(*) FROM expired) - (SELECT count(*) FROM fresh)
  FOR UPDATE SKIP LOCKED
), picked AS (
  SELECT number, row_number() OVER (ORDER BY part, place, number) AS nth FROM
  (SELECT number, place, 0 AS part FROM expired UNION ALL SELECT number, place, 1 FROM fresh
   UNION ALL SELECT number, place, 2 FROM more) AS parts
)
UPDATE run_queue AS q SET claimed_until = ($4::bigint[])[picked.nth], claimed_by = ($5::text[])[picked.nth]
FROM picked WHERE q.number = picked.number RETURNING picked.nth, q.run_id
"""
_POSTGRES_FILTERS = "AND action <> ALL($7::text[]) AND (labels IS NULL OR labels::jsonb <@ $8::text::jsonb)"


@dataclass(frozen=True, slots=True)
class Terms:
    """Which waiting runs somebody may have."""

    queue: str
    exclude: tuple[str, ...] = ()
    """Actions that the claimer has no room for."""
    labels: str = "{}"
    """The claimer's labels as JSON text with sorted keys."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of them one claimer asks for, until when, and its name."""

    limit: int
    until: int
    by: str | None


async def enqueue(tx: Tx, waiting: Run) -> None:
    """Puts a run in line; one that stands there already stays where it is."""
    labels = dumps_text(dict(sorted(waiting.labels.items()))) if waiting.labels else None
    await tx.raw(_ENQUEUE[tx.dialect], waiting.number, waiting.id, waiting.queue, waiting.action, labels)


async def claim(tx: Tx, terms: Terms, shares: Sequence[Share], now: int, odd: int = 1) -> list[list[str]]:
    """Gives waiting runs to claimers who ask on the same terms: the ids for each of them. Half of them are runs whose
    claim ran out, as long as there are any, in the order in which it did; the rest comes in the order of turns. So
    runs that kill their agent again and again keep no others waiting. ``odd`` (0 or 1) says which half is the larger
    one. Claimers of other transactions neither wait for this one nor get the same runs."""
    if tx.dialect == "postgresql":
        return await _claim_postgres(tx, terms, shares, now, odd)
    return [await _claim_sqlite(tx, terms, share, now, (odd + at) % 2) for at, share in enumerate(shares)]


async def _claim_sqlite(tx: Tx, terms: Terms, share: Share, now: int, odd: int) -> list[str]:
    filters, given = _sqlite_filters(terms)
    expired = _FREE.format(bounds="BETWEEN 1 AND ?", filters=filters, order="claimed_until, number")
    fresh = _FREE.format(bounds="= 0", filters=filters, order="turn, number")

    async def take(free: str, *bounds: int, limit: int) -> list[str]:
        if limit <= 0:
            return []
        sql = _SQLITE_CLAIM.format(free=free)
        return [row[2] for row in sorted(await tx.raw(sql, share.until, share.by, terms.queue, *bounds, *given, limit))]

    half = (share.limit + odd) // 2
    ids = await take(expired, now, limit=half)
    exhausted = len(ids) < half
    ids += await take(fresh, limit=share.limit - len(ids))
    if not exhausted:
        ids += await take(expired, now, limit=share.limit - len(ids))
    return ids


def _sqlite_filters(terms: Terms) -> tuple[str, list[str]]:
    filters, given = "", []
    if terms.exclude:
        filters += _SQLITE_FILTERS["excluded"]
        given.append(dumps_text(terms.exclude))
    if terms.labels == "{}":
        filters += _SQLITE_FILTERS["unlabelled"]
    else:
        filters += _SQLITE_FILTERS["labelled"]
        given.append(terms.labels)
    return filters, given


async def _claim_postgres(tx: Tx, terms: Terms, shares: Sequence[Share], now: int, odd: int) -> list[list[str]]:
    total = sum(share.limit for share in shares)
    until = [share.until for share in shares for _ in range(share.limit)]
    by = [share.by for share in shares for _ in range(share.limit)]
    plain = not terms.exclude and terms.labels == "{}"
    filters = "AND labels IS NULL" if plain else _POSTGRES_FILTERS
    arguments = () if plain else (list(terms.exclude), terms.labels)
    sql = _POSTGRES_CLAIM.format(filters=filters)
    rows = await tx.raw(sql, terms.queue, now, total, until, by, (total + odd) // 2, *arguments)
    ids = [row[1] for row in sorted(rows)]
    parts = []
    for share in shares:
        parts.append(ids[: share.limit])
        ids = ids[share.limit :]
    return parts


async def anything(tx: Tx, queue: str, now: int) -> bool:
    """Whether the queue holds runs that nobody has."""
    sql = "SELECT 1 FROM run_queue WHERE queue = {0} AND claimed_until <= {1} LIMIT 1"
    marks = ("$1", "$2") if tx.dialect == "postgresql" else ("?", "?")
    return bool(await tx.raw(sql.format(*marks), queue, now))


async def acknowledge(tx: Tx, ids: Sequence[str]) -> list[str]:
    """Takes runs out of line for good; answers those that stood there."""
    found = await tx.raw(_by_ids(tx, "DELETE FROM run_queue WHERE run_id {ids} RETURNING run_id"), _list(tx, ids))
    return [row[0] for row in found]


async def extend(tx: Tx, ids: Sequence[str], by: str | None, until: int, now: int) -> list[str]:
    """Lets claimers keep runs until ``until``; with ``by`` only those that it has. Answers which."""
    return await _hand(tx, ids, by, until, now)


async def release(tx: Tx, ids: Sequence[str], by: str | None, now: int) -> list[str]:
    """Gives claimed runs back to everybody; with ``by`` only those that it has. Answers which."""
    return await _hand(tx, ids, by, 0, now)


async def _hand(tx: Tx, ids: Sequence[str], by: str | None, until: int, now: int) -> list[str]:
    """A claim that has run out belongs to nobody, even while nobody has taken the run yet."""
    sql = "UPDATE run_queue SET claimed_until = {until} WHERE run_id {ids} AND claimed_until > {now}"
    sql += " AND (CAST({by} AS TEXT) IS NULL OR claimed_by = {by}) RETURNING run_id"
    if tx.dialect == "postgresql":
        found = await tx.raw(
            sql.format(until="$2", ids="= ANY($1::text[])", now="$3", by="$4"), list(ids), until, now, by
        )
    else:
        listed = "IN (SELECT value FROM json_each(?1))"
        found = await tx.raw(
            sql.format(until="?2", ids=listed, now="?3", by="?4"), dumps_text(list(ids)), until, now, by
        )
    return [row[0] for row in found]


async def queues_of(tx: Tx, ids: Sequence[str]) -> set[str]:
    """The queues that these runs stand in."""
    sql = _by_ids(tx, "SELECT DISTINCT queue FROM run_queue WHERE run_id {ids}")
    return {row[0] for row in await tx.raw(sql, _list(tx, ids))}


def _by_ids(tx: Tx, sql: str) -> str:
    return sql.format(ids="= ANY($1::text[])" if tx.dialect == "postgresql" else "IN (SELECT value FROM json_each(?))")


def _list(tx: Tx, values: Sequence[str]) -> list[str] | str:
    return list(values) if tx.dialect == "postgresql" else dumps_text(list(values))


def labels_text(labels: JsonObject | None) -> str:
    """Labels as :class:`Terms` want them."""
    return dumps_text(dict(sorted((labels or {}).items())))
