"""Jira: what is fetched, and which events are taken."""

from __future__ import annotations

from typing import Any

from fairway.integration.definition import Context, Integration
from fairway.integrations.jira import source
from fairway.integrations.jira.client import JiraClient
from fairway.integrations.jira.hooks import PATH, ensure_hook
from fairway.integrations.jira.live import PROCESSORS
from fairway.integrations.jira.selectors import SELECTORS

integration = Integration("jira", selectors=SELECTORS, check=JiraClient)
integration.on_start()(ensure_hook)

integration.on_resync("project")(source.projects)
integration.on_resync("issue")(source.issues)
integration.on_resync("user")(source.users)
integration.on_resync("team")(source.teams)
integration.on_resync("board")(source.boards)
integration.on_resync("sprint")(source.sprints)
integration.on_resync("epic")(source.epics)
integration.on_resync("release")(source.releases)
integration.on_resync("component")(source.components)
integration.on_resync("worklog")(source.worklogs)

for processor in PROCESSORS:
    integration.webhook(PATH, processor)


@integration.on_probe()
async def probe(context: Context) -> Any:
    """Who the credentials belong to."""
    return await JiraClient(context).get("myself")
