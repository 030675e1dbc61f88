"""Argo CD: what is fetched, and which events are taken."""

from __future__ import annotations

from typing import Any

from fairway.integration.definition import Context, Integration
from fairway.integration.http import ThirdPartyRefused
from fairway.integrations.argocd import source
from fairway.integrations.argocd.client import ArgoClient
from fairway.integrations.argocd.live import PATH, PROCESSORS
from fairway.integrations.argocd.selectors import SELECTORS

integration = Integration("argocd", selectors=SELECTORS, check=ArgoClient)

integration.on_resync("cluster")(source.clusters)
integration.on_resync("project")(source.projects)
integration.on_resync("application")(source.applications)
integration.on_resync("deployment-history")(source.histories)
integration.on_resync("kubernetes-resource")(source.resources)
integration.on_resync("managed-resource")(source.managed_resources)

for processor in PROCESSORS:
    integration.webhook(PATH, processor)


@integration.on_probe()
async def probe(context: Context) -> Any:
    """Who the token belongs to, which Argo CD answers with status 200 to anybody."""
    found = await ArgoClient(context).http.get_json("api/v1/session/userinfo")
    if found.get("loggedIn") is not True:
        raise ThirdPartyRefused("Argo CD does not accept the token of `token`")
    return found
