"""Claims through HTTP against a raw database loop that changes the same rows, and how soon a waiting claim wakes.

python -m bench.claims [--database-url postgresql://...]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import pysqlite3

from bench.harness import Served, percentile, served
from fairway.kit.settings import Settings
from fairway.portal.runs.tables import run
from fairway.portal.storage import Database, Tx, open_database
from fairway.wire.runs import AGENT

_CONNECTIONS = 32
_SINGLE = 3_000
_BATCHED = 30_000
_BATCH = 100
_WAKES = 200
_TABLE = (
    "CREATE TABLE raw_queue (number {kind} PRIMARY KEY, run_id TEXT, queue TEXT, action TEXT, turn {kind}, "
    "labels TEXT, claimed_until {kind} NOT NULL DEFAULT 0, claimed_by TEXT)"
)
_INDEXES = (
    "CREATE UNIQUE INDEX raw_run ON raw_queue (run_id)",
    "CREATE INDEX raw_turn ON raw_queue (queue, claimed_until, turn, number)",
    "CREATE INDEX raw_action ON raw_queue (queue, action, turn)",
)
_FILL = "INSERT INTO raw_queue(number, run_id, queue, action, turn) SELECT n, 'r_' || n, 'q', 'deploy', n FROM {series}"
_CLAIM = (
    "UPDATE raw_queue SET claimed_until = {until} WHERE number IN (SELECT number FROM raw_queue WHERE queue = 'q' "
    "AND claimed_until = 0 ORDER BY turn, number LIMIT {limit}{lock}) RETURNING run_id"
)
_SERIES = {
    "sqlite": "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) SELECT n FROM s)",
    "postgresql": "generate_series(1, {count}) AS n",
}
ACTION: dict[str, Any] = {
    "identifier": "deploy",
    "trigger": {"type": "self-service", "operation": "CREATE", "userInputs": {"properties": {}}},
    "invocationMethod": {
        "type": "WEBHOOK", "agent": True, "url": "http://ci/hook", "headers": {"RUN_ID": "{{ .run.id }}"},
        "body": {"run": "{{ .run.id }}", "environment": "production", "version": "1.2.3"},
    },
}  # fmt: skip


class Raw(Protocol):
    """A database without a portal."""

    async def claim(self, limit: int) -> list[str]:
        """Claims in a transaction of its own."""
        ...

    async def acknowledge(self, ids: list[str]) -> None:
        """Takes runs out of line, in a transaction of its own."""
        ...


class RawSqlite:
    """A connection, synchronous like the portal's."""

    def __init__(self, folder: Path) -> None:
        self._connection = pysqlite3.connect(str(folder / "raw.db"), isolation_level=None)
        for statement in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            _TABLE.format(kind="INTEGER"),
            *_INDEXES,
        ):
            self._connection.execute(statement)
        series = _SERIES["sqlite"].format(count=_SINGLE + _BATCHED)
        self._connection.execute(_FILL.format(series=series))

    async def claim(self, limit: int) -> list[str]:
        sql = _CLAIM.format(until="?", limit="?", lock="")
        return [row[0] for row in self._connection.execute(sql, (1, limit)).fetchall()]

    async def acknowledge(self, ids: list[str]) -> None:
        marks = ",".join("?" * len(ids))
        self._connection.execute(f"DELETE FROM raw_queue WHERE run_id IN ({marks})", ids)


class RawPostgres:
    """A connection."""

    def __init__(self, connection: asyncpg.Connection[Any]) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, url: str) -> RawPostgres:
        """With a queue as long as it will be needed."""
        connection = await asyncpg.connect(url)
        await connection.execute("DROP TABLE IF EXISTS raw_queue")
        for statement in (_TABLE.format(kind="BIGINT"), *_INDEXES):
            await connection.execute(statement)
        series = _SERIES["postgresql"].format(count=_SINGLE + _BATCHED)
        await connection.execute(_FILL.format(series=series))
        await connection.execute("ANALYZE raw_queue")
        return cls(connection)

    async def claim(self, limit: int) -> list[str]:
        sql = _CLAIM.format(until="$1", limit="$2", lock=" FOR UPDATE SKIP LOCKED")
        return [row[0] for row in await self._connection.fetch(sql, 1, limit)]

    async def acknowledge(self, ids: list[str]) -> None:
        await self._connection.execute("DELETE FROM raw_queue WHERE run_id = ANY($1::text[])", ids)


