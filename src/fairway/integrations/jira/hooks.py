"""The webhook at Jira: one, with our address, our secret and all events that the kinds follow."""

from __future__ import annotations

from typing import Any

from fairway.integration.definition import Context
from fairway.integration.http import ThirdPartyMissing, ThirdPartyRefused
from fairway.integration.model import RawItem
from fairway.integrations.jira.client import JiraClient

PATH = "webhook"
ROUTE = "rest/webhooks/1.0/webhook"
EVENTS = [
    *(f"jira:issue_{what}" for what in ("created", "updated", "deleted")),
    *(f"project_{what}" for what in ("created", "updated", "deleted", "soft_deleted", "restored_deleted")),
    *(f"project_{what}" for what in ("archived", "restored_archived")),
    *(f"user_{what}" for what in ("created", "updated", "deleted")),
    *(f"board_{what}" for what in ("created", "updated", "deleted", "configuration_changed")),
    *(f"sprint_{what}" for what in ("created", "updated", "started", "closed", "deleted")),
    *(f"jira:version_{what}" for what in ("created", "updated", "released", "unreleased", "moved", "deleted")),
    *(f"worklog_{what}" for what in ("created", "updated", "deleted")),
]


async def ensure_hook(context: Context) -> None:
    """Creates the hook, or writes it anew: what Jira keeps as secret cannot be read, so it is sent at every start.
    Nobody but administrators may; without that right, events are set up by hand."""
    secret = context.config.webhook_secret
    if context.base_url is None or secret is None:
        return
    url = f"{context.base_url.rstrip('/')}/integration/{PATH}"
    body = _body(url, secret.get_secret_value())
    http = JiraClient(context).http
    try:
        own = [hook for hook in await http.get_json(ROUTE) if hook.get("url") == url]
        if not own:
            (await http.send("POST", ROUTE, json=body)).require_ok()
        for number, hook in enumerate(own):
            route = f"{ROUTE}/{_number(hook)}"
            method, content = ("DELETE", None) if number else ("PUT", body)
            (await http.send(method, route, json=content)).require_ok()
    except (ThirdPartyRefused, ThirdPartyMissing) as error:
        context.log.warning("jira_hook_not_set_up", reason=str(error), hint="create it by hand; see the README")
    else:
        context.log.info("jira_hook_ready", created=not own, removed=max(0, len(own) - 1))


def _number(hook: RawItem) -> str:
    """Hooks have no ``id``; the address of their own ends with it."""
    return str(hook["self"]).rstrip("/").rpartition("/")[2]


def _body(url: str, secret: str) -> dict[str, Any]:
    return {
        "name": "Fairway",
        "url": url,
        "events": EVENTS,
        "filters": {"issue-related-events-section": ""},
        "excludeBody": False,
        "enabled": True,
        "secret": secret,
    }
