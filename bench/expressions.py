"""Mapping an item by 14 expressions: compiled, against one libjq call per expression.

python -m bench.expressions
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import jq
from fairway.jq import Engine, EntityMapping

ITEM: dict[str, Any] = {
    "number": 77,
    "title": "Fix the flux capacitor",
    "state": "open",
    "html_url": "https://git.example.com/acme/repo/pull/77",
    "created_at": "2026-01-01T00:00:00Z",
    "merged_at": None,
    "user": {"login": "alice", "id": 1},
    "assignees": [{"login": f"user{number}", "id": number} for number in range(3)],
    "labels": [{"name": f"label-{number}", "color": "ff0000"} for number in range(4)],
    "head": {"ref": "feature/x", "repo": {"full_name": "Acme/repo", "name": "repo"}},
    "base": {"ref": "main", "repo": {"full_name": "Acme/repo"}},
    "body": "x" * 2800,
    "requested_reviewers": [{"login": "bob"}],
    "additions": 10,
    "deletions": 2,
}
MAPPING: dict[str, Any] = {
    "identifier": '.head.repo.name + "-" + (.number | tostring)',
    "title": ".title",
    "blueprint": '"pullRequest"',
    "properties": {
        "creator": ".user.login",
        "status": 'if .merged_at then "merged" else .state end',
        "assignees": "[.assignees[].login]",
        "labels": "[.labels[].name]",
        "reviewers": ".requested_reviewers | map(.login)",
        "link": ".html_url",
        "createdAt": ".created_at",
        "isMain": '.base.ref == "main"',
        "size": "(.additions // 0) + (.deletions // 0)",
        "isFeature": '.head.ref | test("^feature/")',
    },
    "relations": {"service": ".head.repo.full_name | ascii_downcase"},
}
_ITEMS = 5000
_BASELINE = 300


def _leaves(mapping: dict[str, Any]) -> Iterator[str]:
    for value in mapping.values():
        if isinstance(value, dict):
            yield from _leaves(value)
        else:
            yield value


def _one_call_each() -> float:
    programs = [jq.compile(text) for text in _leaves(MAPPING)]
    started = time.process_time()
    for _ in range(_BASELINE):
        for program in programs:
            program.input_value(ITEM).first()
    return _BASELINE / (time.process_time() - started)


async def main() -> None:
    """Prints one line per way."""
    engine = Engine()
    mapping = EntityMapping(engine, MAPPING)
    await mapping.evaluate([ITEM])
    started = time.process_time()
    await mapping.evaluate([ITEM] * _ITEMS)
    compiled = _ITEMS / (time.process_time() - started)
    baseline = _one_call_each()
    await engine.aclose()
    print(f"{len(list(_leaves(MAPPING)))} expressions, item of {len(json.dumps(ITEM)):,} bytes, items per CPU-second:")
    print(f"one libjq call per expression {baseline:,.0f}; compiled {compiled:,.0f}, x{compiled / baseline:.0f}")


if __name__ == "__main__":
    asyncio.run(main())
