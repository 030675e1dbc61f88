"""Everything about GitOps sources that the composition root builds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fairway.kit.clock import Clock, to_millis
from fairway.kit.crypto import SecretBox
from fairway.kit.http import DestinationPolicy
from fairway.kit.settings import Settings
from fairway.portal.catalog.wiring import Catalog
from fairway.portal.sources.gitops import repository, schedule
from fairway.portal.sources.gitops.catalog import Parts
from fairway.portal.sources.gitops.checking import CheckService
from fairway.portal.sources.gitops.desk import DeskService
from fairway.portal.sources.gitops.engines import Engines, Surroundings
from fairway.portal.sources.gitops.events import EventWorker
from fairway.portal.sources.gitops.insight import InsightService
from fairway.portal.sources.gitops.intake import HookIntake
from fairway.portal.sources.gitops.ledger_store import DatabaseLedger
from fairway.portal.sources.gitops.model import Outcome
from fairway.portal.sources.gitops.passes import PassWorker
from fairway.portal.sources.gitops.removal import RemovalWorker
from fairway.portal.sources.gitops.service import SourceService
from fairway.portal.sources.gitops.settings import Rules
from fairway.portal.sources.gitops.sight import EntitySight
from fairway.portal.storage import Database, Tx
from fairway.portal.storage.jobs import JobHandler


@dataclass(frozen=True, slots=True)
class Gitops:
    """The services of GitOps sources."""

    db: Database
    clock: Clock
    ledger: DatabaseLedger
    engines: Engines
    sources: SourceService
    checks: CheckService
    desk: DeskService
    insight: InsightService
    intake: HookIntake
    job_handlers: list[JobHandler]

    async def start(self) -> None:
        """Events may have been lost while no process ran: passes follow soon."""
        await self.db.write(self._start)

    async def _start(self, tx: Tx) -> None:
        now = to_millis(self.clock.now())
        for row in await repository.sources(tx):
            if row.enabled and row.removal is None and row.outcome != Outcome.REFUSED:
                await schedule.soon(tx, row.id, now, row.next_pass_at)

    async def aclose(self) -> None:
        """Closes clients, and gives leases back."""
        await self.engines.aclose()
        await self.ledger.close()


def build_gitops(
    settings: Settings, clock: Clock, db: Database, box: SecretBox, catalog: Catalog, org_id: str,
    environment: Mapping[str, str],
) -> Gitops:  # fmt: skip
    """The services, wired to each other. ``environment`` has the proxies."""
    policy = DestinationPolicy(private_networks=settings.outgoing_private_networks)
    sources = SourceService(
        db, clock, box, Rules(policy, settings.gitops_local_folder), settings.effective_base_url
    )  # fmt: skip
    ledger = DatabaseLedger(db)
    engines = Engines(
        Parts(db, catalog, ledger, org_id),
        Surroundings(clock, policy, environment, settings.data_dir / "gitops", settings.effective_base_url),
    )
    passes = PassWorker(db, clock, sources, engines, ledger, org_id)
    events = EventWorker(db, clock, sources, engines, ledger, org_id)
    removals = RemovalWorker(db, clock, sources, engines, ledger, org_id)
    return Gitops(
        db, clock, ledger, engines, sources,
        CheckService(db, sources, engines),
        DeskService(db, clock, sources, engines, ledger),
        InsightService(db, sources, engines, ledger, EntitySight(catalog)),
        HookIntake(db, clock, sources),
        [*passes.job_handlers, *events.job_handlers, *removals.job_handlers],
    )  # fmt: skip
