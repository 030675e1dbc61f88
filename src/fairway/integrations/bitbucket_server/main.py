"""Registration: which kinds there are, who fetches them, and who takes events."""

from __future__ import annotations

from fairway.integration.definition import Context, Integration
from fairway.integrations.bitbucket_server import source
from fairway.integrations.bitbucket_server.client import Bitbucket
from fairway.integrations.bitbucket_server.hooks import ensure_hooks
from fairway.integrations.bitbucket_server.live import PATH, PROCESSORS
from fairway.integrations.bitbucket_server.selectors import SELECTORS

integration = Integration("bitbucket-server", selectors=SELECTORS, check=Bitbucket)

integration.on_start()(ensure_hooks)
integration.on_resync("project")(source.projects)
integration.on_resync("repository")(source.repositories)
integration.on_resync("pull-request")(source.pull_requests)
integration.on_resync("user")(source.users)
for processor in PROCESSORS:
    integration.webhook(PATH, processor)


@integration.on_probe()
async def reachable(context: Context) -> None:
    """Projects can be listed."""
    await Bitbucket(context).http.get_json("projects", params={"limit": 1})
