"""Starting a pipeline with a trigger token or an API token, and following it (contract 6.6; agent contract 12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fairway.kit.http import Answer
from fairway.kit.jsonio import dumps
from fairway.kit.settings import Settings
from fairway.portal.runs.delivery.answers import json_of
from fairway.portal.runs.delivery.base import Order, Refused
from fairway.portal.runs.delivery.credentials import gitlab_trigger_token, plain
from fairway.portal.runs.delivery.gitlab.events import conclusion
from fairway.portal.runs.delivery.messages import default_body
from fairway.portal.runs.delivery.sending import Request, Sender
from fairway.portal.runs.delivery.webhook import USER_AGENT
from fairway.portal.runs.model import Finish
from fairway.portal.runs.rendering.typing_rules import texts

_DEFAULT_REF = "main"


class GitLabBackend:
    """Starts pipelines and, with an API token, follows them."""

    def __init__(self, sender: Sender, settings: Settings) -> None:
        self._sender = sender
        self._base = settings.gitlab_url.rstrip("/")
        self._token = plain(settings.gitlab_token)
        self._settings = settings

    async def deliver(self, order: Order) -> Finish:
        """Starts the pipeline; ``ref`` is the input of that name, else ``defaultRef``, else ``main``."""
        group, project = order.payload["groupName"], order.payload["projectName"]
        trigger = gitlab_trigger_token(self._settings, order.secrets, group, project)
        request = self._trigger(order, trigger) if trigger else self._create(order)
        answer = await self._sender.send(request)
        started = json_of(answer)
        if not answer.ok or not isinstance(started, Mapping):
            raise _refusal(answer, f"{group}/{project}", _ref(order))
        link = [str(started["web_url"])] if started.get("web_url") else None
        log = f'Started pipeline {started.get("id")} of "{group}/{project}" on "{_ref(order)}"'
        return Finish(link=link, external_run_id=str(started.get("id")), logs=(log,))

    def follows(self, order: Order) -> bool:
        """Only an API token may ask how a pipeline is."""
        wanted = order.payload.get("reportWorkflowStatus") is not False
        return bool(self._token) and order.external_id is not None and wanted

    async def follow(self, order: Order) -> Finish | None:
        """The pipeline's end, once it has come."""
        url = f"{self._project(order)}/pipelines/{quote(str(order.external_id), safe='')}"
        answer = await self._sender.send(Request("GET", url, self._headers()))
        found = json_of(answer)
        if answer.status in (401, 403):
            raise Refused(f"GitLab does not let this portal follow the pipeline: {_said(answer)}", label="Not followed")
        return conclusion(found) if answer.ok and isinstance(found, Mapping) else None

    def _trigger(self, order: Order, token: str) -> Request:
        content: dict[str, Any] = {"ref": _ref(order), "token": token, "variables": _variables(order)}
        if not order.payload.get("omitPayload"):
            content["port_payload"] = default_body(order)
        headers = {"content-type": "application/json", "user-agent": USER_AGENT}
        return Request("POST", f"{self._project(order)}/trigger/pipeline", headers, dumps(content))

    def _create(self, order: Order) -> Request:
        if not self._token:
            raise Refused(
                "This portal has no GitLab credentials: set FAIRWAY_GITLAB_TRIGGER_TOKEN or FAIRWAY_GITLAB_TOKEN, "
                "or store the project's trigger token as an organisation secret",
                label="No credentials",
            )
        variables = [{"key": key, "value": value} for key, value in _variables(order).items()]
        content = {"ref": _ref(order), "variables": variables}
        return Request("POST", f"{self._project(order)}/pipeline", self._headers(), dumps(content))

    def _project(self, order: Order) -> str:
        place = quote(f"{order.payload['groupName']}/{order.payload['projectName']}", safe="")
        return f"{self._base}/api/v4/projects/{place}"

    def _headers(self) -> dict[str, str]:
        return {"content-type": "application/json", "user-agent": USER_AGENT, "private-token": self._token}


def _ref(order: Order) -> str:
    for given in (order.event.properties.get("ref"), order.payload.get("defaultRef")):
        if isinstance(given, str) and given:
            return given
    return _DEFAULT_REF


def _variables(order: Order) -> dict[str, str]:
    """The action's variables, or every input when it names none; always texts."""
    given = order.payload.get("pipelineVariables")
    if given is None:
        given = {} if order.payload.get("omitUserInputs") else order.event.properties
    return texts(given)


def _refusal(answer: Answer, project: str, ref: str) -> Refused:
    label = f"HTTP {answer.status}"
    if answer.status == 404:
        return Refused(f'GitLab knows no project "{project}" with this trigger token: {_said(answer)}', label=label)
    return Refused(f'GitLab refused a pipeline of "{project}" on "{ref}": {_said(answer)}', label=label)


def _said(answer: Answer) -> str:
    """GitLab's own words: ``message`` is a text, or an object of lists of them."""
    body = json_of(answer)
    message = (body.get("message") or body.get("error")) if isinstance(body, Mapping) else None
    if isinstance(message, Mapping):
        told = (each for value in message.values() for each in (value if isinstance(value, list) else [value]))
        return " ".join(str(each) for each in told)
    return str(message) if message else f"status {answer.status}"
