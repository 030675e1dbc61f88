"""SonarQube: what is fetched, and which events are taken."""

from __future__ import annotations

from typing import Any

from fairway.integration.definition import Context, Integration
from fairway.integration.http import ThirdPartyRefused
from fairway.integrations.sonarqube import source
from fairway.integrations.sonarqube.client import SonarClient
from fairway.integrations.sonarqube.hooks import PATH, ensure_hook
from fairway.integrations.sonarqube.live import PROCESSORS
from fairway.integrations.sonarqube.selectors import SELECTORS

integration = Integration("sonarqube", selectors=SELECTORS, check=SonarClient)
integration.on_start()(ensure_hook)

integration.on_resync("projects_ga")(source.projects)
integration.on_resync("issues")(source.issues)
integration.on_resync("analysis")(source.analyses)
integration.on_resync("portfolios")(source.portfolios)

for processor in PROCESSORS:
    integration.webhook(PATH, processor)


@integration.on_probe()
async def probe(context: Context) -> Any:
    """Whether the token is good, which SonarQube answers with status 200 either way."""
    found = await SonarClient(context).get("authentication/validate")
    if found.get("valid") is not True:
        raise ThirdPartyRefused("SonarQube does not accept the token of `sonarApiToken`")
    return found
