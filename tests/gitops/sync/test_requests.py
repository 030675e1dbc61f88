"""Pull requests: told before they are merged, and nothing is written. Section 10.1."""

from __future__ import annotations

import pytest

from fairway.kit.errors import NotFound
from support.gitops_world import World, spec


async def before(one: World) -> None:
    one.push("a/one", spec("keep", "change", "go", tier=1))
    one.push("a/two", spec("theirs"))
    await one.reconcile()
    one.catalog.writes.clear()


def head(one: World, content: str) -> str:
    return one.forge.repositories["a/one"].commit({"port.yml": content}, branch="feature")


async def test_the_plan_is_shown_and_nothing_is_written(one: World) -> None:
    await before(one)
    entities = [
        {"identifier": "keep", "blueprint": "service", "properties": {"tier": 1}},
        {"identifier": "change", "blueprint": "service", "properties": {"language": "go"}},
        {"identifier": "new", "blueprint": "service"},
    ]
    commit = head(one, spec(*entities))
    status = await one.engine.validate_request("a/one", commit, request="7")
    assert status.state == "success"
    assert status.title == "1 to create, 1 to update, 1 to clear, 1 to end"
    assert "- create `service/new`" in status.summary
    assert "- clear `service/change: properties.tier`" in status.summary
    assert "delete, or clear where others write, too `service/go`" in status.summary
    assert status.request == "7"
    assert one.catalog.writes == []
    assert one.forge.reports == [("a/one", commit, status)]
    assert one.value("change", "tier") == 1
    assert one.has("go")


async def test_errors_are_at_their_lines(one: World) -> None:
    await before(one)
    commit = head(one, "- identifier: keep\n  blueprint: service\n  properties:\n    tier: high\n")
    status = await one.engine.validate_request("a/one", commit, publish=False)
    assert status.state == "failure"
    (found,) = [each for each in status.diagnostics if each.code == "E_PROPERTY_TYPE"]
    assert (found.path, found.mark.line, found.repository, found.commit) == ("port.yml", 4, "a/one", commit)
    assert one.forge.reports == []


async def test_conflicts_and_missing_targets_are_told(one: World) -> None:
    await before(one)
    near = {"identifier": "near", "blueprint": "service", "relations": {"uses": ["far"], "domain": "nowhere"}}
    far = {"identifier": "far", "blueprint": "service"}
    commit = head(one, spec("keep", "change", "go", near, far, "theirs", tier=1))
    status = await one.engine.validate_request("a/one", commit)
    codes = {each.code: each for each in status.diagnostics}
    assert status.state == "failure"
    assert "a/two:port.yml:1" in codes["E_CONFLICT"].message
    assert '"domain/nowhere" does not exist' in codes["E_RELATION_TARGET"].message
    assert "far" not in codes["E_RELATION_TARGET"].message


async def test_what_the_catalog_would_refuse_is_told(one: World) -> None:
    await before(one)
    commit = head(one, spec("keep", "change", "go", {"identifier": "p", "blueprint": "plain"}, tier=1))
    status = await one.engine.validate_request("a/one", commit)
    assert status.state == "failure"
    assert any("strict" in each.message for each in status.diagnostics)


async def test_forks_learn_nothing_of_the_catalog(one: World) -> None:
    await before(one)
    broken = [{"identifier": "theirs", "blueprint": "service"}, {"identifier": "x", "blueprint": "servise"}]
    commit = head(one, spec(*broken) + "- identifier: y\n  blueprint: service\n  titel: x\n")
    status = await one.engine.validate_request("a/one", commit, fork=True)
    assert status.state == "failure"
    text = status.summary + status.title + "".join(f"{each.message} {each.hint}" for each in status.diagnostics)
    assert "a/two" not in text
    assert '"service"' not in text
    assert "titel" in text, "what the file itself says is no secret"


async def test_an_unreadable_head_ends_nothing(one: World) -> None:
    await before(one)
    status = await one.engine.validate_request("a/one", head(one, "a: ["))
    assert status.state == "failure"
    assert "to end" not in status.summary


async def test_unknown_repositories(one: World) -> None:
    with pytest.raises(NotFound):
        await one.engine.validate_request("a/none", "0" * 40)
