"""Log lines on their way to the portal: masked, bounded, kept while it is away (contract section 14.5)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fairway.integration.portal_api.logs import LogShipper
from fairway.integration.portal_api.masking import Masking


class Sink:
    """Takes batches, unless it is away."""

    def __init__(self) -> None:
        self.lines: list[Mapping[str, Any]] = []
        self.away = False
        self.batches = 0

    async def __call__(self, lines: Sequence[Mapping[str, Any]]) -> bool:
        if self.away:
            return False
        self.batches += 1
        self.lines += lines
        return True


def _logger(shipper: LogShipper) -> logging.Logger:
    found = logging.Logger("of the test", logging.DEBUG)
    found.addHandler(shipper)
    return found


async def test_lines_are_masked_and_carry_the_run() -> None:
    sink = Sink()
    shipper = LogShipper(sink, Masking(["a-long-secret"]))
    shipper.run_id = "e1"
    log = _logger(shipper)
    log.info({"event": "asked with a-long-secret", "token": "x a-long-secret y", "local": 1})
    log.info({"event": "stays here", "local_only": True})
    log.debug("too quiet")
    await shipper.ship()
    (line,) = sink.lines
    assert (line["level"], line["extra"]["eventId"], line["extra"]["local"]) == ("INFO", "e1", 1)
    assert "a-long-secret" not in str(line)
    assert line["timestamp"].endswith("Z")


async def test_lines_wait_while_the_portal_is_away_and_the_oldest_go() -> None:
    sink = Sink()
    shipper = LogShipper(sink, Masking([]))
    log = _logger(shipper)
    sink.away = True
    for number in range(10_050):
        log.info("line %d", number)
    await shipper.ship()
    sink.away = False
    await shipper.ship()
    assert [line["message"] for line in sink.lines] == [f"line {number}" for number in range(50, 10_050)]
    assert shipper.dropped == 50


async def test_many_lines_leave_before_their_time() -> None:
    sink = Sink()
    shipper = LogShipper(sink, Masking([]))
    running = asyncio.create_task(shipper.run())
    log = _logger(shipper)
    for number in range(130):
        log.info("line %d", number)
    async with asyncio.timeout(4):
        while len(sink.lines) < 130:  # noqa: ASYNC110 the sink has no event
            await asyncio.sleep(0.01)
    running.cancel()
