"""Who may do what, and why (contract 2.10)."""

from __future__ import annotations

from typing import Any

import pytest

from fairway.kit.errors import Forbidden
from fairway.portal.access.decisions import (
    decide_moderation,
    decide_write,
    default_permissions,
    read_scope,
    require_admin,
)
from fairway.portal.caller import Caller


def person(*roles: str, teams: dict[str, str] | None = None, email: str = "Jo@example.com") -> Caller:
    known = teams or {}
    return Caller(
        "user_1", "user", "org_1", email=email, roles=frozenset(roles), teams=frozenset(known),
        team_names=frozenset(known.values()),
    )  # fmt: skip


def block(**given: Any) -> dict[str, Any]:
    return {"users": [], "roles": [], "teams": [], "ownedByTeam": False, **given}


def document(**blocks: Any) -> dict[str, Any]:
    names = ("register", "unregister", "update", "read")
    return {"entities": {**{name: block() for name in names}, **blocks}}


def test_defaults_let_members_read_and_moderators_write() -> None:
    permissions = default_permissions("service")
    member, moderator = person("Member"), person("Member", "service-moderator")
    assert read_scope(member, "service", permissions).everything
    refused = decide_write(member, "service", permissions, "register", [])
    assert not refused.allowed
    assert refused.rule == "none"
    assert refused.reason == (
        'Jo@example.com may not register entities of "service"; it needs one of the roles "Admin", "service-moderator"'
    )
    allowed = decide_write(moderator, "service", permissions, "unregister", [])
    assert (allowed.allowed, allowed.rule) == (True, "entities.unregister.roles")
    assert '"service-moderator"' in allowed.reason


def test_system_blueprints_have_no_moderators() -> None:
    permissions = default_permissions("_user")
    assert not decide_write(person("Member", "_user-moderator"), "_user", permissions, "update", [], ["x"]).allowed
    assert read_scope(person("Member"), "_user", permissions).everything


def test_admin_always_may() -> None:
    admin = person("Admin")
    assert read_scope(admin, "service", document()).everything
    assert decide_write(admin, "service", document(), "unregister", []).rule == "admin"


@pytest.mark.parametrize(
    ("granted", "rule"),
    [
        ({"users": ["jo@EXAMPLE.com"]}, "entities.update.users"),
        ({"roles": ["Member"]}, "entities.update.roles"),
        ({"teams": ["payments"]}, "entities.update.teams"),
        ({"teams": ["Payments Team"]}, "entities.update.teams"),
        ({"ownedByTeam": True}, "entities.update.ownedByTeam"),
    ],
)
def test_each_way_to_be_granted(granted: dict[str, Any], rule: str) -> None:
    caller = person("Member", teams={"payments": "Payments Team"})
    decision = decide_write(caller, "service", document(update=block(**granted)), "update", ["payments"], ["tier"])
    assert (decision.allowed, decision.rule) == (True, rule)
    stranger = person("Guest", email="other@example.com")
    assert not decide_write(
        stranger, "service", document(update=block(**granted)), "update", ["payments"], ["tier"]
    ).allowed


def test_granular_grants_must_cover_every_change() -> None:
    permissions = document(
        updateProperties={"tier": block(roles=["Member"]), "$title": block(ownedByTeam=True)},
        updateRelations={"domain": block(teams=["payments"])},
    )
    caller = person("Member", teams={"payments": "Payments"})
    assert decide_write(caller, "s", permissions, "update", ["payments"], ["tier", "$title"], ["domain"]).allowed
    refused = decide_write(caller, "s", permissions, "update", ["other"], ["tier", "$title"])
    assert refused.reason == (
        'Jo@example.com may not update the property "$title" of "s"; it needs membership in the owning team'
    )
    assert not decide_write(caller, "s", permissions, "update", [], ["tier", "language"]).allowed
    assert not decide_write(caller, "s", permissions, "update", [], [], ["owner"]).allowed
    assert not decide_write(caller, "s", permissions, "update", [], [], []).allowed
    assert not decide_write(caller, "s", permissions, "register", [], ["tier"]).allowed


def test_entity_level_update_overrides_the_granular_maps() -> None:
    permissions = document(update=block(roles=["Member"]), updateProperties={"tier": block(roles=["Admin"])})
    assert decide_write(person("Member"), "s", permissions, "update", [], ["tier"]).allowed


@pytest.mark.parametrize("verb", ["register", "update", "unregister"])
def test_write_grants_imply_read(verb: str) -> None:
    caller = person("Member", teams={"payments": "Payments"})
    scope = read_scope(caller, "s", document(**{verb: block(roles=["Member"])}))
    assert (scope.everything, scope.rule) == (True, f"entities.{verb}.roles")
    owned = read_scope(caller, "s", document(**{verb: block(ownedByTeam=True)}))
    assert owned.owned_by == {"payments", "Payments"}
    assert not owned.everything
    assert owned.rule == f"entities.{verb}.ownedByTeam"


def test_policy_counts_only_when_nothing_else_grants_everything() -> None:
    policy = {"combinator": "and", "rules": []}
    caller = person("Member", teams={"payments": "Payments"})
    assert read_scope(caller, "s", document(read=block(roles=["Member"], policy=policy))).everything
    scope = read_scope(caller, "s", document(read=block(ownedByTeam=True, policy=policy)))
    assert (scope.everything, scope.policy) == (False, policy)
    assert "payments" in scope.owned_by
    assert scope.rule == "entities.read.ownedByTeam, entities.read.policy"
    assert "own" in scope.reason
    assert "policy" in scope.reason


def test_owned_by_team_means_nothing_to_somebody_without_teams() -> None:
    scope = read_scope(person("Member"), "s", document(read=block(ownedByTeam=True)))
    assert scope.nothing
    assert scope.rule == "none"


def test_refusals_carry_reason_and_rule() -> None:
    with pytest.raises(Forbidden) as caught:
        require_admin(person("Member"), "change blueprints")
    assert caught.value.message == "Jo@example.com may not change blueprints; it needs the role Admin"
    assert caught.value.details == {"reason": caught.value.message, "rule": "none"}
    assert decide_moderation(person("s-moderator"), "s", "change scorecards").rule == "moderator"
    assert not decide_moderation(person("t-moderator"), "s", "change scorecards").allowed
