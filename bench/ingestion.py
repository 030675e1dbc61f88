"""Bulk upserts through HTTP against a raw executemany of the same rows, and the server's memory meanwhile.

python -m bench.ingestion [--entities 100000] [--database-url postgresql://...]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import orjson
import pysqlite3

from bench.estate import BLUEPRINTS, bulk, domains, service
from bench.harness import Served, Used, served

_CONNECTIONS = 8
_INDEXED = ("tier", "language", "status", "owner", "score")


def raw_executemany(count: int, folder: Path) -> float:
    """Seconds for the physical limit: the same rows and edges, one indexed table each, a commit per 20, no checks."""
    connection = pysqlite3.connect(str(folder / "raw.db"), isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(
        "CREATE TABLE entity (id INTEGER PRIMARY KEY, name TEXT UNIQUE, title TEXT, team TEXT, body TEXT)"
    )
    connection.execute(
        "CREATE TABLE edge (source INT, relation INT, target INT, PRIMARY KEY (source, relation, target))"
    )
    rows = [service(number) for number in range(count)]
    started = time.perf_counter()
    for start in range(0, count, 20):
        connection.execute("BEGIN")
        part = rows[start : start + 20]
        entities = [
            (start + index, each["identifier"], each["title"], each["team"], orjson.dumps(each["properties"]).decode())
            for index, each in enumerate(part)
        ]
        edges = [(start + index, relation, relation) for index in range(len(part)) for relation in range(3)]
        connection.executemany("INSERT INTO entity VALUES (?,?,?,?,?)", entities)
        connection.executemany("INSERT INTO edge VALUES (?,?,?)", edges)
        connection.execute("COMMIT")
    return time.perf_counter() - started


async def _send(portal: Served, bodies: Iterable[bytes]) -> None:
    async def worker(waiting: Iterable[bytes]) -> None:
        for body in waiting:
            await portal.post("/v1/blueprints/service/entities/bulk?upsert=true&merge=true", body)

    waiting = iter(bodies)
    await asyncio.gather(*(worker(waiting) for _ in range(_CONNECTIONS)))


async def warm_indexes(portal: Served) -> None:
    """Searches often enough that the portal decides to index five properties, and lets it build them."""
    await _send(portal, [bulk(start) for start in range(1_000_000, 1_004_000, 20)])
    for name in _INDEXED * 20:
        rule = {"property": name, "operator": "=", "value": 1 if name == "score" else "x"}
        query = {"combinator": "and", "rules": [rule]}
        await portal.post("/v1/blueprints/service/entities/search", {"query": query, "limit": 1})
    await asyncio.sleep(2)
    await portal.settled()


async def ingest(portal: Served, count: int) -> dict[str, Used]:
    """New, changed and unchanged entities, one pass each."""
    for blueprint in BLUEPRINTS:
        await portal.post("/v1/blueprints", blueprint)
    for start in range(0, 200, 20):
        await portal.post("/v1/blueprints/domain/entities/bulk", {"entities": domains()[start : start + 20]})
    await warm_indexes(portal)
    passes: dict[str, Used] = {}
    for name, salt in (("inserted", 0), ("changed", 1), ("unchanged", 1)):
        bodies = [bulk(start, salt) for start in range(0, count, 20)]
        await portal.settled()
        async with portal.measured() as used:
            await _send(portal, bodies)
        passes[name] = used
    return passes


async def main(count: int, database_url: str) -> None:
    """Prints one table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        raw = raw_executemany(min(count, 50_000), folder)
        limit = min(count, 50_000) / raw
        print(f"raw executemany, commit per 20: {limit:,.0f} rows/s\n")
        print("| pass | entities/s | per CPU-second of the server | of the raw limit | peak memory |")
        print("|---|---|---|---|---|")
        async with served(folder / "data", database_url, _CONNECTIONS) as portal:
            for label, used in (await ingest(portal, count)).items():
                wall, cpu = count / used.seconds, count / used.cpu_seconds
                print(f"| {label} | {wall:,.0f} | {cpu:,.0f} | x{wall / limit:.2f} | {used.peak_mb:.0f} MB |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=100_000)
    parser.add_argument("--database-url", default="")
    arguments = parser.parse_args()
    asyncio.run(main(arguments.entities, arguments.database_url))
