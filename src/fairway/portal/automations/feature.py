"""The services of this feature, wired."""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from fairway.jq import Engine
from fairway.kit.clock import Clock
from fairway.portal.actions.service import ActionService
from fairway.portal.automations.documents import EventDocuments
from fairway.portal.automations.events import EventBuilder
from fairway.portal.automations.insight import AutomationInsight
from fairway.portal.automations.listening import NAME, Listening
from fairway.portal.automations.starting import AutomationRuns
from fairway.portal.automations.timer_following import FollowTimers
from fairway.portal.automations.timers import Timers
from fairway.portal.caller import Caller
from fairway.portal.catalog.wiring import Catalog
from fairway.portal.runs.service import RunService
from fairway.portal.storage import Database
from fairway.portal.storage.consumers import Consumer, start_at_end
from fairway.portal.storage.jobs import JobHandler


@dataclass(frozen=True, slots=True)
class Automations:
    """What starts runs by itself."""

    listening: Listening
    insight: AutomationInsight
    consumers: tuple[Consumer, ...]
    job_handlers: tuple[JobHandler, ...]


async def build_automations(
    db: Database,
    clock: Clock,
    jq: Engine,
    catalog: Catalog,
    actions: ActionService,
    runs: RunService,
    *,
    system: Caller,
    registry: CollectorRegistry,
) -> Automations:
    """Wires the feature. Automations hear of what happens from the first start on, not of the history before it."""
    await db.write(lambda tx: start_at_end(tx, NAME))
    documents = EventDocuments(db, catalog.schemas, catalog.reader, jq)
    listening = Listening(db, clock, jq, EventBuilder(db, documents, actions), system, registry)
    listening.add(AutomationRuns(db, clock, actions, runs, system))
    timers = Timers(db, clock, catalog.schemas, system)
    await timers.schedule()
    catalog.blueprints.observe(FollowTimers(catalog.schemas))
    return Automations(
        listening, AutomationInsight(db, actions), (listening.consumer, timers.consumer), (timers.job_handler,)
    )
