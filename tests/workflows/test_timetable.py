"""Schedule triggers: when they are due, and that each time starts one run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fairway.kit.clock import ManualClock
from fairway.kit.errors import InvalidRequest
from fairway.portal.services import Portal
from fairway.portal.storage import Tx
from fairway.portal.storage.jobs import Job
from fairway.portal.workflows import repository
from fairway.portal.workflows.schedule import schedule_of
from support.flow import Document, Flow, call, node, workflow
from support.forges.server import Forge


@pytest.fixture
def clock() -> ManualClock:
    """A Thursday."""
    return ManualClock(datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("config", "after", "due"),
    [
        ({"cron": "0 9 * * 1-5"}, "2026-01-02T09:00", "2026-01-05T09:00"),
        ({"cron": "*/15 * * * *"}, "2026-01-01T12:01", "2026-01-01T12:15"),
        ({"cron": "5/20 8-10,12 * * *"}, "2026-01-01T10:45", "2026-01-01T12:05"),
        ({"cron": "0 0 1 * 1"}, "2026-01-02T00:00", "2026-01-05T00:00"),
        ({"cron": "0 0 * feb sun"}, "2026-01-02T00:00", "2026-02-01T00:00"),
        ({"cron": "0 0 29 2 *"}, "2026-01-02T00:00", "2028-02-29T00:00"),
        ({"cron": "@daily"}, "2026-01-02T00:00", "2026-01-03T00:00"),
        ({"cron": "0 0 * * 7"}, "2026-01-01T00:00", "2026-01-04T00:00"),
        ({"cron": "30 2 * * *", "timezone": "Europe/Berlin"}, "2026-03-28T02:00", "2026-03-30T00:30"),
        ({"cron": "30 2 * * *", "timezone": "Europe/Berlin"}, "2026-10-24T22:00", "2026-10-25T00:30"),
        ({"cron": "30 2 * * *", "timezone": "Europe/Berlin"}, "2026-10-25T00:30", "2026-10-26T01:30"),
        ({"intervalSeconds": 3600}, "2026-01-01T12:00", "2026-01-01T13:00"),
    ],
)
def test_when_it_is_due(config: dict[str, Any], after: str, due: str) -> None:
    """Times that the clock skips are skipped, those that it repeats are due once."""
    instant = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert schedule_of(config).after(instant) == datetime.fromisoformat(due).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "config",
    [
        {}, {"cron": "* * * *"}, {"cron": "x * * * *"}, {"cron": "* 24 * * *"}, {"cron": "5-1 * * * *"},
        {"cron": "*/0 * * * *"}, {"cron": "* * * * *", "timezone": "Mars/Base"}, {"intervalSeconds": 1},
    ],
)  # fmt: skip
def test_what_is_no_schedule(config: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        schedule_of(config).after(datetime(2026, 1, 1, tzinfo=UTC))


def _hourly(target: Forge, **config: Any) -> Document:
    start = node("start", "SCHEDULE_TRIGGER", **{"cron": "0 * * * *", **config})
    tell = call("tell", f"{target.url}/tell", body={"at": "{{ .outputs.trigger.at }}"})
    return workflow(tell, arrows=[("start", "tell")], start=start)


async def _pass(flow: Flow, clock: ManualClock, minutes: int) -> None:
    clock.advance(minutes=minutes)
    await flow.background.settle()


async def test_each_time_starts_one_run(flow: Flow, target: Forge, clock: ManualClock, portal: Portal) -> None:
    await flow.done("POST", "/v1/workflows", _hourly(target), status=201)
    await _pass(flow, clock, 59)
    assert target.requests == []
    for _ in range(3):
        await _pass(flow, clock, 60)
    assert [seen.json["at"][11:16] for seen in target.requests] == ["13:00", "14:00", "15:00"]
    [handler] = [each for each in portal.job_handlers if each.kind == "workflow.schedule"]
    workflow_id, stamp = await portal.db.read(_workflow)
    payload = {"workflow": workflow_id, "node": "start", "at": 1767279600000, "version": stamp}
    await handler.run(Job("j_1", "workflow.schedule", "again", payload, 2))
    await flow.background.settle()
    assert len(target.requests) == 3, "a job that is done twice starts one run"


async def _workflow(tx: Tx) -> tuple[str, int]:
    [found] = await repository.all_workflows(tx)
    return found.id, found.updated_at


async def test_time_that_nobody_worked_is_made_up_for_once(flow: Flow, target: Forge, clock: ManualClock) -> None:
    await flow.done("POST", "/v1/workflows", _hourly(target), status=201)
    await _pass(flow, clock, 60 * 10 + 5)
    assert [seen.json["at"][11:16] for seen in target.requests] == ["13:00"]
    await _pass(flow, clock, 60)
    assert [seen.json["at"][11:16] for seen in target.requests] == ["13:00", "23:00"]


async def test_a_changed_schedule_takes_the_place_of_the_old_one(flow: Flow, target: Forge, clock: ManualClock) -> None:
    await flow.done("POST", "/v1/workflows", _hourly(target), status=201)
    await flow.done("PUT", "/v1/workflows/flow", _hourly(target, cron="30 * * * *"))
    await _pass(flow, clock, 120)
    await _pass(flow, clock, 30)
    assert {seen.json["at"][14:16] for seen in target.requests} == {"30"}
    seen = len(target.requests)
    await flow.done("PUT", "/v1/workflows/flow", _hourly(target, published=False))
    await _pass(flow, clock, 120)
    assert len(target.requests) == seen
    await flow.done("PUT", "/v1/workflows/flow", _hourly(target))
    await flow.done("DELETE", "/v1/workflows/flow")
    await _pass(flow, clock, 120)
    assert len(target.requests) == seen
