"""Where GitLab sends its events: set up, and mended, at the start."""

from __future__ import annotations

from typing import Any

from fairway.integration.definition import Context
from fairway.integration.http import ThirdPartyError
from fairway.integrations.gitlab.client import GitLab
from fairway.integrations.gitlab.live import PATH
from fairway.integrations.gitlab.source import root_groups

EVENTS = (
    "push_events", "tag_push_events", "merge_requests_events", "issues_events", "confidential_issues_events",
    "pipeline_events", "job_events", "releases_events", "deployment_events", "member_events", "subgroup_events",
    "project_events",
)  # fmt: skip


async def set_up(context: Context) -> None:
    """One hook at each group that has none above it. Where the edition has no hooks of groups, or the token may make
    none, that is told in the log; resyncs need no events."""
    gitlab = GitLab(context)
    if context.base_url is None or not gitlab.settings.secret:
        context.log.info("gitlab_hooks_off", reason='they need OCEAN__BASE_URL and "webhookSecret"')
        return
    url = f"{context.base_url.rstrip('/')}/integration/{PATH}"
    body = {"url": url, "token": gitlab.settings.secret, "enable_ssl_verification": url.startswith("https:")}
    wanted = {**body, **dict.fromkeys(EVENTS, True)}
    try:
        groups = await root_groups(gitlab)
    except ThirdPartyError as error:
        context.log.warning("gitlab_hooks_failed", error=str(error), cause=error.cause)
        return
    for group in groups:
        try:
            await _group_hook(gitlab, group["id"], wanted)
        except ThirdPartyError as error:
            context.log.warning("gitlab_hooks_failed", group=group["full_path"], error=str(error), cause=error.cause)


async def _group_hook(gitlab: GitLab, group: int, wanted: dict[str, Any]) -> None:
    """GitLab does not tell the secret, so an existing one is always given ours; others with our address, which would
    send everything twice, go."""
    path = f"/groups/{group}/hooks"
    ours = [int(hook["id"]) for hook in await gitlab.whole(path) if hook.get("url") == wanted["url"]]
    if not ours:
        (await gitlab.http.send("POST", path, json=wanted)).require_ok()
        return
    (await gitlab.http.send("PUT", f"{path}/{ours[0]}", json=wanted)).require_ok()
    for number in ours[1:]:
        (await gitlab.http.send("DELETE", f"{path}/{number}")).require_ok()
