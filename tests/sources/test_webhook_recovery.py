"""What a worker that died half way leaves behind is done by the next one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from fairway.kit.clock import ManualClock, to_millis
from fairway.portal.services import Portal
from fairway.portal.sources.webhooks import repository, worker
from fairway.portal.storage import Tx, jobs
from fairway.portal.storage.tables import job
from sources.conftest import MAPPING, Hooks


@pytest.fixture
def clock() -> ManualClock:
    """Leases end when the test says so."""
    return ManualClock(datetime.now(UTC))


async def test_a_dead_worker_loses_nothing(hooks: Hooks, portal: Portal, clock: ManualClock) -> None:
    webhook = await hooks.define(mappings=[MAPPING])
    await hooks.anonymous.post(webhook["url"], json={"id": "first"})
    now = to_millis(clock.now())

    async def die(tx: Tx) -> None:
        """As if a worker had taken the job and the events, and then the machine had gone."""
        await tx.run(update(job).values(lease_until=now + jobs.LEASE_MS, attempts=1))
        assert await repository.claim(tx, webhook["id"], "the dead", now, now + worker.LEASE_MS)

    await portal.db.write(die)
    record = await hooks.send(webhook, {"id": "second"})
    assert record["state"] == "pending", "nobody overtakes a worker that may still be at it"
    clock.advance(milliseconds=jobs.LEASE_MS + 1)
    await hooks.send(webhook, {"id": "third"})
    events = await hooks.events(webhook)
    assert [(each["body"]["id"], each["state"]) for each in events] == [
        ("third", "processed"),
        ("second", "processed"),
        ("first", "processed"),
    ]


async def test_a_long_backlog_is_worked_off_in_several_jobs(
    hooks: Hooks, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_BUDGET_MS", -1)
    webhook = await hooks.define(mappings=[MAPPING])
    await hooks.anonymous.post(webhook["url"], json={"id": "main"})
    handler = portal.sources.worker
    await handler.run(jobs.Job("j", "webhook", "k", {"webhook": webhook["id"]}, 1))
    assert (await hooks.events(webhook))[0]["state"] == "pending"
    monkeypatch.setattr(worker, "_BUDGET_MS", 20_000)
    assert (await hooks.send(webhook, {"id": "other"}))["state"] == "processed"
    assert {each["state"] for each in await hooks.events(webhook)} == {"processed"}
