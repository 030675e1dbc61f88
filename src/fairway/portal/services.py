"""The composition root: every service of the portal, built once from settings, clock and database."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field

from fairway.jq import Engine
from fairway.kit.clock import Clock
from fairway.kit.crypto import SecretBox
from fairway.kit.settings import Settings
from fairway.portal.access.bootstrap import ensure_principals, load_identity
from fairway.portal.access.explain import ExplainService
from fairway.portal.access.keys import Keys
from fairway.portal.access.service import Access, build_access
from fairway.portal.actions.feature import Actions, build_actions
from fairway.portal.audit.feature import Audit, build_audit
from fairway.portal.automations.feature import Automations, build_automations
from fairway.portal.caller import system_caller
from fairway.portal.catalog.permission_source import CatalogPermissions
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.catalog.search.lookups import SearchLookups
from fairway.portal.catalog.wiring import Catalog, build_catalog
from fairway.portal.http.metrics import Metrics
from fairway.portal.organization.secrets import SecretsService
from fairway.portal.organization.service import OrganizationService, OrgInfo, ensure_organization
from fairway.portal.pages.feature import Pages, build_pages
from fairway.portal.people.service import People, build_people
from fairway.portal.runs.delivery.feature import Surroundings
from fairway.portal.runs.feature import Runs, build_runs
from fairway.portal.scorecards.feature import Scorecards, build_scorecards
from fairway.portal.sources.feature import Sources, build_sources
from fairway.portal.sources.gitops.feature import build_gitops
from fairway.portal.storage.consumers import Consumer
from fairway.portal.storage.database import Database, open_database
from fairway.portal.storage.jobs import JobHandler
from fairway.portal.workflows.feature import Below, Workflows, build_workflows


@dataclass
class Portal:
    """What a portal process consists of."""

    settings: Settings
    clock: Clock
    db: Database
    jq: Engine
    box: SecretBox
    metrics: Metrics
    schemas: SchemaCache
    org: OrgInfo
    access: Access
    catalog: Catalog
    pages: Pages
    audit: Audit
    organization: OrganizationService
    secrets: SecretsService
    sources: Sources
    people: People
    scorecards: Scorecards
    actions: Actions
    runs: Runs
    automations: Automations
    workflows: Workflows
    explain: ExplainService
    consumers: list[Consumer] = field(default_factory=list)
    job_handlers: list[JobHandler] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    """Lines for the person who starts the portal, such as a login that was generated just now; shown once."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the server begins to drain: long-lived answers end themselves."""

    async def close(self) -> None:
        """Releases everything, last opened first."""
        await self.sources.gitops.aclose()
        await self.catalog.reader.close()
        await self.runs.aclose()
        await self.audit.aclose()
        await self.access.oidc.aclose()
        await self.jq.aclose()
        await self.db.close()


async def build_portal(settings: Settings, clock: Clock) -> Portal:
    """Opens the database and wires every service.

    Raises:
        FairwayError: the settings do not work; the message says which and why.
    """
    identity = load_identity(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    db = await open_database(settings)
    jq = Engine()
    box = SecretBox(identity.secret_key)
    keys = Keys(identity.secret_key)
    org = await ensure_organization(db, settings, clock)
    await ensure_principals(db, identity, clock, keys, box)
    access = build_access(settings, clock, db, keys, box, org_id=org.id, org_name=org.name)
    schemas = SchemaCache()
    catalog = build_catalog(db, clock, schemas, jq, org.id, settings.restore_retention_days)
    pages = await build_pages(db, clock, system_caller(org.id))
    stopping = asyncio.Event()
    audit = await build_audit(settings, clock, db, schemas, access.apps, org_id=org.id, stopping=stopping)
    gitops = build_gitops(settings, clock, db, box, catalog, org.id, os.environ)
    sources = build_sources(db, clock, box, jq, catalog.entities, settings.effective_base_url, org.id, gitops)
    scorecards = build_scorecards(db, clock, catalog, system_caller(org.id))
    actions = build_actions(db, clock, catalog, jq, access, org_id=org.id)
    organization, secrets, metrics = OrganizationService(db, clock), SecretsService(db, clock, box), Metrics()
    around = Surroundings(
        settings, clock, db, jq, box, access, catalog.entities, secrets, organization, audit.kafka, audit.http, org.id
    )
    runs = await build_runs(around, actions, catalog, stopping)
    automations = await build_automations(
        db, clock, jq, catalog, actions.definitions, runs.service,
        system=system_caller(org.id), registry=metrics.registry,
    )  # fmt: skip
    workflows = await build_workflows(Below(settings, clock, db, box, jq, access, catalog, actions, runs, org.id))
    automations.listening.add(workflows.triggers)
    portal = Portal(
        settings, clock, db, jq, box, metrics, schemas, org, access, catalog, pages, audit,
        organization, secrets, sources,
        build_people(db, clock, access, catalog, org.id), scorecards, actions, runs, automations, workflows,
        ExplainService(db, CatalogPermissions(db, schemas, SearchLookups(clock)), org.id),
        notices=identity.notices(), stopping=stopping,
    )  # fmt: skip
    portal.explain.actions = actions.explainer
    portal.job_handlers.extend([sources.worker.job_handler, *gitops.job_handlers])
    portal.consumers.extend([scorecards.background.consumer, *audit.consumers])
    portal.job_handlers.extend(audit.job_handlers)
    portal.job_handlers.extend(scorecards.background.job_handlers)
    for each in (runs, automations):
        portal.consumers.extend(each.consumers)
    for part in (runs, automations, workflows):
        portal.job_handlers.extend(part.job_handlers)
    portal.job_handlers.append(catalog.migrations.job_handler)
    portal.job_handlers.append(catalog.finding.builder.job_handler)
    catalog.blueprints.observe(pages.of_blueprints)
    await catalog.blueprints.ensure_system(system_caller(org.id))
    await portal.people.arrivals.ensure_administrator(identity, keys)
    await gitops.start()
    return portal
