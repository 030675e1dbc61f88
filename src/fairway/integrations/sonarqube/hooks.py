"""The webhook at SonarQube: one, for all projects of the Server or of the organisation."""

from __future__ import annotations

from fairway.integration.definition import Context
from fairway.integration.http import ThirdPartyMissing, ThirdPartyRefused, form
from fairway.integrations.sonarqube.client import SonarClient

PATH = "webhook"
NAME = "Fairway"


async def ensure_hook(context: Context) -> None:
    """Creates the webhook, or writes it anew: its secret cannot be read, so it is sent at every start. Only
    administrators may; without that right the webhook is set up by hand."""
    secret = context.config.webhook_secret
    if context.base_url is None or secret is None:
        return
    url = f"{context.base_url.rstrip('/')}/integration/{PATH}"
    fields = {"name": NAME, "url": url, "secret": secret.get_secret_value()}
    sonar = SonarClient(context)
    try:
        listed = (await sonar.get("webhooks/list", **sonar.own))["webhooks"]
        own = [hook["key"] for hook in listed if hook.get("url") == url]
        if not own:
            await _post(sonar, "create", {**fields, **sonar.own})
        for number, key in enumerate(own):
            await _post(sonar, "delete" if number else "update", {"webhook": key, **({} if number else fields)})
    except (ThirdPartyRefused, ThirdPartyMissing) as error:
        context.log.warning("sonarqube_hook_not_set_up", reason=str(error), hint="create it by hand; see the README")
    else:
        context.log.info("sonarqube_hook_ready", created=not own, removed=max(0, len(own) - 1))


async def _post(sonar: SonarClient, action: str, fields: dict[str, str]) -> None:
    (await sonar.http.send("POST", f"api/webhooks/{action}", content=form(fields))).require_ok()
