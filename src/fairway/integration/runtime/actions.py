"""Actions in the process: the journal beside the state file, executors, and reports (contract section 12)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from fairway.integration.actions import ActionFigures, Actions, Runs
from fairway.integration.actions.claims import Claims
from fairway.integration.actions.journal import ActionJournal
from fairway.integration.definition import Context, Integration
from fairway.integration.manifest.spec import Spec
from fairway.integration.model import Trigger
from fairway.integration.portal_api import PortalApi
from fairway.integration.settings.model import Settings
from fairway.kit.errors import InvalidRequest
from fairway.kit.logs import get_logger

log = get_logger(__name__)
_EXECUTING = frozenset({"POLLING", "KAFKA", "WEBHOOK", "ACTIONS_ONLY"})
_LAST_REPORTS_SECONDS = 3.0
_ENABLED = "OCEAN__ACTIONS_PROCESSOR__ENABLED"


class ActionDesk:
    """``actions`` is none where this process only reports: on runs whose end an event tells of."""

    def __init__(self, runs: Runs, actions: Actions | None) -> None:
        self.runs = runs
        self._actions = actions

    def document(self) -> dict[str, Any] | None:
        """For ``/status``."""
        return None if self._actions is None else self._actions.document()

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop`` and the end of what is under way; then what can be reported at once is."""
        over = asyncio.Event()
        delivering = asyncio.create_task(self.runs.deliver(over))
        try:
            await (self._actions.run(stop) if self._actions is not None else stop.wait())
            over.set()
            async with asyncio.timeout(_LAST_REPORTS_SECONDS):
                await delivering
                while await self.runs.flush():
                    pass
        except TimeoutError:
            log.warning("reports_left", count=self.runs.waiting)
        finally:
            delivering.cancel()


def check_actions(settings: Settings, spec: Spec, integration: Integration) -> None:
    """Whether what the settings ask for can be done.

    Raises:
        InvalidRequest: actions are wanted, and the integration has none; or the process would do nothing.
    """
    enabled = settings.actions_processor.enabled
    if settings.event_listener.type == "ACTIONS_ONLY" and not enabled:
        raise InvalidRequest(f"OCEAN__EVENT_LISTENER__TYPE is ACTIONS_ONLY, so {_ENABLED} has to be true")
    if not enabled:
        return
    if not spec.actions_processing_enabled:
        text = 'the specification of the integration does not say "actionsProcessingEnabled: true"'
        raise InvalidRequest(f"{_ENABLED} is true, but {text}: it has no actions")
    if not integration.actions:
        raise InvalidRequest(f"{_ENABLED} is true, but main.py registers no executor of actions")


@asynccontextmanager
async def action_desk(
    settings: Settings, api: PortalApi, context: Context, path: Path
) -> AsyncIterator[ActionDesk | None]:
    """Open while the block runs; ``context.runs`` is set from then on. ``None`` where there are no actions."""
    listener, executors = settings.event_listener, context.integration.actions
    executes = settings.actions_processor.enabled and listener.type in _EXECUTING and listener.should_run_actions
    if not executors or not (executes or listener.type == "WEBHOOKS_ONLY"):
        yield None
        return
    journal = ActionJournal(path, context.clock)
    await journal.open()
    try:
        runs = Runs(api.client, journal)
        context.runs = runs
        actions = _actions(settings, api, context, journal, runs) if executes else None
        yield ActionDesk(runs, actions)
    finally:
        await journal.aclose()


def _actions(settings: Settings, api: PortalApi, context: Context, journal: ActionJournal, runs: Runs) -> Actions:
    given = settings.actions_processor
    own = replace(context, trigger=Trigger.REQUEST)
    return Actions(
        Claims(api.client, api.installation.identifier, given.visibility_timeout_ms),
        journal,
        runs,
        {name: each(own, runs) for name, each in context.integration.actions.items()},
        ActionFigures(
            workers=given.workers_count,
            watermark=given.runs_buffer_high_watermark,
            poll_seconds=given.poll_check_interval_seconds,
            visibility_ms=given.visibility_timeout_ms,
            share_percent=given.max_runs_buffer_util_pct_per_action,
        ),
    )
