"""Dispatching a workflow, finding the run it made, and following it (contract 6.6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fairway.kit.clock import parse_instant, rfc3339
from fairway.kit.http import Answer
from fairway.portal.runs.delivery.answers import json_of
from fairway.portal.runs.delivery.base import Order, Refused
from fairway.portal.runs.delivery.github.api import GitHubApi, refusal, said
from fairway.portal.runs.delivery.github.events import conclusion
from fairway.portal.runs.model import Finish
from fairway.portal.runs.rendering.typing_rules import texts

Taken = Callable[[Sequence[str]], Awaitable[set[str]]]
"""``await taken(external_ids)``: those that other runs have as their own."""
_SKEW_MS = 30_000
"""How far GitHub's clock may be behind ours."""
_REMEMBERED = 10_000
_DETAILS = "return_run_details"


class GitHubBackend:
    """Starts workflows and follows them."""

    def __init__(self, api: GitHubApi | None, taken: Taken) -> None:
        self._api = api
        self._taken = taken
        self._found: dict[str, str] = {}
        self._tells_runs = True

    async def deliver(self, order: Order) -> Finish:
        """Dispatches. A server that tells which run it made is taken at its word; others are searched afterwards."""
        owner, repo, workflow = _place(order)
        ref = await self._ref(order)
        body = {"ref": ref, "inputs": texts(order.payload.get("workflowInputs") or {})}
        answer = await self._dispatch(owner, repo, workflow, body)
        if not answer.ok:
            raise _dispatch_refusal(answer, owner, repo, workflow)
        log = f'Dispatched the workflow "{workflow}" of "{owner}/{repo}" on "{ref}"'
        details = json_of(answer)
        if isinstance(details, Mapping) and details.get("workflow_run_id"):
            link = [str(details["html_url"])] if details.get("html_url") else None
            return Finish(link=link, external_run_id=str(details["workflow_run_id"]), logs=(log,))
        return Finish(logs=(log,))

    def follows(self, order: Order) -> bool:
        """Until the run is found and, where its end is to be reported, until that."""
        return order.external_id is None or order.payload.get("reportWorkflowStatus") is not False

    async def follow(self, order: Order) -> Finish | None:
        """The workflow run, once it is found; its end, once it has come."""
        owner, repo, _ = _place(order)
        if order.external_id is None:
            found = await self._find(order)
            return None if found is None else _started(found)
        run = await self._require().get(owner, repo, f"/actions/runs/{quote(order.external_id, safe='')}")
        return conclusion(run) if isinstance(run, Mapping) else None

    async def _dispatch(self, owner: str, repo: str, workflow: str, body: dict[str, Any]) -> Answer:
        path = f"/actions/workflows/{quote(workflow, safe='')}/dispatches"
        api = self._require()
        if self._tells_runs:
            answer = await api.call("POST", owner, repo, path, {**body, _DETAILS: True})
            if answer.status not in (400, 422) or _DETAILS not in said(answer):
                return answer
            self._tells_runs = False  # an Enterprise Server that does not know the key yet
        return await api.call("POST", owner, repo, path, body)

    async def _ref(self, order: Order) -> str:
        """The branch that the action or the input ``ref`` names, else the repository's default branch."""
        owner, repo, _ = _place(order)
        inputs = order.event.properties
        for given in (order.payload.get("branch"), order.payload.get("ref"), inputs.get("ref")):
            if isinstance(given, str) and given:
                return given
        found = await self._require().get(owner, repo, "")
        if not isinstance(found, Mapping) or not found.get("default_branch"):
            raise Refused(f'GitHub shows no repository "{owner}/{repo}" to this portal', label="HTTP 404")
        return str(found["default_branch"])

    async def _find(self, order: Order) -> Mapping[str, Any] | None:
        """The run that a dispatch made: the one whose name has our id in it, else our first since then that no other
        run has."""
        runs = await self._candidates(order)
        for run in runs:
            if order.id in f"{run.get('display_title')} {run.get('name')}":
                return run
        taken = await self._taken([str(run["id"]) for run in runs])
        for run in sorted(runs, key=_created):
            number = str(run["id"])
            if number not in taken and self._found.setdefault(number, order.id) == order.id:
                return run
        while len(self._found) > _REMEMBERED:
            del self._found[next(iter(self._found))]
        return None

    async def _candidates(self, order: Order) -> list[Mapping[str, Any]]:
        """Runs of the workflow on our branch that were dispatched since, by us as far as GitHub tells."""
        owner, repo, workflow = _place(order)
        since = rfc3339(order.sent_at - _SKEW_MS)[:19] + "Z"
        query = {
            "event": "workflow_dispatch", "branch": await self._ref(order), "created": f">={since}", "per_page": "50",
        }  # fmt: skip
        path = f"/actions/workflows/{quote(workflow, safe='')}/runs"
        api = self._require()
        listed = await api.get(owner, repo, path, query)
        me = await api.login()
        runs = [run for run in (listed or {}).get("workflow_runs", ()) if isinstance(run, Mapping)]
        return [run for run in runs if me is None or (run.get("actor") or {}).get("login") in (None, me)]

    def _require(self) -> GitHubApi:
        if self._api is None:
            raise Refused(
                "This portal has no GitHub credentials: set FAIRWAY_GITHUB_TOKEN, "
                "or FAIRWAY_GITHUB_APP_ID and FAIRWAY_GITHUB_APP_PRIVATE_KEY",
                label="No credentials",
            )
        return self._api


def _place(order: Order) -> tuple[str, str, str]:
    payload = order.payload
    return payload["org"], payload["repo"], payload["workflow"]


def _started(run: Mapping[str, Any]) -> Finish:
    link = [str(run["html_url"])] if run.get("html_url") else None
    return Finish(link=link, external_run_id=str(run["id"]), logs=(f"GitHub started workflow run {run['id']}",))


def _created(run: Mapping[str, Any]) -> float:
    instant = parse_instant(str(run.get("created_at")))
    return instant.timestamp() if instant else 0.0


def _dispatch_refusal(answer: Answer, owner: str, repo: str, workflow: str) -> Refused:
    if answer.status == 404:
        return Refused(
            f'GitHub shows no workflow "{workflow}" in "{owner}/{repo}" to this portal: {said(answer)}',
            label="HTTP 404",
        )
    return refusal(answer, f'GitHub refused to dispatch "{workflow}" of "{owner}/{repo}"')
