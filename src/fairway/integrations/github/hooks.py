"""Where GitHub sends its events: set up, and mended, at the start."""

from __future__ import annotations

from typing import Any

from fairway.integration.definition import Context
from fairway.integration.http import ThirdPartyError
from fairway.integrations.github.client import GitHub, Organization, segment
from fairway.integrations.github.live import PATH

EVENTS = (
    "code_scanning_alert", "dependabot_alert", "deployment", "deployment_status", "issues", "member", "membership",
    "organization", "pull_request", "push", "release", "repository", "team", "workflow_run",
)  # fmt: skip


async def set_up(context: Context) -> None:
    """One hook for each organization, or that of the app, whose events are chosen in its own settings. What GitHub does
    not allow is told in the log; resyncs need no events."""
    github = GitHub(context)
    secret = github.settings.secret
    if context.base_url is None or not secret:
        context.log.info("github_hooks_off", reason='they need OCEAN__BASE_URL and "webhookSecret"')
        return
    url = f"{context.base_url.rstrip('/')}/integration/{PATH}"
    config = {"url": url, "content_type": "json", "insecure_ssl": "0", "secret": secret}
    try:
        if github.app_http is not None:
            (await github.app_http.send("PATCH", "/app/hook/config", json=config, retryable=True)).require_ok()
            return
        for organization in await github.organizations():
            await _organization_hook(organization, config)
    except ThirdPartyError as error:
        context.log.warning("github_hooks_failed", error=str(error), cause=error.cause)


async def _organization_hook(organization: Organization, config: dict[str, Any]) -> None:
    """Secrets of hooks are not told, so an existing one is always given ours."""
    path = f"/orgs/{segment(organization.login)}/hooks"
    body = {"active": True, "events": list(EVENTS), "config": config}
    async for page in organization.pages(path):
        for hook in page:
            if (hook.get("config") or {}).get("url") == config["url"]:
                answer = await organization.http.send("PATCH", f"{path}/{int(hook['id'])}", json=body, retryable=True)
                answer.require_ok()
                return
    (await organization.http.send("POST", path, json={"name": "web", **body})).require_ok()