async def _raw(folder: Path, database_url: str) -> dict[int, tuple[float, float]]:
    """Claims, and claims with their acknowledgements, a second: by how many are claimed at once."""
    raw: Raw = await RawPostgres.open(database_url) if database_url else RawSqlite(folder)
    rates = {}
    for limit, count in ((1, _SINGLE), (_BATCH, _BATCHED)):
        started, ids = time.perf_counter(), []
        for _ in range(count // limit):
            ids.append(await raw.claim(limit))
        claimed = time.perf_counter() - started
        for each in ids:
            await raw.acknowledge(each)
        rates[limit] = (count / claimed, count / (time.perf_counter() - started))
    return rates


async def _fill(db: Database, template: str, count: int) -> None:
    """So many runs like ``template`` wait to be claimed."""
    names = [column.name for column in run.columns]
    given = {"id": "'r_' || (? + n)", "number": "? + n", "status": "'IN_PROGRESS'"}
    series = _SERIES[db.dialect].format(count=count)
    picks = ", ".join(given.get(name, f'run."{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    copies = f"INSERT INTO run({columns}) SELECT {picks} FROM run, {series} WHERE run.id = ?"
    places = (
        "INSERT INTO run_queue(number, run_id, queue, action, turn) "
        f"SELECT ? + n, 'r_' || (? + n), ?, 'deploy', n FROM {series}"
    )

    async def work(tx: Tx) -> None:
        first = (await tx.allocate_ids("run", count))[0] - 1
        await tx.raw(_spelled(tx, copies), *_arguments(tx, first, first, template))
        await tx.raw(_spelled(tx, places), *_arguments(tx, first, first, AGENT))

    await db.write(work)


def _spelled(tx: Tx, sql: str) -> str:
    """Question marks as the dialect has them."""
    if tx.dialect == "sqlite":
        return sql
    parts = sql.split("?")
    marks = ["$1::bigint", "$1::bigint", "$2::text"]
    return "".join(part + mark for part, mark in zip(parts, [*marks, ""], strict=True))


def _arguments(tx: Tx, first: int, again: int, text: str) -> tuple[Any, ...]:
    return (first, again, text) if tx.dialect == "sqlite" else (first, text)


async def _claim(portal: Served, **body: Any) -> list[str]:
    answer = await portal.post("/v1/actions/runs/claim-pending", {"installationId": AGENT, **body})
    return [each["id"] for each in answer["runs"]]


async def _until_empty(portal: Served, limit: int, then: Callable[[list[str]], Awaitable[Any]] | None) -> int:
    """Claims on all connections until nothing waits; how many runs."""
    total = 0

    async def claimer() -> None:
        nonlocal total
        while ids := await _claim(portal, limit=limit):
            total += len(ids)
            if then is not None:
                await then(ids)

    await asyncio.gather(*(claimer() for _ in range(_CONNECTIONS)))
    return total


async def _acknowledge(portal: Served, ids: list[str]) -> None:
    async with portal.session.patch(f"{portal.url}/v1/actions/runs/ack", json={"runIds": ids}) as response:
        if (await response.json()).get("ackedCount") != len(ids):
            raise SystemExit("an acknowledgement was refused")


async def _report(portal: Served, ids: list[str]) -> None:
    reports = [{"runId": each, "ack": True, "status": "SUCCESS", "logs": [{"message": "Done"}]} for each in ids]
    await portal.post("/v1/fairway/runs/reports", {"reports": reports})


async def _wakes(portal: Served) -> list[float]:
    """Milliseconds from asking for a run to a waiting claimer having it, less what asking takes alone."""
    samples = []
    for _ in range(_WAKES):
        claim = asyncio.create_task(_claim(portal, waitMs=30_000))
        await asyncio.sleep(0.02)
        started = time.perf_counter()
        await portal.post("/v1/actions/deploy/runs", {})
        answered = time.perf_counter()
        await claim
        samples.append(max(0.0, time.perf_counter() - answered) * 1000)
        if answered - started > 1:
            raise SystemExit("starting a run took a second: the machine is busy with something else")
    return samples


async def _measured(portal: Served, db: Database) -> list[tuple[str, int, float, float]]:
    """(what, claimed at once, runs a second, runs per CPU-second of the portal)."""
    await portal.post("/v1/actions", ACTION)
    template = (await portal.post("/v1/actions/deploy/runs", {}))["run"]["id"]
    await _report(portal, await _claim(portal))
    rows = []
    for name, limit, count, then in (
        ("claim", 1, _SINGLE, None),
        ("claim, acknowledge", 1, _SINGLE, partial(_acknowledge, portal)),
        ("claim", _BATCH, _BATCHED, None),
        ("claim, acknowledge", _BATCH, _BATCHED, partial(_acknowledge, portal)),
        ("claim, report the end", _BATCH, _BATCHED // 3, partial(_report, portal)),
    ):
        await _fill(db, template, count)
        await portal.settled()
        async with portal.measured() as used:
            found = await _until_empty(portal, limit, then)
        if found != count:
            raise SystemExit(f"{found} of {count} runs were claimed")
        await db.write(lambda tx: tx.raw("DELETE FROM run_queue"))
        rows.append((name, limit, count / used.seconds, count / used.cpu_seconds))
    return rows


async def main(database_url: str) -> None:
    """Prints one table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        raw = await _raw(folder, database_url)
        async with served(folder / "data", database_url, _CONNECTIONS) as portal:
            db = await open_database(Settings(data_dir=folder / "data", database_url=database_url), migrate=False)
            rows = await _measured(portal, db)
            wakes = await _wakes(portal)
            await db.close()
    print("| through HTTP | claimed at once | runs/s | per CPU-second of the portal | raw loop | of the raw loop |")
    print("|---|---|---|---|---|---|")
    for what, limit, rate, per_cpu in rows:
        limits = raw[limit][0 if what == "claim" else 1]
        print(f"| {what} | {limit} | {rate:,.0f} | {per_cpu:,.0f} | {limits:,.0f} | x{rate / limits:.2f} |")
    print(
        f"\nwake-up after the start is answered: p50 {percentile(wakes, 0.5):.1f} ms, p99 {percentile(wakes, 0.99):.1f}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database-url", default="")
    asyncio.run(main(parser.parse_args().database_url))
