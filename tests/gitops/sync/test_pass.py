"""Full passes."""

from __future__ import annotations

from fairway.gitops.ledger.model import ClaimState
from fairway.gitops.sync import Status
from support.gitops_world import World, spec


async def test_first_pass_writes_what_files_say(one: World) -> None:
    one.push("a/one", spec("checkout", tier=1))
    one.push("a/two", spec({"identifier": "payments", "blueprint": "domain", "title": "Payments"}))
    report = await one.reconcile()
    assert report.status is Status.COMPLETE, report.document()
    assert report.entities.created == 2
    assert one.catalog.shown() == {"domain/payments": {}, "service/checkout": {"tier": 1}}
    assert await one.state("checkout") is ClaimState.ACTIVE


async def test_second_pass_writes_nothing(one: World) -> None:
    for number in range(7):
        one.push(f"a/r{number}", spec(f"s{number}", tier=number))
    await one.reconcile()
    one.catalog.writes.clear()
    report = await one.reconcile()
    assert report.repositories.unchanged == 7
    assert one.catalog.writes == []
