"""Executes one run of an action without a portal (contract sections 12 and 17)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from fairway.integration.actions import ActionRun, Runs, Work
from fairway.integration.definition import Integration
from fairway.integration.http import HttpSettings, OutboundGuard, ThirdPartyHttp
from fairway.integration.model import Trigger
from fairway.integration.testing.running import context_for


class Told(Runs):
    """What would have been reported: ``reports`` are method, path and body in order. ``runs`` are found by the external
    identifiers that were told."""

    def __init__(self) -> None:
        self.reports: list[tuple[str, str, dict[str, Any]]] = []
        self.runs: dict[str, ActionRun] = {}

    async def started(self, run: ActionRun, *, external_id: str | None = None, **more: Any) -> None:
        """As of ``Runs``."""
        if external_id is not None:
            self.runs[external_id] = run
        await super().started(run, external_id=external_id, **more)

    async def find(self, external_id: str) -> ActionRun | None:
        """Among those that were started."""
        return self.runs.get(external_id)

    @property
    def changes(self) -> list[dict[str, Any]]:
        """The bodies of reports that are no log lines."""
        return [body for method, _, body in self.reports if method == "PATCH"]

    @property
    def lines(self) -> list[str]:
        """The log of an action's run."""
        return [str(body["message"]) for method, _, body in self.reports if method == "POST"]

    async def _add(
        self, work: Work, identifier: str, method: Literal["PATCH", "POST"], path: str, body: Any, *, ends: bool = False
    ) -> None:
        self.reports.append((method, path, body))


async def execute_action(
    integration: Integration,
    name: str,
    properties: Mapping[str, Any],
    *,
    config: Any = None,
    told: Told | None = None,
    base_url: str | None = "http://integration.example.com",
) -> Told:
    """What the executor of ``name`` reports of a run with these properties.

    Raises:
        Exception: what it raises; in a process the run fails with it.
    """
    told = told or Told()
    http = ThirdPartyHttp(HttpSettings(guard=OutboundGuard(enabled=False)))
    context = replace(
        context_for(integration, http=http, config=config, trigger=Trigger.REQUEST), runs=told, base_url=base_url
    )
    try:
        run = ActionRun("run", "r_test", name, "test", dict(properties))
        await integration.actions[name](context, told).execute(run)
    finally:
        await http.aclose()
    return told
