"""Payloads and programs that mean harm: bounded, recorded, and never in the way of the next one."""

from __future__ import annotations

import time

import pytest

from fairway.kit.settings import Settings
from sources.conftest import MAPPING, Hooks

GOOD = b'{"id": "main"}'


@pytest.mark.parametrize(
    "program", ["def f: f; f", "[range(1e9)] | length", "reduce range(1e9) as $i (0; . + 1)", '"x" * 100000000']
)
async def test_a_program_that_never_ends(hooks: Hooks, program: str) -> None:
    endless = {"blueprint": "branch", "entity": {"identifier": ".body.id", "properties": {"url": program}}}
    webhook = await hooks.define(mappings=[endless, MAPPING])
    started = time.monotonic()
    record = await hooks.send(webhook, GOOD)
    assert time.monotonic() - started < 15
    assert record["state"] == "failed"
    first, second = record["outcome"]["mappings"]
    assert first["counts"] == {"failed": 1}
    assert first["items"][0]["errors"][0]["field"] == "entity.properties.url"
    assert second["counts"] == {"created": 1}, "the mapping behind it did its work"


async def test_a_filter_that_never_ends_fails_the_item(hooks: Hooks) -> None:
    webhook = await hooks.define(mappings=[{**MAPPING, "filter": "def f: f; f"}])
    record = await hooks.send(webhook, GOOD)
    assert record["outcome"]["mappings"][0]["counts"] == {"failed": 1}


async def test_five_hundred_items_and_one_more(hooks: Hooks) -> None:
    mapping = {"blueprint": "branch", "itemsToParse": "[range(.body.n)]", "entity": {"identifier": '"i\\(.item)"'}}
    webhook = await hooks.define(mappings=[mapping])
    assert (await hooks.send(webhook, b'{"n": 501}'))["outcome"]["mappings"][0]["problem"]["field"] == "itemsToParse"
    assert await hooks.entity("branch", "i0") is None
    record = await hooks.send(webhook, b'{"n": 500}')
    assert record["outcome"]["mappings"][0]["counts"] == {"created": 500}
    assert len(record["outcome"]["mappings"][0]["items"]) == 20, "records stay small"


BAD_BODIES = [
    b"",
    b"\x00\xff\xfe\x89PNG",
    b"not json",
    b'{"id": "\xff"}',
    b'{"id": "a\\u0000b"}',
    b"[" * 200 + b"]" * 200,
    b'{"a":' * 5000 + b"1" + b"}" * 5000,
    b"1e999999",
    b"null",
    b'{"id": {"combinator": "and"}}',
    b'{"id": ["a"]}',
    b'{"id": "a/../b c"}',
    b'{"id": "' + b"x" * 2000 + b'"}',
]


async def test_a_body_that_is_no_good(hooks: Hooks) -> None:
    webhook = await hooks.define(mappings=[MAPPING])
    for body in BAD_BODIES:
        record = await hooks.send(webhook, body)
        assert record["state"] == "failed", record
        assert (await hooks.send(webhook, GOOD))["state"] == "processed", "the next payload is none the worse"


ODD_BODIES = [b'"text"', b"[1, 2]"]


async def test_a_filter_that_fails_lets_nothing_through(hooks: Hooks) -> None:
    webhook = await hooks.define(mappings=[MAPPING])
    for body in ODD_BODIES:
        record = await hooks.send(webhook, body)
        assert (record["state"], record["outcome"]["mappings"][0]["counts"]) == ("processed", {"filtered": 1})


async def test_a_payload_over_its_limit(hooks: Hooks, settings: Settings) -> None:
    webhook = await hooks.define(mappings=[MAPPING])
    padding = b" " * (settings.max_webhook_bytes - len(GOOD))
    over = await hooks.anonymous.post(webhook["url"], content=GOOD + padding + b" ")
    assert (over.status_code, over.json()["error"]) == (413, "payload_too_large")
    assert (await hooks.send(webhook, GOOD + padding))["state"] == "processed"


async def test_headers_of_every_kind(hooks: Hooks) -> None:
    mapping = {
        "blueprint": "branch",
        "entity": {"identifier": ".body.id", "title": '.headers."x-big"[:5] + .headers."x-twice"'},
    }
    webhook = await hooks.define(mappings=[mapping])
    pairs = [("X-Big", "x" * 60_000), ("X-Twice", "1"), ("X-Twice", "2"), ("X-Latin", "\xe9\xff")]
    raw = [(name.encode(), value.encode("latin-1")) for name, value in pairs]
    response = await hooks.anonymous.post(f"{webhook['url']}?a=1&a=2&b=%ff", content=GOOD, headers=raw)
    assert response.status_code == 202
    record = await hooks.send(webhook, GOOD)
    first = (await hooks.events(webhook))[1]
    assert first["queryParams"]["a"] == ["1", "2"]
    assert first["state"] == "processed"
    assert record["state"] == "processed", "its own headers are missing, which makes a null title"
    entity = await hooks.entity("branch", "main")
    assert entity is not None


async def test_an_irrelevant_payload_is_no_failure(hooks: Hooks) -> None:
    mapping = {**MAPPING, "itemsToParse": ".body.commits", "filter": ".body.commits != null"}
    webhook = await hooks.define(mappings=[mapping])
    record = await hooks.send(webhook, b'{"id": "ping"}')
    assert (record["state"], record["outcome"]["mappings"][0]["counts"]) == ("processed", {"filtered": 1})
