"""Where Bitbucket sends its events: a hook of each project, or of each repository where projects have none."""

from __future__ import annotations

from typing import Any

from fairway.integration.definition import Context
from fairway.integration.http import ThirdPartyError, ThirdPartyMissing, ThirdPartyRefused, ThirdPartyRejected
from fairway.integrations.bitbucket_server.client import Bitbucket, place, project_place
from fairway.integrations.bitbucket_server.live import PATH

OF_REPOSITORY = (
    "repo:modified", "repo:refs_changed", "pr:opened", "pr:from_ref_updated", "pr:modified", "pr:reviewer:updated",
    "pr:reviewer:approved", "pr:reviewer:unapproved", "pr:reviewer:needs_work", "pr:merged", "pr:declined",
    "pr:deleted",
)  # fmt: skip
OF_PROJECT = ("project:modified", *OF_REPOSITORY)
NAME = "Fairway"


async def ensure_hooks(context: Context) -> None:
    """Creates or mends them. What Bitbucket does not allow is told in the log; resyncs need no events."""
    secret = context.config.webhook_secret
    if context.base_url is None or secret is None:
        context.log.info("bitbucket_hooks_off", reason='they need OCEAN__BASE_URL and "webhookSecret"')
        return
    url = f"{context.base_url.rstrip('/')}/integration/{PATH}"
    body = {"name": NAME, "url": url, "active": True, "configuration": {"secret": secret.get_secret_value()}}
    bitbucket = Bitbucket(context)
    try:
        async for page in bitbucket.pages("projects"):
            for project in page:
                await _tried(bitbucket, project, body)
    except ThirdPartyError as error:
        context.log.warning("bitbucket_hooks_failed", reason=str(error), cause=error.cause)


async def _tried(bitbucket: Bitbucket, project: dict[str, Any], body: dict[str, Any]) -> None:
    """Refusals concern one project: no right to it, or events that this version does not know."""
    try:
        await _of_project(bitbucket, project, body)
    except (ThirdPartyRefused, ThirdPartyRejected) as error:
        bitbucket.context.log.warning(
            "bitbucket_hook_not_set_up", project=project["key"], reason=str(error), cause=error.cause
        )


async def _of_project(bitbucket: Bitbucket, project: dict[str, Any], body: dict[str, Any]) -> None:
    try:
        await _ensure(bitbucket, project_place(project), {**body, "events": list(OF_PROJECT)})
        return
    except ThirdPartyMissing:
        bitbucket.context.log.info("bitbucket_without_project_hooks", project=project["key"])
    async for page in bitbucket.pages(f"{project_place(project)}/repos"):
        for repository in page:
            await _ensure(bitbucket, place(repository), {**body, "events": list(OF_REPOSITORY)})


async def _ensure(bitbucket: Bitbucket, owner: str, body: dict[str, Any]) -> None:
    """Secrets of hooks are not always told, so an existing one is given ours; further ones with our address go."""
    path = f"{owner}/webhooks"
    own = [int(each["id"]) async for page in bitbucket.pages(path) for each in page if each.get("url") == body["url"]]
    if not own:
        (await bitbucket.http.send("POST", path, json=body)).require_ok()
    for number, hook in enumerate(own):
        method, content = ("DELETE", None) if number else ("PUT", body)
        (await bitbucket.http.send(method, f"{path}/{hook}", json=content)).require_ok()
