"""Relations: order, waiting, searching. Sections 2.7 and 9."""

from __future__ import annotations

from typing import Any

from fairway.gitops.ledger.model import ClaimState
from fairway.gitops.model import EntityKey
from support.gitops_world import World, spec


def service(identifier: str, **relations: Any) -> dict[str, Any]:
    return {"identifier": identifier, "blueprint": "service", "relations": relations}


def domain(identifier: str, parent: str | None = None) -> dict[str, Any]:
    return {"identifier": identifier, "blueprint": "domain", "relations": {"parent": parent} if parent else {}}


def search(value: str) -> dict[str, Any]:
    return {"combinator": "and", "rules": [{"property": "handle", "operator": "=", "value": value}]}


async def test_targets_come_first_whatever_the_order_of_files(one: World) -> None:
    one.push("a/one", spec(service("s", domain="d3")))
    one.push("a/two", spec(domain("d3", "d2"), domain("d2", "d1"), domain("d1")))
    report = await one.reconcile()
    assert report.entities.created == 4
    assert report.entities.pending == 0
    assert one.value("d3", "parent", "domain") == "d2"
    assert (await one.claims("domain", "d1"))[0].created_by_git


async def test_cycles_are_written_twice(one: World) -> None:
    one.restart(create_missing_related=False)
    one.push("a/one", spec(service("a", uses=["b"]), service("b", uses=["c", "b"]), service("c", uses=["a"])))
    report = await one.reconcile()
    assert report.entities.created == 3
    assert one.value("b", "uses") == ["c", "b"]
    assert len(one.catalog.writes) == 6


async def test_missing_targets_are_created_empty_and_are_not_gits(one: World) -> None:
    one.push("a/one", spec(service("s", domain="d")))
    report = await one.reconcile()
    assert one.has("d", "domain")
    assert report.entities.pending == 0
    assert await one.claims("domain", "d") == []
    one.push("a/one", None)
    await one.reconcile()
    assert list(one.catalog.shown()) == ["domain/d"]


async def test_without_that_a_definition_waits(one: World) -> None:
    one.restart(create_missing_related=False)
    one.push("a/one", spec(service("s", domain="d"), service("t", uses=["s"])))
    report = await one.reconcile()
    assert one.catalog.shown() == {}
    assert report.entities.pending == 2
    assert report.findings.errors == 0
    (claim,) = await one.claims("service", "s")
    assert claim.state is ClaimState.PENDING
    assert claim.waits_for == (EntityKey("domain", "d"),)
    assert one.catalog.writes == []


async def test_what_waits_is_told_after_a_day(one: World) -> None:
    one.restart(create_missing_related=False)
    one.push("a/one", spec(service("s", domain="d")))
    await one.reconcile()
    report = await one.reconcile(minutes=25 * 60)
    assert [each.code for each in report.findings.shown] == ["E_RELATION_TARGET"]
    assert "domain" in report.findings.shown[0].message


async def test_what_waits_goes_on_when_a_push_brings_the_target(one: World) -> None:
    one.restart(create_missing_related=False)
    one.push("a/one", spec(service("s", domain="d"), service("t", uses=["s"])))
    await one.reconcile()
    one.push("a/two", spec(domain("d")))
    await one.delta("a/two")
    assert one.value("s", "domain") == "d"
    assert one.value("t", "uses") == ["s"]


async def test_what_waits_goes_on_at_the_next_pass_when_others_made_the_target(one: World) -> None:
    one.restart(create_missing_related=False)
    one.push("a/one", spec(service("s", domain="d")))
    await one.reconcile()
    one.catalog.put("domain", "d")
    await one.reconcile()
    assert one.value("s", "domain") == "d"


async def test_a_waiting_definition_that_is_removed_leaves_nothing(one: World) -> None:
    one.restart(create_missing_related=False)
    one.push("a/one", spec(service("s", domain="d")))
    await one.reconcile()
    one.push("a/one", None)
    await one.reconcile()
    assert await one.claims("service", "s") == []


async def test_a_search_is_answered_and_asked_again_at_each_pass(one: World) -> None:
    one.catalog.put("person", "kim-1", handle="kim")
    one.push("a/one", spec(service("s", owner=search("kim"))))
    await one.reconcile()
    assert one.value("s", "owner") == "kim-1"
    one.catalog.entities.clear()
    one.catalog.put("person", "kim-2", handle="kim")
    one.catalog.put("service", "s", owner="kim-1")
    await one.reconcile()
    assert one.value("s", "owner") == "kim-2"


async def test_a_search_that_finds_too_many_or_none_is_told_with_the_number(one: World) -> None:
    one.catalog.put("person", "kim-1", handle="kim")
    one.catalog.put("person", "kim-2", handle="kim")
    one.push("a/one", spec(service("s", owner=search("kim")), service("t", owner=search("lee"))))
    report = await one.reconcile()
    messages = sorted(each.message for each in report.findings.shown if each.code == "E_SEARCH_RESULT")
    assert len(messages) >= 2
    assert any("finds 2 entities" in each for each in messages)
    assert any("finds 0 entities" in each for each in messages)
    assert not one.has("s")


async def test_a_refusal_of_the_catalog_is_told_at_the_line(one: World) -> None:
    plain = {"identifier": "p", "blueprint": "plain", "properties": {"text": "x"}}
    one.push("a/one", "# one\n" + spec(plain))
    report = await one.reconcile()
    told = [each for each in report.findings.shown if each.code in ("E_REQUIRED", "E_CATALOG")]
    assert told
    assert told[0].path == "port.yml"
    assert told[0].mark.line == 2
    assert told[0].repository == "a/one"


async def test_large_groups_are_written_in_full_batches(one: World) -> None:
    for number in range(60):
        one.push(f"a/r{number}", spec(service(f"s{number}", domain="d")))
    one.push("a/z", spec(domain("d")))
    one.forge.page = 50
    await one.reconcile()
    assert len(one.catalog.batches) == 4
    assert one.catalog.batches[0] == [EntityKey("domain", "d")]
    assert one.catalog.requests <= 12
