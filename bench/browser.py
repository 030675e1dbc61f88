"""What people wait for, in a real browser: a table of many entities, a long log, the first load.

python -m bench.browser [--entities 100000] [--lines 100000]

Times are taken inside the page, from the click to the first frame that shows the outcome. Beside them stands what the
same page does in the same run without any data: a change of the address that loads nothing, drawn by the same code.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
from playwright.async_api import Page, async_playwright

from bench.estate import BLUEPRINTS, bulk, domains
from bench.harness import Served, percentile, served
from bench.ingestion import _send

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from support.browser import _FLAGS, executable

EMAIL, PASSWORD = "admin@example.com", "correct horse battery staple"
REPEATS = 15
LINES_A_SECOND = 2_000
# (selector to click, text that must be in the element, element to look at) -> milliseconds
_PROBE = """([act, look, text, absent]) => new Promise((done, fail) => {
    const started = performance.now();
    const see = () => {
        const found = document.querySelector(look);
        const fits = found !== null && found.textContent.includes(text);
        const busy = absent && document.querySelector(absent) !== null;
        if (fits && !busy) done(performance.now() - started);
        else if (performance.now() - started > 30000) fail(new Error(`${look} is ${found?.textContent}`));
        else requestAnimationFrame(see);
    };
    if (act !== null) document.querySelector(act).click();
    requestAnimationFrame(see);
})"""
_FRAMES = """(seconds) => new Promise((done) => {
    const started = performance.now();
    let frames = 0;
    const next = () => {
        frames += 1;
        const passed = performance.now() - started;
        if (passed > seconds * 1000) done(frames * 1000 / passed); else requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
})"""
_PAINT = """() => new Promise((done) => new PerformanceObserver((list) => {
    const entries = list.getEntries(); done(entries[entries.length - 1].startTime);
}).observe({ type: 'largest-contentful-paint', buffered: true }))"""
_GRID = "[role=grid][aria-label=Services]"
_FEW = "[role=status][aria-label=Count]"
_WAY = """(query) => {
    const button = document.createElement('button');
    button.setAttribute('data-act', 'go');
    button.onclick = () => { history.pushState({}, '', query); dispatchEvent(new PopStateEvent('popstate')); };
    document.body.append(button);
}"""
"""What choosing a filter or a group comes to: another query of the address, within the page."""
_BUSY = "[aria-busy=true]"


@asynccontextmanager
async def _browsing(portal: Served) -> AsyncIterator[Page]:
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=executable(), args=_FLAGS)
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(60_000)
        await page.goto(portal.url)
        await page.get_by_label("E-mail").fill(EMAIL)
        await page.locator("input[autocomplete=current-password]").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("navigation", name="Main").wait_for()
        yield page
        await browser.close()


async def _probe(page: Page, act: str | None, look: str, text: str) -> float:
    return float(await page.evaluate(_PROBE, [act, look, text, _BUSY]))


async def _repeated(step: Callable[[], Awaitable[float]]) -> tuple[float, float]:
    samples = [await step() for _ in range(REPEATS)]
    return percentile(samples, 0.5), percentile(samples, 0.95)


async def _table(page: Page, url: str) -> dict[str, tuple[float, float]]:
    """Milliseconds (p50, p95) of each thing that people do with a table."""

    async def opened(query: str, look: str, text: str) -> float:
        await page.goto("about:blank")
        await page.goto(f"{url}/pages/services{query}", wait_until="commit")
        return await _probe(page, None, look, text)

    async def sorted_by() -> float:
        await opened("", _GRID, "Service")
        head = page.get_by_role("grid", name="Services").get_by_role("columnheader", name="score")
        button = head.get_by_role("button")
        await button.evaluate("(found) => found.setAttribute('data-act', 'sort')")
        return await _probe(page, "[data-act=sort]", f"{_GRID} [aria-sort=ascending]", "score")

    async def went(query: str, look: str, text: str) -> float:
        await opened("", f"{_GRID} a", "Service")
        await page.evaluate(_WAY, query)
        return await _probe(page, "[data-act=go]", look, text)

    async def searched(word: str) -> float:
        await opened("", _GRID, "Service")
        box = page.get_by_role("searchbox", name="Search services")
        await box.focus()
        look = asyncio.create_task(_probe(page, None, _FEW, " of "))
        await page.keyboard.insert_text(word)
        return await look

    rule = orjson.dumps({"combinator": "and", "rules": [{"property": "language", "operator": "=", "value": "go"}]})
    return {
        "open": await _repeated(lambda: opened("", f"{_GRID} a", "Service")),
        "open, filtered": await _repeated(lambda: opened(f"?filter={quote(rule)}", f"{_GRID} a", "Service")),
        "open, grouped": await _repeated(lambda: opened("?group=language", f"{_GRID} [aria-expanded]", "")),
        "sort": await _repeated(sorted_by),
        "filter": await _repeated(lambda: went(f"?filter={quote(rule)}", _FEW, " of ")),
        "group": await _repeated(lambda: went("?group=language", f"{_GRID} [aria-expanded]", "")),
        "search a word": await _repeated(lambda: searched("service 77")),
    }


async def _log(portal: Served, page: Page, lines: int) -> dict[str, float]:
    action = {
        "identifier": "talk", "title": "Talk",
        "trigger": {"type": "self-service", "operation": "CREATE", "userInputs": {"properties": {}}},
        "invocationMethod": {"type": "WEBHOOK", "url": "https://example.com", "agent": True},
    }  # fmt: skip
    await portal.post("/v1/actions", action)
    run = (await portal.post("/v1/actions/talk/runs", {"properties": {}}))["run"]["id"]
    await portal.post("/v1/actions/runs/claim-pending", {"limit": 1})
    await _say(portal, run, 0, lines - 20_000)
    await asyncio.sleep(6)  # lines of the last seconds are read with more care: some may be behind others
    await page.goto(f"{portal.url}/runs/{run}", wait_until="commit")
    opened = await _probe(page, None, "[aria-label=Log]", f"line {lines - 20_001} ")
    idle = float(await page.evaluate(_FRAMES, 3))
    talking = asyncio.create_task(_pour(portal, run, lines - 20_000, 20_000))
    await asyncio.sleep(2)
    busy = float(await page.evaluate(_FRAMES, 6))
    took = await talking
    caught = await _probe(page, None, "[aria-label=Log]", f"line {lines - 1} ")
    return {"opened ms": opened, "idle fps": idle, "busy fps": busy, "lines/s": 20_000 / took, "behind ms": caught}


async def _say(portal: Served, run: str, start: int, count: int) -> None:
    for at in range(start, start + count, 1000):
        logs = [
            {"message": f"line {number} of what a pipeline says"} for number in range(at, min(at + 1000, start + count))
        ]
        await portal.post("/v1/fairway/runs/reports", {"reports": [{"runId": run, "logs": logs}]})


async def _pour(portal: Served, run: str, start: int, count: int) -> float:
    began = time.perf_counter()
    part = LINES_A_SECOND // 10
    for step, at in enumerate(range(start, start + count, part)):
        await asyncio.sleep(max(0.0, began + step * 0.1 - time.perf_counter()))
        await _say(portal, run, at, part)
    return time.perf_counter() - began


async def main(entities: int, lines: int) -> None:
    """Prints two tables."""
    with tempfile.TemporaryDirectory() as name:
        login = {"FAIRWAY_ADMIN_EMAIL": EMAIL, "FAIRWAY_ADMIN_PASSWORD": PASSWORD}
        async with served(Path(name) / "data", **login) as portal:
            for blueprint in BLUEPRINTS:
                await portal.post("/v1/blueprints", blueprint)
            for start in range(0, len(domains()), 20):
                await portal.post("/v1/blueprints/domain/entities/bulk", {"entities": domains()[start : start + 20]})
            columns: dict[int, Any] = {}
            async with _browsing(portal) as page:
                written = 0
                for size in (1_000, entities):
                    await _send(portal, (bulk(number) for number in range(written, size, 20)))
                    written = size
                    await portal.settled()
                    await _table(page, portal.url)  # what is filtered and sorted by gets its index at first use
                    await portal.settled()
                    columns[size] = await _table(page, portal.url)
                await page.goto("about:blank")
                await page.goto(portal.url, wait_until="load")
                paint = float(await page.evaluate(_PAINT))
                log = await _log(portal, page, lines)
    small, large = columns[1_000], columns[entities]
    print(f"| ms, p50 / p95 | 1,000 entities | {entities:,} | ratio of p50 |\n|---|---|---|---|")
    for what, (middle, high) in small.items():
        print(f"| {what} | {middle:.0f} / {high:.0f} | {large[what][0]:.0f} / {large[what][1]:.0f} "
              f"| x{large[what][0] / middle:.2f} |")  # fmt: skip
    print(f"\nFirst load of the home page: largest paint after {paint:.0f} ms.")
    print(f"Log with {lines:,} lines: opened in {log['opened ms']:.0f} ms; {log['idle fps']:.0f} frames/s at rest; "
          f"{log['busy fps']:.0f} while {log['lines/s']:,.0f} lines/s arrive (x{log['busy fps'] / log['idle fps']:.2f})"
          f"; {log['behind ms']:.0f} ms after the last line was stored it is seen.")  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=100_000)
    parser.add_argument("--lines", type=int, default=100_000)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.entities, arguments.lines))
