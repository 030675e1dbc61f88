"""Latency of searches and lists through HTTP as the table grows: the cost should follow the answer, not the table.

python -m bench.search [--sizes 10000,100000,1000000]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.estate import BLUEPRINTS, DOMAINS, bulk, domains
from bench.harness import Served, percentile, served
from bench.ingestion import _send, warm_indexes

_REPEATS = 60
_PAGE = 200
_PLAIN = {"include": ["identifier", "title", "properties"], "limit": _PAGE}
Query = tuple[str, str, dict[str, Any]]


def _and(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"combinator": "and", "rules": list(rules)}


def _is(name: str, value: Any, operator: str = "=") -> dict[str, Any]:
    return {"property": name, "operator": operator, "value": value}


def queries() -> list[Query]:
    """(name, path, body) of what is measured."""
    blueprint = "/v1/blueprints/service/entities"
    nested = {
        "combinator": "or",
        "rules": [
            _and(_is("language", "go"), _is("tier", "tier-1")),
            _and(_is("owner", "owner-7"), _is("status", "ok")),
        ],
    }
    related = {"relation": "domain", "operator": "=", "value": "domain-7"}
    return [
        ("list, 200 rows", f"{blueprint}/search", {**_PLAIN, "query": _and()}),
        ("equality, rare (0.2 %)", f"{blueprint}/search", {**_PLAIN, "query": _and(_is("owner", "owner-42"))}),
        ("equality, common (12 %)", f"{blueprint}/search", {**_PLAIN, "query": _and(_is("language", "go"))}),
        ("range of a number", f"{blueprint}/search", {**_PLAIN, "query": _and(_is("score", 990, ">"))}),
        ("related entity", f"{blueprint}/search", {**_PLAIN, "query": _and(related)}),
        ("nested and/or", f"{blueprint}/search", {**_PLAIN, "query": nested}),
        ("sorted by a property", f"{blueprint}/top-search", {**_PLAIN, "sort": {"property": "score", "order": "desc"}}),
        (
            "group by a property",
            "/v1/entities/aggregate",
            {"func": "countValues", "property": "language", "query": _and(_is("$blueprint", "service"))},
        ),
    ]


async def _grow(portal: Served, start: int, end: int) -> None:
    await _send(portal, (bulk(number) for number in range(start, end, 20)))


async def _measure(portal: Served, query: Query) -> tuple[float, float]:
    _, path, body = query
    samples = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        await portal.post(path, body)
        samples.append((time.perf_counter() - started) * 1000)
    return percentile(samples, 0.5), percentile(samples, 0.99)


async def main(sizes: list[int], database_url: str) -> None:
    """Prints one table: p50/p99 in milliseconds at each size, and the ratio of the medians of last and first."""
    results: dict[str, list[tuple[float, float]]] = {query[0]: [] for query in queries()}
    with tempfile.TemporaryDirectory() as name:
        async with served(Path(name) / "data", database_url) as portal:
            for blueprint in BLUEPRINTS:
                await portal.post("/v1/blueprints", blueprint)
            for start in range(0, DOMAINS, 20):
                await portal.post("/v1/blueprints/domain/entities/bulk", {"entities": domains()[start : start + 20]})
            await warm_indexes(portal)
            reached = 0
            for size in sizes:
                await _grow(portal, reached, size)
                reached = size
                await portal.settled()
                for query in queries():
                    results[query[0]].append(await _measure(portal, query))
    print("| query | " + " | ".join(f"{size:,}" for size in sizes) + " | growth of p50 |")
    print("|---|" + "---|" * (len(sizes) + 1))
    for label, found in results.items():
        cells = " | ".join(f"{p50:.1f} / {p99:.1f}" for p50, p99 in found)
        print(f"| {label} | {cells} | x{found[-1][0] / found[0][0]:.2f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--database-url", default="")
    arguments = parser.parse_args()
    asyncio.run(main([int(size) for size in arguments.sizes.split(",")], arguments.database_url))
