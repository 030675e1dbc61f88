"""Files to a portal and back: plans say what differs, applying settles it, and equal portals export equal text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from fairway.apply import Change, Documents, dump, execute, load, make_plan, read_state
from fairway.client import PortalClient
from fairway.kit.errors import FairwayError, InvalidRequest, NotFound

MODEL = """
blueprints:
  - identifier: domain
    title: Domain
    schema: {properties: {lead: {type: string}}}
    aggregationProperties:
      services:
        title: Services
        type: number
        target: service
        calculationSpec: {func: count, calculationBy: entities}
        pathFilter: [{fromBlueprint: service, path: [domain]}]
  - identifier: service
    title: Service
    schema: {properties: {tier: {type: string, enum: [gold, bronze]}}, required: [tier]}
    relations:
      domain: {target: domain}
      uses: {target: service, many: true}
    mirrorProperties:
      siblings: {title: Siblings, path: domain.services}
permissions:
  - blueprint: service
    entities: {update: {users: [], roles: [Admin], teams: [], ownedByTeam: true}}
scorecards:
  - blueprint: service
    identifier: ready
    title: Ready
    rules:
      - identifier: gold
        title: Gold
        level: Gold
        query: {combinator: and, conditions: [{property: tier, operator: "=", value: gold}]}
actions:
  - identifier: after_restart
    trigger:
      type: automation
      event: {type: RUN_UPDATED, actionIdentifier: restart}
      condition: {type: JQ, expressions: [.diff.after.status == "FAILURE"], combinator: and}
    invocationMethod: {type: WEBHOOK, url: "https://ci.example.com/failed"}
    requiredApproval: true
  - identifier: restart
    title: Restart
    trigger: {type: self-service, operation: DAY-2, blueprintIdentifier: service, userInputs: {}}
    invocationMethod: {type: WEBHOOK, url: "https://ci.example.com", agent: true}
    requiredApproval: {type: ANY, quorum: 2, expiresInSeconds: 3600}
    publish: false
actionPermissions:
  - action: restart
    execute: {roles: [Admin], users: null, ownedByTeam: true}
    approve:
      roles: []
      policy:
        queries: {}
        conditions: ['[.user.email]']
  - action: after_restart
    approve: {users: [ann@example.com]}
workflows:
  - identifier: nightly
    title: Nightly
    nodes:
      - {identifier: night, config: {type: SCHEDULE_TRIGGER, cron: "0 3 * * *"}}
      - {identifier: call, config: {type: WEBHOOK, url: "https://ci.example.com/nightly"}}
    connections: [{sourceIdentifier: night, targetIdentifier: call}]
folders:
  - {identifier: inner, title: Inner, parent: outer}
  - {identifier: outer, title: Outer}
pages:
  - identifier: start
    type: dashboard
    title: Start
    parent: inner
    widgets: [{id: a, type: markdown, markdown: "x\\ny"}]
webhooks:
  - identifier: hook
    title: Hook
    mappings: [{blueprint: service, entity: {identifier: .body.id}}]
integrations:
  - installationId: my-git
    installationAppType: git
    config: {resources: []}
entities:
  - {blueprint: service, identifier: b, properties: {tier: gold}, relations: {domain: d, uses: [a]}}
  - {blueprint: service, identifier: a, properties: {tier: bronze}, relations: {uses: [b-later]}}
  - {blueprint: service, identifier: b-later, properties: {tier: bronze}}
  - {blueprint: domain, identifier: d}
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.yaml").write_text(MODEL)
    return folder


async def _plan(portal: PortalClient, wanted: Documents) -> list[Change]:
    return make_plan(wanted, await read_state(portal, with_entities="entities" in wanted))


async def _apply(portal: PortalClient, wanted: Documents) -> list[str]:
    return [change.line() async for change in execute(portal, await _plan(portal, wanted))]


async def test_apply_then_nothing_is_left_to_do(connected: PortalClient, files: Path) -> None:
    wanted = load([files])
    lines = await _apply(connected, wanted)
    assert lines[:2] == ["+ Blueprint domain", "+ Blueprint service"]
    assert len(lines) == sum(len(documents) for documents in wanted.values())
    assert await _plan(connected, wanted) == []
    page = (await connected.get("/pages/start"))["page"]
    assert page["widgets"] == wanted["pages"][0]["widgets"]


async def test_a_change_is_planned_by_field_and_applied(connected: PortalClient, files: Path) -> None:
    await _apply(connected, load([files]))
    text = MODEL.replace("title: Ready", "title: Readiness").replace(
        "{properties: {lead: {type: string}}}", "{properties: {}}"
    )
    (files / "model.yaml").write_text(text.replace("properties: {tier: gold}", "properties: {tier: bronze}"))
    changed = load([files])
    assert [change.line() for change in await _plan(connected, changed)] == [
        "~ Blueprint domain: schema",
        "~ Scorecard service/ready: title",
        "~ Entity service/b: properties",
    ]
    await _apply(connected, changed)
    assert await _plan(connected, changed) == []


