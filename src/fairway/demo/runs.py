"""Runs of the demo organisation: started as people would, reported as the agent of the platform team would."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fairway.client import PortalClient
from fairway.client.api import segment
from fairway.demo.people import email_of

AGENT = "_PORT_EXEC_AGENT"
_CLAIM = {"installationId": AGENT, "limit": 100, "invocationMethod": "WEBHOOK"}


@dataclass(frozen=True, slots=True)
class Start:
    """A run that somebody starts."""

    action: str
    person: str
    entity: str
    inputs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Story:
    """A run, and what its executor tells about it."""

    start: Start
    logs: tuple[str, ...] = ()
    report: dict[str, Any] = field(default_factory=dict)
    """The body of the last PATCH."""
    changes: dict[str, Any] = field(default_factory=dict)
    """Properties of the entity that the executor writes in the name of the run."""


def _ci(number: int) -> str:
    return f"https://ci.acme.example/pipelines/{number}"


EXECUTED = (
    Story(
        Start("restart_deployment", "Ada Moreau", "payment-gateway/production-eu", {"strategy": "rolling"}),
        ("Draining replica 1 of 3", "Replica 1 is ready", "Replica 2 is ready", "Replica 3 is ready"),
        {"status": "SUCCESS", "link": [_ci(48211)], "externalRunId": "48211", "summary": "3 replicas restarted"},
    ),
    Story(
        Start(
            "restart_deployment", "Ben Okafor", "login-service/production-eu",
            {"strategy": "all at once", "reason": "Sessions leak memory"},
        ),
        ("Stopping 2 replicas", "Replica 2 did not become ready within 120 s", "Rolled back"),
        {
            "status": "FAILURE", "link": [_ci(48214)], "externalRunId": "48214", "statusLabel": "Rolled back",
            "summary": "Replica 2 did not become ready; the former version runs again",
        },
    ),
    Story(
        Start("restart_deployment", "Chloe Lindqvist", "order-service/staging", {"drain_seconds": 5}),
        ("Draining replica 1 of 2", "Replica 1 is ready"),
        {"link": [_ci(48220)], "externalRunId": "48220", "statusLabel": "1 of 2 replicas"},
    ),
    Story(
        Start("enrich_service", "Grace Mbeki", "checkout-api", {"on_call": email_of("Hugo Petit")}),
        ("Cloned checkout/checkout-api", "Wrote port.yml", "Opened merge request !214"),
        {
            "status": "SUCCESS", "link": ["https://git.acme.example/checkout/checkout-api/merge_requests/214"],
            "summary": "Merge request !214 is open", "message": {"run_status": "merge request opened"},
        },
        {"on_call": email_of("Hugo Petit")},
    ),
)  # fmt: skip
"""An agent takes these and tells how they go."""

UNTOLD = (
    Start("scale_service", "Ines Novak", "payment-gateway", {"replicas": 4}),
    Start("enrich_service", "Leo Rossi", "carrier-hub", {"lifecycle": "production"}),
    Start(
        "request_database_access", "Grace Mbeki", "",
        {"about": "Look into wrong totals of some orders", "access": "read", "hours": 8},
    ),
    Start(
        "request_database_access", "Nora Haddad", "",
        {"about": "Backfill the column that replaces the old one", "access": "write", "hours": 4,
         "ssh_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDemo nora"},
    ),
    Start("delete_environment", "Ada Moreau", "development", {"confirm": "development", "keep_backups": False}),
)  # fmt: skip
"""The first runs by itself, the second waits for an agent, the others for approval; an empty entity is the first
database."""


async def start_runs(portal: PortalClient) -> int:
    """Starts the runs, unless there are any already; how many."""
    if (await portal.get("/actions/runs", limit=1))["runs"]:
        return 0
    told = [(story, await _start(portal, story.start)) for story in EXECUTED]
    claimed = {run["id"] for run in (await portal.post("/actions/runs/claim-pending", _CLAIM))["runs"]}
    await portal.patch("/actions/runs/ack", {"runIds": [run_id for _, run_id in told if run_id in claimed]})
    for story, run_id in told:
        await _tell(portal, story, run_id)
    database = await _first_database(portal)
    waiting = [await _start(portal, start, database) for start in UNTOLD]
    body = {"status": "DECLINE", "description": "Please ask the Data team for a backfill job instead"}
    await portal.patch(f"/actions/runs/{waiting[3]}/approval", body)
    return len(told) + len(waiting)


async def _start(portal: PortalClient, start: Start, database: str = "") -> str:
    body = {"properties": start.inputs, "entity": start.entity or database}
    answer = await portal.post(f"/actions/{start.action}/runs", body, run_as=email_of(start.person))
    return str(answer["run"]["id"])


async def _tell(portal: PortalClient, story: Story, run_id: str) -> None:
    for message in story.logs:
        await portal.post(f"/actions/runs/{run_id}/logs", {"message": message})
    if story.changes:
        path = f"/blueprints/service/entities/{segment(story.start.entity)}"
        await portal.patch(path, {"properties": story.changes}, run_id=run_id)
    await portal.patch(f"/actions/runs/{run_id}", story.report)


async def _first_database(portal: PortalClient) -> str:
    query = {"combinator": "and", "rules": [{"property": "kind", "operator": "=", "value": "database"}]}
    return min([str(entity["identifier"]) async for entity in portal.search("cloud_resource", query)])
