"""The webhook subscription at PagerDuty: one, with our address, our token and the events that the kinds follow."""

from __future__ import annotations

import hashlib
from typing import Any

from fairway.integration.definition import Context
from fairway.integration.http import ThirdPartyMissing, ThirdPartyRefused
from fairway.integration.model import RawItem
from fairway.integrations.pagerduty.client import PagerDutyClient

PATH = "webhook"
ROUTE = "webhook_subscriptions"
TOKEN_HEADER = "x-fairway-token"  # noqa: S105 the name of a header
EVENTS = [
    "incident.acknowledged", "incident.annotated", "incident.delegated", "incident.escalated",
    "incident.priority_updated", "incident.reassigned", "incident.reopened", "incident.resolved",
    "incident.responder.added", "incident.responder.replied", "incident.status_update_published",
    "incident.triggered", "incident.unacknowledged", "service.created", "service.deleted", "service.updated",
]  # fmt: skip


async def ensure_hook(context: Context) -> None:
    """Creates the subscription. One that is inactive or made with other events or another secret is replaced: the new
    one first, so that no event is lost. PagerDuty makes the secret of signatures itself and tells it once, so
    subscriptions made here carry ours in a header."""
    secret = context.config.webhook_secret
    if context.base_url is None or secret is None:
        return
    url = f"{context.base_url.rstrip('/')}/integration/{PATH}"
    body = _body(url, secret.get_secret_value())
    client = PagerDutyClient(context)
    try:
        pages = client.all(ROUTE)
        own = [each async for page in pages for each in page if (each.get("delivery_method") or {}).get("url") == url]
        good = [each for each in own if _as_wanted(each, body)][:1]
        if not good:
            (await client.http.send("POST", ROUTE, json={"webhook_subscription": body})).require_ok()
        for old in own:
            if old not in good:
                (await client.http.send("DELETE", f"{ROUTE}/{old['id']}")).require_ok()
    except (ThirdPartyRefused, ThirdPartyMissing) as error:
        context.log.warning("pagerduty_hook_not_set_up", reason=str(error), hint="create it by hand; see the README")
    else:
        context.log.info("pagerduty_hook_ready", created=not good, removed=len(own) - len(good))


def _as_wanted(hook: RawItem, body: RawItem) -> bool:
    return (
        hook.get("active") is True
        and not (hook.get("delivery_method") or {}).get("temporarily_disabled")
        and hook.get("description") == body["description"]
        and sorted(hook.get("events") or []) == sorted(body["events"])
    )


def _body(url: str, secret: str) -> dict[str, Any]:
    mark = hashlib.sha256(f"{url} {secret}".encode()).hexdigest()[:12]
    return {
        "type": "webhook_subscription",
        "description": f"Fairway {mark}",
        "delivery_method": {
            "type": "http_delivery_method",
            "url": url,
            "custom_headers": [{"name": TOKEN_HEADER, "value": secret}],
        },
        "events": EVENTS,
        "filter": {"type": "account_reference"},
    }