async def test_a_field_taken_out_of_the_file_is_taken_out_of_the_portal(connected: PortalClient, files: Path) -> None:
    await _apply(connected, load([files]))
    wanted = load([files])
    del wanted["blueprints"][1]["mirrorProperties"]
    (change,) = await _plan(connected, wanted)
    assert change.line() == "~ Blueprint service: mirrorProperties"
    await _apply(connected, wanted)
    assert not (await connected.get("/blueprints/service"))["blueprint"].get("mirrorProperties")


async def test_export_reads_back_and_is_stable(connected: PortalClient, files: Path, tmp_path: Path) -> None:
    await _apply(connected, load([files]))
    first = dump(await read_state(connected, with_entities=True))
    exported = tmp_path / "export.yaml"
    exported.write_text(first)
    again = load([exported])
    assert await _plan(connected, again) == []
    assert dump(again) == first
    parsed = yaml.safe_load(first)
    assert list(parsed) == [
        "blueprints", "permissions", "scorecards", "entities", "actions", "actionPermissions", "workflows", "folders",
        "pages", "webhooks", "integrations",
    ]  # fmt: skip
    assert [entity["identifier"] for entity in parsed["entities"]] == ["d", "a", "b", "b-later"]
    assert "createdAt" not in first
    assert "markdown: |-" in first


async def test_a_refusal_names_the_document(connected: PortalClient) -> None:
    blueprint = {"identifier": "x", "title": "X", "schema": {"properties": {"a": {"type": "nonsense"}}}}
    with pytest.raises(FairwayError, match=r"^Blueprint x: "):
        await _apply(connected, {"blueprints": [blueprint]})
    lost = {"identifier": "y", "title": "Y", "schema": {"properties": {}}, "relations": {"r": {"target": "nowhere"}}}
    with pytest.raises(NotFound, match=r'Blueprint y: .*"nowhere"'):
        await _apply(connected, {"blueprints": [lost]})


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.yaml", "blueprints: [", "neither YAML nor JSON"),
        ("a.yaml", "- x", "must hold a map"),
        ("a.yaml", "blueprint: []", '"blueprint" is not one of blueprints'),
        ("a.yaml", "blueprints: {}", "must be a list"),
        ("a.yaml", "blueprints: [{title: x}]", "Blueprint without identifier"),
        ("a.yaml", "blueprints: [{identifier: 5}]", "Blueprint without identifier"),
        ("a.yaml", "scorecards: [{identifier: x}]", "Scorecard without blueprint and identifier"),
        ("a.json", json.dumps({"pages": [{"identifier": "p"}, {"identifier": "p"}]}), "already"),
    ],
)
def test_files_that_say_nothing_useful(tmp_path: Path, name: str, content: str, problem: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InvalidRequest, match=problem):
        load([tmp_path])
    with pytest.raises(InvalidRequest, match="does not exist"):
        load([tmp_path / "missing"])


def test_a_folder_is_read_in_order_and_other_files_are_left(tmp_path: Path) -> None:
    documents: dict[str, Any] = {"pages": [{"identifier": "b"}]}
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.json").write_text(json.dumps(documents))
    (tmp_path / "a.yml").write_text("pages: [{identifier: a}]\n---\nfolders: [{identifier: f}]")
    (tmp_path / "notes.md").write_text("pages: nothing")
    assert load([tmp_path]) == {"pages": [{"identifier": "a"}, {"identifier": "b"}], "folders": [{"identifier": "f"}]}


async def test_actions_and_who_may_use_them_are_compared_by_what_they_mean(
    connected: PortalClient, files: Path
) -> None:
    await _apply(connected, load([files]))
    permissions = (await connected.get("/actions/restart/permissions"))["permissions"]
    assert (permissions["execute"]["roles"], permissions["execute"]["ownedByTeam"]) == (["Admin"], True)
    assert permissions["approve"]["policy"]["conditions"] == ["[.user.email]"]
    wanted = load([files])
    after, restart = wanted["actions"]
    restart["requiredApproval"] = {"type": "ALL"}
    restart["trigger"]["condition"] = None
    after["trigger"]["event"]["type"] = "RUN_CREATED"
    wanted["actionPermissions"][0]["execute"] = {"roles": ["Admin", "Member"]}
    wanted["workflows"][0]["nodes"][1]["config"]["url"] = "https://ci.example.com/other"
    assert [change.line() for change in await _plan(connected, wanted)] == [
        "~ Action after_restart: trigger",
        "~ Action restart: requiredApproval",
        "~ Action permissions restart: execute",
        "~ Workflow nightly: nodes",
    ]
    await _apply(connected, wanted)
    assert await _plan(connected, wanted) == []
    assert (await connected.get("/actions/restart/permissions"))["permissions"]["execute"]["ownedByTeam"] is True


async def test_an_export_names_who_may_use_each_action(connected: PortalClient, files: Path) -> None:
    await _apply(connected, load([files]))
    parsed = yaml.safe_load(dump(await read_state(connected, with_entities=False)))
    assert [action["identifier"] for action in parsed["actions"]] == ["after_restart", "restart"]
    assert [each["action"] for each in parsed["actionPermissions"]] == ["after_restart", "restart"]
    assert parsed["actionPermissions"][1]["execute"]["ownedByTeam"] is True
    assert [each["identifier"] for each in parsed["workflows"]] == ["nightly"]
