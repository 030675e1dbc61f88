"""The action ``dispatch_workflow``: starts a workflow, finds its run, and tells how that ends."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fairway.integration.actions import ActionRun, ExecutionFailed, Executor
from fairway.integration.http.urls import Params
from fairway.integration.live import WebhookEventRawResults
from fairway.integration.model import RawItem, Resource
from fairway.integrations.github.client import GitHub, Organization, segment
from fairway.integrations.github.live import PATH, GitHubProcessor

_SKEW = timedelta(seconds=60)
"""GitHub's clock may be behind ours."""
_LOOKS, _FIRST_PAUSE, _LONGEST_PAUSE = 40, 0.05, 3.0
"""For the run, about two minutes: GitHub shows it a moment after the dispatch."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be dispatched."""

    org: str
    repo: str
    workflow: str
    inputs: dict[str, str]
    branch: str | None
    reports: bool
    """The end of the workflow is that of the run; otherwise the workflow reports itself."""

    @classmethod
    def of(cls, run: ActionRun) -> Order:
        """Raises:
        ExecutionFailed: a property is missing, or is of another type.
        """
        given = run.properties
        for name in ("org", "repo", "workflow"):
            if not isinstance(given.get(name), str | int) or not str(given[name]):
                raise ExecutionFailed(f'The property "{name}" of the action is missing or no text')
        inputs, branch = given.get("workflowInputs") or {}, given.get("branch") or given.get("ref")
        if not isinstance(inputs, dict):
            raise ExecutionFailed('The property "workflowInputs" of the action is no object')
        texts = {str(key): _text(value) for key, value in inputs.items() if value is not None}
        reports = str(given.get("reportWorkflowStatus", True)).lower() != "false"
        return cls(
            str(given["org"]),
            str(given["repo"]),
            str(given["workflow"]),
            texts,
            str(branch) if branch else None,
            reports,
        )

    @property
    def repository(self) -> str:
        """Its path."""
        return f"/repos/{segment(self.org)}/{segment(self.repo)}"


def _text(value: Any) -> str:
    """GitHub takes texts only."""
    return value if isinstance(value, str) else json.dumps(value)


def external_id(full_name: str, run: Any) -> str:
    """What the portal knows a run of a workflow by."""
    return f"gh_{full_name.lower()}_{run}"


class DispatchEnded(GitHubProcessor):
    """Runs of workflows that ended and that an action had started."""

    events = ("workflow_run",)
    kinds = ()

    async def handle_event(self, payload: Any, resource: Resource) -> WebhookEventRawResults:
        """There is no kind."""
        return WebhookEventRawResults()

    async def handle_action(self, payload: Any) -> None:
        """The portal is asked only about runs that somebody dispatched."""
        run, runs = payload.get("workflow_run") or {}, self.context.runs
        if runs is None or payload.get("action") != "completed" or run.get("event") != "workflow_dispatch":
            return
        found = await runs.find(external_id(payload["repository"]["full_name"], run["id"]))
        if found is not None and found.properties.get("reportWorkflowStatus", True) not in (False, "false"):
            await _end(runs, found, run)


async def _end(runs: Any, run: ActionRun, workflow_run: RawItem) -> None:
    conclusion = str(workflow_run.get("conclusion"))
    if conclusion == "success":
        await runs.succeed(run, label="Completed")
    elif conclusion == "cancelled":
        await runs.cancel(run)
    else:
        await runs.fail(
            run, f'The workflow ended with "{conclusion}": {workflow_run.get("html_url")}', label=conclusion
        )


class DispatchWorkflow(Executor):
    """One workflow at a time, because only the order tells whose run is whose."""

    name = "dispatch_workflow"
    webhook = DispatchEnded
    webhook_path = PATH

    async def partition_key(self, run: ActionRun) -> str | None:
        """Of the workflow."""
        return "/".join(str(run.properties.get(name)) for name in ("org", "repo", "workflow")).lower()

    async def execute(self, run: ActionRun) -> None:
        """Dispatches, and reports the run that came of it."""
        order = Order.of(run)
        organization = await GitHub(self.context, lane="event").organization(order.org)
        if organization is None:
            raise ExecutionFailed(f'The integration does not reach the organization "{order.org}"')
        branch = order.branch or await self._default_branch(organization, order)
        since = self.context.clock.now() - _SKEW
        before = {each["id"] for each in await self._dispatched(organization, order, branch, since.strftime("%FT%TZ"))}
        await self._dispatch(organization, order, branch)
        found = await self._awaited(organization, order, branch, since.strftime("%FT%TZ"), before)
        name = external_id(f"{order.org}/{order.repo}", found["id"])
        await self.runs.started(run, link=found["html_url"], external_id=name, label=str(found.get("status")))
        if not order.reports:
            return
        if found.get("status") == "completed":  # its event may have come before the portal knew the identifier
            await _end(self.runs, run, found)
        elif self.context.base_url is None:
            await self.runs.log(run, "Events do not reach the integration, so the end of the workflow is not reported")

    async def _default_branch(self, organization: Organization, order: Order) -> str:
        found = await organization.get(order.repository)
        if found is None:
            raise ExecutionFailed(f'There is no repository "{order.org}/{order.repo}", or it cannot be seen')
        return str(found["default_branch"])

    async def _dispatch(self, organization: Organization, order: Order, branch: str) -> None:
        path = f"{order.repository}/actions/workflows/{segment(order.workflow)}/dispatches"
        answer = await organization.http.send("POST", path, json={"ref": branch, "inputs": order.inputs})
        if not answer.ok:
            raise ExecutionFailed(
                f'GitHub does not start "{order.workflow}" on "{branch}" ({answer.status}): {answer.said}',
                label="Dispatch refused",
            )

    async def _dispatched(self, organization: Organization, order: Order, branch: str, since: str) -> list[RawItem]:
        path = f"{order.repository}/actions/workflows/{segment(order.workflow)}/runs"
        params: Params = {"event": "workflow_dispatch", "branch": branch, "created": f">={since}", "per_page": 100}
        answer = await organization.http.send("GET", path, params=params)
        if answer.status == 404:
            raise ExecutionFailed(f'There is no workflow "{order.workflow}" in "{order.org}/{order.repo}"')
        found: list[RawItem] = answer.require_ok().json["workflow_runs"]
        return found

    async def _awaited(
        self, organization: Organization, order: Order, branch: str, since: str, before: set[Any]
    ) -> RawItem:
        for number in range(_LOOKS):
            found = await self._dispatched(organization, order, branch, since)
            new = [each for each in found if each["id"] not in before]
            if new:
                return min(new, key=lambda each: int(each["id"]))
            await asyncio.sleep(min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**number))
        raise ExecutionFailed(f'"{order.workflow}" was dispatched, but no run of it is to be seen', label="No run")
