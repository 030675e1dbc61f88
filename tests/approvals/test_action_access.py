"""Who may see, run and approve actions: grants, policies, explanations (contract 6.8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from fairway.portal.access.directory import Person, Team
from fairway.portal.actions.access.service import ActionAccess
from fairway.portal.actions.model import Action
from fairway.portal.caller import Caller, system_caller
from fairway.portal.services import Portal
from support.actions import self_service
from support.catalog import SERVICE

ADMIN = system_caller("org_test")
ANA = Caller(
    "u_ana", "user", "org_test", email="ana@example.com", roles=frozenset({"Member"}), teams=frozenset({"red"}),
    team_names=frozenset({"Red"}),
)  # fmt: skip
NOBODY: dict[str, Any] = {"users": [], "roles": [], "teams": [], "ownedByTeam": False}
OWNED = {"identifier": "shop", "team": ["red"], "properties": {}}
RULES = {"property": "$blueprint", "operator": "=", "value": "service"}


def action(
    execute: Mapping[str, Any] | None = None, approve: Mapping[str, Any] | None = None, **document: Any
) -> Action:
    """A stored action on services."""
    whole = {**self_service("deploy", blueprintIdentifier="service", operation="DAY-2"), **document}
    permissions = {"execute": {**NOBODY, **(execute or {})}, "approve": {**NOBODY, **(approve or {})}}
    return Action("a_1", "deploy", whole, permissions, 0, "u", 0, "u")


def policy(*conditions: str, **queries: Any) -> dict[str, Any]:
    """A permission block with a policy."""
    return {"policy": {"queries": queries, "conditions": list(conditions)}}


async def _may(portal: Portal, block: Mapping[str, Any], inputs: Mapping[str, Any] | None = None) -> bool:
    decision = await portal.actions.access.decide_execute(ANA, action(block), None, inputs or {})
    assert decision.reason
    assert decision.rule
    return decision.allowed


@pytest.mark.parametrize(
    ("block", "rule"),
    [
        ({"users": ["ANA@example.com"]}, "execute.users"),
        ({"roles": ["Member"]}, "execute.roles"),
        ({"teams": ["Red"]}, "execute.teams"),
        ({"teams": ["red"]}, "execute.teams"),
        ({"ownedByTeam": True}, "execute.ownedByTeam"),
    ],
)
async def test_each_kind_of_grant_lets_somebody_run_it(portal: Portal, block: dict[str, Any], rule: str) -> None:
    found = await portal.actions.access.decide_execute(ANA, action(block), OWNED, {})
    assert (found.allowed, found.rule) == (True, rule)
    assert portal.actions.access.decide_visible(ANA, action(block), ["red"]).allowed
    stranger = replace(
        ANA, principal_id="u_b", email="b@example.com", roles=frozenset(), teams=frozenset(), team_names=frozenset()
    )
    refused = await portal.actions.access.decide_execute(stranger, action(block), OWNED, {})
    assert (refused.allowed, refused.rule) == (False, "none")
    assert "b@example.com may not run" in refused.reason


async def test_admins_may_always(portal: Portal) -> None:
    block = policy("false")
    assert (await portal.actions.access.decide_execute(ADMIN, action(block), None, {})).allowed
    assert portal.actions.access.decide_visible(ADMIN, action(block)).allowed


async def test_ownership_counts_for_the_entity_at_hand(portal: Portal) -> None:
    block = {"ownedByTeam": True}
    foreign = {**OWNED, "team": ["blue"]}
    assert not (await portal.actions.access.decide_execute(ANA, action(block), foreign, {})).allowed
    assert not portal.actions.access.decide_visible(ANA, action(block), ["blue"]).allowed
    assert portal.actions.access.decide_visible(ANA, action(block)).allowed
    assert not portal.actions.access.decide_visible(replace(ANA, teams=frozenset()), action(block)).allowed


async def test_with_a_policy_grants_only_decide_who_is_offered_the_action(portal: Portal) -> None:
    offered = {"roles": ["Member"], **policy("false")}
    assert portal.actions.access.decide_visible(ANA, action(offered)).allowed
    assert not await _may(portal, offered)
    hidden = policy('.user.email == "ana@example.com"')
    assert not portal.actions.access.decide_visible(ANA, action(hidden)).allowed
    assert await _may(portal, hidden)


async def test_conditions_are_ored_and_only_true_is_true(portal: Portal) -> None:
    assert await _may(portal, policy("false", "null", "true"))
    assert not await _may(portal, policy("1", '"true"', "[true]", "null", "empty"))
    assert not await _may(portal, policy())


async def _services(portal: Portal, *names: str) -> None:
    await portal.catalog.blueprints.create(ADMIN, SERVICE)
    for name in names:
        await portal.catalog.entities.write_one(ADMIN, "service", {"identifier": name, "title": name}, _upsert())


def _upsert() -> Any:
    from fairway.portal.catalog.entities import Mode, WriteOptions

    return WriteOptions(Mode.UPSERT_MERGE)


async def test_queries_see_everything_and_templates_fill_their_values(portal: Portal) -> None:
    await _services(portal, "a", "b", "c")
    await portal.catalog.blueprints.patch_permissions(ADMIN, "service", {"entities": {"read": None}})
    mine = {
        "combinator": "and",
        "rules": [RULES, {"property": "$title", "operator": "in", "value": "{{ .inputs.names }}"}],
    }
    block = policy(".results.mine.entities | length == 2", mine=mine)
    assert await _may(portal, block, {"names": ["a", "c", "x"]})
    assert not await _may(portal, block, {"names": ["a"]})
    within = {"combinator": "and", "rules": [{**RULES, "value": "serv{{ .inputs.rest }}"}]}
    assert await _may(portal, policy(".results.all.entities | length == 3", all=within), {"rest": "ice"})


@pytest.mark.parametrize(
    "hostile",
    [
        {"context": "user", "property": "$identifier"},
        {"preset": "today"},
        {"from": "2020-01-01T00:00:00Z", "to": "2030-01-01T00:00:00Z"},
        [{"context": "user"}],
        {"combinator": "or", "rules": []},
        '"}]}, {"combinator": "or", "rules": []',
        "{{ .secrets }}",
        "{{ true }}",
        "' OR 1=1 --",
        "%",
        None,
    ],
)
async def test_inputs_fill_in_values_and_nothing_else(portal: Portal, hostile: Any) -> None:
    """None of them finds an entity: an object is no value, a template in an input is text, LIKE signs are letters."""
    await _services(portal, "a", "b")
    query = {
        "combinator": "and",
        "rules": [RULES, {"property": "$title", "operator": "=", "value": "{{ .inputs.name }}"}],
    }
    assert not await _may(portal, policy("(.results.q.entities // []) | length > 0", q=query), {"name": hostile})


async def test_a_failing_query_is_ignored_and_a_failing_condition_is_false(portal: Portal) -> None:
    bad = {"combinator": "and", "rules": [{"property": "$title", "operator": "nonsense", "value": 1}]}
    assert await _may(portal, policy(".results.bad == null", bad=bad))
    assert await _may(portal, policy('error("x")', "1 +", ".inputs | keys[7] | .y.z | explode", "true", bad=None))
    refused = await portal.actions.access.decide_execute(
        ANA, action(policy('error("secret " + .entity.x)', bad=bad)), None, {}
    )
    assert not refused.allowed
    assert 'the query "bad" failed' in refused.reason
    assert "condition 1 failed" in refused.reason
    assert "secret" not in refused.reason


async def test_at_most_a_thousand_entities_of_each_query(portal: Portal) -> None:
    await portal.catalog.blueprints.create(ADMIN, SERVICE)
    for start in range(0, 1020, 20):
        bodies = [{"identifier": f"s{number}"} for number in range(start, start + 20)]
        await portal.catalog.entities.write(ADMIN, "service", bodies, _upsert())
    query = {"combinator": "and", "rules": [RULES]}
    assert await _may(portal, policy(".results.all.entities | length == 1000", all=query))


@pytest.mark.parametrize("endless", ["[range(1e15)] | length", "def f: f; f", "[limit(1e12; repeat(1))] | length == 0"])
async def test_conditions_that_never_end_are_false(portal: Portal, endless: str) -> None:
    assert await _may(portal, policy(endless, "true"))
    assert not await _may(portal, policy(endless))


async def test_a_policy_as_a_whole_is_bounded(portal: Portal) -> None:
    access = ActionAccess(
        portal.db, portal.clock, portal.jq, portal.catalog, portal.access.directory, "org_test", policy_seconds=0.01
    )
    many = policy(*["[range(1e15)] | length"] * 40, "true")
    decision = await access.decide_execute(ANA, action(many), None, {})
    assert not decision.allowed
    assert "longer than 0.01 s" in decision.reason
    assert not await _may(portal, policy(*["false"] * 50, "true"))
    assert await _may(portal, policy(*["false"] * 49, "true"))


async def test_policies_see_inputs_user_entity_trigger_action_and_blueprint(portal: Portal) -> None:
    await _services(portal)
    conditions = (
        ".inputs.x == 1",
        '.user.email == "ana@example.com" and .user.mainRole == "Member" and .user.roles == [{"name": "Member"}]',
        '.trigger.user.email == .user.email and (.trigger.at | type) == "string"',
        '.action.identifier == "deploy" and .action.blueprint == "service"',
        '.blueprint.identifier == "service"',
        '.entity.identifier == "shop"',
    )
    for each in conditions:
        decision = await portal.actions.access.decide_execute(ANA, action(policy(each)), OWNED, {"x": 1})
        assert decision.allowed, each


async def _person(portal: Portal, email: str, *roles: str, teams: tuple[str, ...] = (), **more: Any) -> str:
    person = Person(
        email, email, more.get("machine", False), roles or ("Member",), more.get("status", "Active"), teams, 0, 0
    )
    await portal.db.write(lambda tx: portal.access.directory.put_person(tx, person))
    return (await portal.db.read(lambda tx: portal.access.directory.person(tx, email))).id


async def _panel(portal: Portal, block: Mapping[str, Any], entity: Mapping[str, Any] | None = None) -> list[str]:
    panel = await portal.actions.access.approvers(action(approve=block), entity, {}, ANA)
    return [each.email for each in panel.approvers]


async def test_approvers_are_everybody_that_any_part_of_the_rule_finds(portal: Portal) -> None:
    team = Team("red", "Red", None, created_at=0, updated_at=0)
    await portal.db.write(lambda tx: portal.access.directory.put_team(tx, team))
    await _person(portal, "role@example.com", "approver")
    await _person(portal, "team@example.com", teams=("red",))
    await _person(portal, "Named@example.com")
    await _person(portal, "policy@example.com", "approver")
    await _person(portal, "other@example.com", "approver-of-others")
    assert await _panel(portal, {"roles": ["approver"]}) == ["policy@example.com", "role@example.com"]
    assert await _panel(portal, {"teams": ["Red"]}) == ["team@example.com"]
    assert await _panel(portal, {"ownedByTeam": True}, OWNED) == ["team@example.com"]
    assert await _panel(portal, {"ownedByTeam": True}) == []
    everything = {
        "users": ["named@EXAMPLE.com", "new@example.com"], "roles": ["approver"], "teams": ["red"],
        **policy('["policy@example.com", "late@example.com"]', '"single@example.com"'),
    }  # fmt: skip
    assert await _panel(portal, everything) == [
        "Named@example.com", "policy@example.com", "role@example.com", "team@example.com",
        "late@example.com", "new@example.com", "single@example.com",
    ]  # fmt: skip


async def test_who_has_the_e_mail_is_known_and_who_may_not_log_in_is_left_out(portal: Portal) -> None:
    known = await _person(portal, "known@example.com")
    await _person(portal, "gone@example.com", "approver", status="Disabled")
    block = {"users": ["known@example.com", "gone@example.com", "new@example.com"], "roles": ["approver"]}
    panel = await portal.actions.access.approvers(action(approve=block), None, {}, ANA)
    assert [(each.email, each.user_id) for each in panel.approvers] == [
        ("known@example.com", known),
        ("new@example.com", None),
    ]


async def test_service_accounts_approve_only_by_name(portal: Portal) -> None:
    await _person(portal, "bot@example.com", "approver", machine=True)
    assert await _panel(portal, {"roles": ["approver"]}) == []
    assert await _panel(portal, {"users": ["bot@example.com"]}) == ["bot@example.com"]


async def test_a_policy_gives_e_mails_and_nothing_else(portal: Portal) -> None:
    hostile = '["a@x.com\\r\\nBcc: e@x.com", "a@x.com, e@x.com", "", 7, {"a": 1}, null, "ok@example.com"]'
    panel = await portal.actions.access.approvers(action(approve=policy(hostile, "true", "7")), None, {}, ANA)
    assert [each.email for each in panel.approvers] == ["ok@example.com"]
    assert any("not an e-mail" in each for each in panel.problems)


class _Run:
    def __init__(self, **definition: Any) -> None:
        self.created_by, self.impersonated_by, self.definition = "u_creator", "u_behind", definition


def test_runs_are_open_unless_the_action_closes_them(portal: Portal) -> None:
    see = portal.actions.access.decide_see_run
    assert see(ANA, _Run()).allowed
    assert see(ANA, _Run(allowAnyoneToViewRuns=True)).allowed
    closed = _Run(allowAnyoneToViewRuns=False)
    assert not see(ANA, closed).allowed
    assert see(ADMIN, closed).allowed
    assert see(ANA, closed, approver=True).allowed
    assert see(replace(ANA, principal_id="u_creator"), closed).allowed
    assert see(replace(ANA, principal_id="u_behind"), closed).allowed
    assert see(ANA, _Run(), action=action({"roles": ["Member"]})).allowed
    assert not see(ANA, _Run(), action=action()).allowed


@pytest.fixture
async def deploy(client: httpx.AsyncClient) -> None:
    """The action ``deploy`` on services, which owners may run."""
    await client.post("/v1/blueprints?create_catalog_page=false", json=SERVICE)
    document = self_service("deploy", blueprintIdentifier="service", operation="DAY-2")
    assert (await client.post("/v1/actions", json=document)).status_code == 201
    granted = {"execute": {**NOBODY, "ownedByTeam": True}, "approve": {"users": ["eve@example.com"]}}
    assert (await client.patch("/v1/actions/deploy/permissions", json=granted)).status_code == 200


@pytest.mark.usefixtures("deploy")
async def test_callers_are_told_what_they_may_run(client: httpx.AsyncClient, portal: Portal) -> None:
    path = "/v1/auth/permissions?action_version=v2"
    assert (await client.get(path)).json()["permissions"] == ["execute:actions:deploy"]
    assert (await client.get("/v1/auth/permissions?action_version=v1")).json()["permissions"] == []
    query = {"action_version": "v2"}
    assert await portal.access.permissions(ANA, query) == ["execute:team_entities:actions:deploy"]
    assert await portal.access.permissions(replace(ANA, teams=frozenset()), query) == []
    await client.patch("/v1/actions/deploy/permissions", json={"execute": {"roles": ["Member"]}})
    assert "execute:actions:deploy" in await portal.access.permissions(ANA, query)
    document = (await client.get("/v1/actions/deploy")).json()["action"]
    assert (await client.put("/v1/actions/deploy", json={**document, "publish": False})).status_code == 200
    assert await portal.access.permissions(ANA, query) == []
    assert (await client.get(path)).json()["permissions"] == ["execute:actions:deploy"]


@pytest.mark.usefixtures("deploy")
async def test_decisions_about_actions_are_explained(client: httpx.AsyncClient, portal: Portal) -> None:
    await _person(portal, "eve@example.com")
    await client.post("/v1/blueprints/service/entities", json={"identifier": "shop"})
    path = "/v1/fairway/access/explain"
    ask = {"action": "deploy", "verb": "execute", "entity": "shop", "user": "eve@example.com"}
    answer = (await client.post(path, json=ask)).json()
    assert answer["decision"]["allowed"] is False
    assert "eve@example.com may not run" in answer["decision"]["reason"]
    answer = (await client.post(path, json={**ask, "verb": "approve"})).json()
    assert answer["decision"]["allowed"] is True
    assert "not the runs that they start" in answer["decision"]["reason"]
    assert (await client.post(path, json={"action": "deploy", "verb": "execute"})).json()["decision"]["rule"] == "admin"
    for change, status in (
        ({"verb": "x"}, 422),
        ({"action": "nothing"}, 404),
        ({"entity": "no"}, 404),
        ({"user": "z@z"}, 404),
    ):
        assert (await client.post(path, json={**ask, **change})).status_code == status
