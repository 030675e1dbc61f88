"""Repositories as the source of truth, on this machine, without network: a portal, a git server, and what people do.

python examples/gitops/demo.py [FOLDER]        (or: make demo-gitops)

1. makes three dozen git repositories with a ``port.yml`` each, and serves them over HTTP;
2. starts a portal with the blueprints of this folder, and runs ``fairway gitops sync``;
3. pushes a change, takes an entity out of a file, breaks files, mends them, deletes a repository; after each it syncs
   and compares what the catalog says with what git says.

Ends with 1 when they differ. With a FOLDER, which must be empty, everything stays there afterwards.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # what demos share

from estate import Estate  # noqa: E402
from fairway.apply import execute, load, make_plan, read_state  # noqa: E402
from fairway.client import Credentials, PortalClient  # noqa: E402
from git_server import git_served  # noqa: E402
from programs import portal  # noqa: E402
from stage import Stage, told  # noqa: E402


async def play(stage: Stage) -> None:
    """What people do, one after the other."""
    estate, show = stage.estate, stage.show
    await show("The first pass: every repository is read", ("domain", "payments"), ("service", "payments-api"))

    await estate.change("payments/api", ("tier: 1", "tier: 3"), ('version: "1.00"', 'version: "2.10"'))
    await show("payments/api: a push changes tier and version", ("service", "payments-api"))

    text = estate.file("payments/api").read_text()
    await estate.change("payments/api", (text[text.index("---") :], ""))
    await show("payments/api: payments-ledger is taken out of the file", ("service", "payments-ledger"))

    await estate.change("search/web", ("  tier: 3", "\ttier: 1"))
    jobs = ("service", "search-jobs")
    await estate.change("search/jobs", ("tier: 1", "tier: first"), ("tier: 2", "tier: 3"), wrong=[jobs])
    await show(
        "search/web is no YAML any more, and one of two definitions in search/jobs is wrong: these stay as they were",
        ("service", "search-web"), jobs, ("service", "search-crawler"),
    )  # fmt: skip

    await estate.change("search/web", ("\ttier: 1", "  tier: 1"))
    await estate.change("search/jobs", ("tier: first", "tier: 2"))
    await show("Both are mended", ("service", "search-web"), jobs)

    before = estate.says()
    estate.remove("search/reports")
    await show(
        "search/reports is deleted: one listing without it is no proof, so its service stays for now",
        ("service", "search-reports"), expected=before,
    )  # fmt: skip
    stage.step += 1
    print(f"\n{stage.step}. An hour later it still is missing: the service goes", flush=True)
    report = await stage.sync_later(timedelta(hours=1, minutes=1))
    print(f"   a pass by a clock that is an hour ahead: {told(report)}")
    await stage.compare(report, ("service", "search-reports"))


async def demo(folder: Path) -> bool:
    """All of it; whether the catalog followed."""
    estate = Estate(folder)
    async with AsyncExitStack() as stack:
        building = asyncio.create_task(estate.build())
        at = await stack.enter_async_context(portal(folder / "data"))
        await building
        estate.publish(await stack.enter_async_context(git_served(estate.served)))
        credentials = Credentials(at.client_id, at.client_secret)
        client = await stack.enter_async_context(PortalClient(at.url, credentials, user_agent="gitops-demo"))
        async for _ in execute(
            client, make_plan(load([HERE / "catalog"]), await read_state(client, with_entities=False))
        ):
            pass
        print(f"portal at {at.url}, {len(estate.listed.read_text().splitlines())} repositories at {estate.url}")
        stage = Stage(folder, estate, at, client)
        await play(stage)
    return not stage.failed


def main() -> None:
    """Runs the demo in a folder that is removed afterwards, or in the one that is named."""
    began = time.monotonic()
    if len(sys.argv) > 1:
        folder = Path(sys.argv[1]).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise SystemExit(f'"{folder}" is not empty')
        followed = asyncio.run(demo(folder))
    else:
        with tempfile.TemporaryDirectory(prefix="fairway-gitops-") as name:
            followed = asyncio.run(demo(Path(name)))
    verdict = "The catalog followed git" if followed else "The catalog did not follow git"
    print(f"\n{verdict}, {time.monotonic() - began:.0f} s")
    raise SystemExit(0 if followed else 1)


if __name__ == "__main__":
    main()
