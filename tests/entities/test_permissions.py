"""Who may write what: contract 2.10, 15.18, with ownership direct and inherited."""

from __future__ import annotations

from typing import Any

import pytest

from fairway.kit.errors import FairwayError
from fairway.portal.caller import Caller, system_caller
from fairway.portal.catalog.entities import Mode, WriteOptions
from fairway.portal.services import Portal

ADMIN = system_caller("org_test")
ANA = Caller(
    "u_ana", "user", "org_test", email="ana@example.com", roles=frozenset({"Member"}), teams=frozenset({"red"})
)
OWNERS: dict[str, Any] = {"users": [], "roles": [], "teams": [], "ownedByTeam": True}


async def _model(portal: Portal) -> None:
    blueprints = portal.catalog.blueprints
    properties = {"schema": {"properties": {"note": {"type": "string"}, "cost": {"type": "number"}}}}
    await blueprints.create(ADMIN, {"identifier": "system", "title": "S", **properties})
    part = {
        "identifier": "part",
        "title": "P",
        **properties,
        "relations": {"of": {"target": "system"}},
        "ownership": {"type": "Inherited", "path": "of"},
    }
    await blueprints.create(ADMIN, part)
    grants = {"entities": dict.fromkeys(("register", "update", "unregister"), OWNERS)}
    for name in ("system", "part"):
        await blueprints.patch_permissions(ADMIN, name, grants)
    for team in ("red", "blue"):
        await _write(portal, ADMIN, "system", {"identifier": f"s-{team}", "team": team})
        await _write(portal, ADMIN, "part", {"identifier": f"p-{team}", "relations": {"of": f"s-{team}"}})


async def _write(portal: Portal, caller: Caller, blueprint: str, body: dict[str, Any]) -> str:
    """``ok`` or the code of the refusal."""
    options = WriteOptions(Mode.UPSERT_MERGE)
    try:
        await portal.catalog.entities.write_one(caller, blueprint, body, options)
    except FairwayError as error:
        return error.code
    return "ok"


async def test_owners_write_what_their_teams_own(portal: Portal) -> None:
    await _model(portal)
    assert await _write(portal, ANA, "system", {"identifier": "s-red", "properties": {"note": "x"}}) == "ok"
    assert await _write(portal, ANA, "system", {"identifier": "s-blue", "properties": {"note": "x"}}) == "forbidden"
    assert await _write(portal, ANA, "system", {"identifier": "new", "team": "red"}) == "ok"
    assert await _write(portal, ANA, "system", {"identifier": "other", "team": "blue"}) == "forbidden"


async def test_inherited_ownership_counts(portal: Portal) -> None:
    await _model(portal)
    assert await _write(portal, ANA, "part", {"identifier": "p-red", "properties": {"note": "x"}}) == "ok"
    assert await _write(portal, ANA, "part", {"identifier": "p-blue", "properties": {"note": "x"}}) == "forbidden"
    assert await _write(portal, ANA, "part", {"identifier": "n", "relations": {"of": "s-red"}}) == "ok"
    assert await _write(portal, ANA, "part", {"identifier": "m", "relations": {"of": "s-blue"}}) == "forbidden"
    assert await portal.catalog.entities.delete(ANA, "part", ["n"]) == ["n"]
    with pytest.raises(FairwayError) as refused:
        await portal.catalog.entities.delete(ANA, "part", ["p-blue"])
    assert refused.value.code == "forbidden"


async def test_single_properties_can_be_granted(portal: Portal) -> None:
    await _model(portal)
    grant = {"entities": {"updateProperties": {"note": {"users": ["ana@example.com"]}}}}
    await portal.catalog.blueprints.patch_permissions(ADMIN, "system", grant)
    assert await _write(portal, ANA, "system", {"identifier": "s-blue", "properties": {"note": "mine"}}) == "ok"
    both = {"identifier": "s-blue", "properties": {"note": "y", "cost": 1}}
    assert await _write(portal, ANA, "system", both) == "forbidden"


async def test_what_may_not_be_seen_is_not_found(portal: Portal) -> None:
    await _model(portal)
    hidden = {"entities": {"read": {"roles": ["Admin"], "ownedByTeam": True}}}
    await portal.catalog.blueprints.patch_permissions(ADMIN, "system", hidden)
    assert await _write(portal, ANA, "system", {"identifier": "s-blue", "properties": {"note": "x"}}) == "not_found"
    with pytest.raises(FairwayError) as refused:
        await portal.catalog.entities.delete(ANA, "system", ["s-blue"])
    assert refused.value.code == "not_found"


async def test_long_identifiers_are_refused_or_stored(portal: Portal) -> None:
    await _model(portal)
    assert await _write(portal, ADMIN, "system", {"identifier": "名" * 1000}) in ("ok", "invalid_request")
