"""Who may read what: an entity that a caller may not read does not exist for them (contract 15.18)."""

from __future__ import annotations

import pytest

from fairway.portal.caller import Caller
from fairway.portal.catalog.reading.options import EVERYTHING
from reading.estate import Estate

NOBODY = {"users": [], "roles": ["Admin"], "teams": [], "ownedByTeam": False}


def member(*teams: str) -> Caller:
    return Caller(
        "u1", "user", "org", email="ann@x.io", roles=frozenset({"Member"}), teams=frozenset(teams),
        team_names=frozenset(),
    )  # fmt: skip


@pytest.fixture
async def estate(estate: Estate) -> Estate:
    await estate.model(
        {"identifier": "domain", "ownership": {"type": "Direct"}},
        {
            "identifier": "service",
            "schema": {"properties": {"public": {"type": "boolean"}}},
            "relations": {"domain": {"target": "domain"}},
            "mirrorProperties": {"domainName": {"path": "domain.$title"}},
            "ownership": {"type": "Inherited", "path": "domain"},
        },
    )
    await estate.put("domain", "d", title="Payments", team="red")
    await estate.put("service", "ours", relations={"domain": "d"})
    await estate.put("service", "open", properties={"public": True})
    await estate.put("service", "hidden")
    return estate


async def _seen(estate: Estate, caller: Caller) -> list[str]:
    search = estate.portal.catalog.search
    parts = await search.search_all(caller, None, EVERYTHING, blueprint="service")
    found = [each["identifier"] async for part in parts for each in part.entities]
    assert await search.count(caller, None, blueprint="service") == len(found)
    for name in ("ours", "open", "hidden"):
        assert (await search.readable(caller, "service", name) is not None) == (name in found)
    return found


@pytest.mark.parametrize(
    ("read", "teams", "seen"),
    [
        ({**NOBODY, "roles": ["Member"]}, (), ["ours", "open", "hidden"]),
        (NOBODY, ("red",), []),
        ({**NOBODY, "ownedByTeam": True}, ("red",), ["ours"]),
        ({**NOBODY, "ownedByTeam": True}, ("blue",), []),
        ({**NOBODY, "teams": ["blue"]}, ("blue",), ["ours", "open", "hidden"]),
        (
            {**NOBODY, "ownedByTeam": True, "policy": {
                "combinator": "and", "rules": [{"property": "public", "operator": "=", "value": True}]}},
            ("red",),
            ["ours", "open"],
        ),
    ],
)  # fmt: skip
async def test_read_scope(estate: Estate, read: dict[str, object], teams: tuple[str, ...], seen: list[str]) -> None:
    body = {"entities": {"read": read}}
    await estate.portal.catalog.blueprints.patch_permissions(estate.caller, "service", body)
    assert await _seen(estate, member(*teams)) == seen
    assert await _seen(estate, estate.caller) == ["ours", "open", "hidden"]


async def test_mirrors_show_values_of_entities_that_cannot_be_read(estate: Estate) -> None:
    await estate.portal.catalog.blueprints.patch_permissions(estate.caller, "domain", {"entities": {"read": NOBODY}})
    caller = member()
    search = estate.portal.catalog.search
    assert await search.readable(caller, "domain", "d") is None
    parts = await search.search_all(caller, None, EVERYTHING, blueprint="service")
    found = {each["identifier"]: each["properties"] async for part in parts for each in part.entities}
    assert found["ours"]["domainName"] == "Payments"
