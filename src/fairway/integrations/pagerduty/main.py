"""PagerDuty: what is fetched, and which events are taken."""

from __future__ import annotations

from typing import Any

from fairway.integration.definition import Context, Integration
from fairway.integrations.pagerduty import source
from fairway.integrations.pagerduty.client import PagerDutyClient
from fairway.integrations.pagerduty.hooks import PATH, ensure_hook
from fairway.integrations.pagerduty.live import PROCESSORS
from fairway.integrations.pagerduty.selectors import SELECTORS

integration = Integration("pagerduty", selectors=SELECTORS, check=PagerDutyClient)
integration.on_start()(ensure_hook)

integration.on_resync("services")(source.services)
integration.on_resync("incidents")(source.incidents)
integration.on_resync("escalation_policies")(source.escalation_policies)
integration.on_resync("schedules")(source.schedules)
integration.on_resync("oncalls")(source.oncalls)
integration.on_resync("users")(source.users)
integration.on_resync("teams")(source.teams)

for processor in PROCESSORS:
    integration.webhook(PATH, processor)


@integration.on_probe()
async def probe(context: Context) -> Any:
    """What the credentials may do."""
    return await PagerDutyClient(context).http.get_json("abilities")
