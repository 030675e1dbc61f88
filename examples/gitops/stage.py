"""Everything that runs: portal, git server and synchronisation; and how a step is shown."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from comparing import Content, differences, shown
from estate import Estate, Key
from fairway.client import Credentials, PortalClient
from fairway.gitops.forges.base import ForgeKind
from fairway.gitops.forges.settings import ForgeSettings, open_forge
from fairway.gitops.ledger.file_store import FileLedger
from fairway.gitops.options import SourceOptions
from fairway.gitops.portal_api import USER_AGENT, PortalCatalog
from fairway.gitops.sync.engine import Engine
from fairway.kit.clock import SystemClock
from programs import FAIRWAY, Portal

SOURCE = "demo"
HELD_BACK = (0, 2)
"""Exit codes of a pass that came to its end: all is done, or some definitions are wrong."""


class LaterClock(SystemClock):
    """This machine's clock, so much ahead."""

    def __init__(self, ahead: timedelta) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        """See :class:`~fairway.kit.clock.Clock`."""
        return super().now() + self._ahead


@dataclass
class Stage:
    """Everything that runs."""

    folder: Path
    estate: Estate
    at: Portal
    client: PortalClient
    step: int = 0
    failed: bool = False

    async def sync(self) -> tuple[int, dict[str, Any]]:
        """``fairway gitops sync``: its exit code, and its report."""
        report = self.folder / "report.json"
        environment = {
            **os.environ, **self.at.environment, "PORT_API_URL": self.at.url, "GITOPS_FORGE": "git",
            "GITOPS_URL": str(self.estate.listed), "GITOPS_SOURCE": SOURCE, "GITOPS_STATE": str(self._ledger),
            "GITOPS_REPORT": str(report), "GITOPS_CACHE": str(self.folder / "cache"),
        }  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            *FAIRWAY, "gitops", "sync", env=environment, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
        if process.returncode not in HELD_BACK:
            raise SystemExit(f"fairway gitops sync ended with {process.returncode}: {output.decode()}")
        return process.returncode, json.loads(report.read_bytes())

    async def sync_later(self, ahead: timedelta) -> dict[str, Any]:
        """The same pass, in this program and by a clock that is ahead; its report."""
        clock = LaterClock(ahead)
        settings = ForgeSettings(ForgeKind.GIT, str(self.estate.listed), cache=self.folder / "cache")
        store = FileLedger(self._ledger)
        await store.open()
        forge = open_forge(settings, clock=clock)
        credentials = Credentials(self.at.client_id, self.at.client_secret)
        try:
            async with PortalClient(self.at.url, credentials, user_agent=USER_AGENT) as client:
                options = SourceOptions(deletion_grace_seconds=0)
                engine = Engine(SOURCE, forge, PortalCatalog(client), store, options, clock)
                return (await engine.reconcile()).document()
        finally:
            await forge.close()
            await store.close()

    @property
    def _ledger(self) -> Path:
        return self.folder / "ledger.db"

    async def catalog(self) -> Content:
        """What the catalog says."""
        found: Content = {}
        for blueprint in ("domain", "service"):
            for each in (await self.client.get(f"/blueprints/{blueprint}/entities"))["entities"]:
                found[blueprint, each["identifier"]] = {**each["properties"], **each["relations"]}
        return found

    async def show(self, title: str, *about: Key, expected: Content | None = None) -> None:
        """Syncs, and prints what the catalog says of some entities, and of all the others when it is wrong."""
        self.step += 1
        print(f"\n{self.step}. {title}", flush=True)
        code, report = await self.sync()
        print(f"   fairway gitops sync: exit code {code}, {told(report)}")
        await self.compare(report, *about, expected=expected)

    async def compare(self, report: dict[str, Any], *about: Key, expected: Content | None = None) -> None:
        """The table of one step. ``expected`` stands for what git says where the catalog is meant to differ."""
        git, catalog = self.estate.says(), await self.catalog()
        wrong = differences(git if expected is None else expected, catalog)
        stale = self.estate.stale
        rows = [
            (key, ("before: " if key in stale else "") + shown(git.get(key)), shown(catalog.get(key))) for key in about
        ]
        rows += [each for each in wrong if each[0] not in about]
        lines = [("", "git says", "the catalog says"), ("entities", str(len(git)), str(len(catalog)))]
        lines += [("/".join(key), said, known) for key, said, known in rows]
        for first, second, third in lines:
            print(f"   {first:<26} {second:<32} {third}")
        for each in report["diagnostics"]:
            file = self.estate.file(each["repository"])
            print(f"   {file}:{each['line']}:{each['column']}: {each['code']}: {each['message']}")
        if wrong:
            self.failed = True
            print(f"   THE CATALOG DOES NOT FOLLOW: {len(wrong)} entities differ")


def told(report: dict[str, Any]) -> str:
    """A report in a few words."""
    seen, made = report["repositories"], report["entities"]
    return (
        f"{report['status']} in {report['seconds']:.1f} s; repositories: {seen['changed']} changed, "
        f"{seen['unchanged']} unchanged; entities: {made['created']} created, {made['updated']} updated, "
        f"{made['deleted']} deleted"
    )
