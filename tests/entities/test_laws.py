"""Upsert and merge laws: any sequence of writes leaves what a naive model says, on both databases."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from fairway.kit.clock import SystemClock
from fairway.kit.settings import Settings
from fairway.portal.caller import system_caller
from fairway.portal.catalog.entities import Mode, WriteOptions
from fairway.portal.catalog.entities.repository import load_by_identifier
from fairway.portal.services import Portal, build_portal
from fairway.portal.storage import Tx

_NAMES = ("a", "b", "c")
_PROPERTIES: dict[str, Any] = {
    "text": {"type": "string"},
    "number": {"type": "number"},
    "flag": {"type": "boolean"},
    "free": {"type": "object"},
    "list": {"type": "array", "items": {"type": "number"}},
}
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("xyé", max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("pq"), inner, max_size=2),
    max_leaves=4,
)
_properties = st.fixed_dictionaries(
    {},
    optional={
        "text": st.none() | st.text("ab'\"%_\\", max_size=3),
        "number": st.none() | st.integers(-3, 3) | st.sampled_from([0.5, 2.0]),
        "flag": st.none() | st.booleans(),
        "free": st.none() | st.dictionaries(st.sampled_from("pq"), _json, max_size=2),
        "list": st.none() | st.lists(st.integers(0, 3), max_size=3),
    },
)
_body = st.fixed_dictionaries(
    {"identifier": st.sampled_from(_NAMES), "properties": _properties},
    optional={
        "title": st.none() | st.sampled_from(["T", "U"]),
        "icon": st.none() | st.just("I"),
        "team": st.none() | st.sampled_from(["x", ["x", "y"]]),
        "relations": st.fixed_dictionaries(
            {},
            optional={
                "one": st.none() | st.sampled_from(_NAMES),
                "many": st.none() | st.lists(st.sampled_from(_NAMES), max_size=3),
            },
        ),
    },
)
_write = st.tuples(st.sampled_from(list(Mode)), st.lists(_body, min_size=1, max_size=4))


class _Model:
    """What the contract says, one entity at a time (3.3)."""

    def __init__(self) -> None:
        self.entities: dict[str, dict[str, Any]] = {}

    def write(self, mode: Mode, body: dict[str, Any]) -> bool:
        name = body["identifier"]
        present = self.entities.get(name)
        if (present is None and not mode.creates) or (present is not None and mode is Mode.CREATE):
            return False
        keep = present is not None and mode.merges
        after = (
            dict(present or {})
            if keep
            else {"title": None, "icon": None, "team": [], "properties": {}, "relations": {}}
        )
        if present is None:
            after["title"] = name
        for field in ("title", "icon"):
            if field in body:
                after[field] = body[field]
        if "team" in body:
            after["team"] = [body["team"]] if isinstance(body["team"], str) else body["team"] or []
        after["properties"] = {**(after["properties"] if keep else {}), **body["properties"]}
        after["properties"] = {key: value for key, value in after["properties"].items() if value is not None}
        relations = dict(after["relations"]) if keep else {}
        for key, value in body.get("relations", {}).items():
            targets = list(dict.fromkeys(value)) if isinstance(value, list) else [value] if value else []
            if any(target not in self.entities for target in targets):
                return False
            relations[key] = targets
        after["relations"] = {key: value for key, value in relations.items() if value}
        self.entities[name] = after
        return True


async def _stored(portal: Portal) -> dict[str, dict[str, Any]]:
    async def work(tx: Tx) -> dict[str, dict[str, Any]]:
        blueprint = (await portal.schemas.current(tx)).require("thing")
        found = await load_by_identifier(tx, blueprint, _NAMES)
        return {
            name: {
                "title": each.title,
                "icon": each.icon,
                "team": each.team or [],
                "properties": each.properties,
                "relations": {key: [target for _, target in value] for key, value in each.relations.items()},
            }
            for name, each in found.items()
        }

    return await portal.db.write(work)  # the rows are read as a writer reads them: locked


def test_any_sequence_of_writes_matches_the_model(settings: Settings) -> None:
    admin = system_caller("org_test")
    with asyncio.Runner() as runner:
        portal = runner.run(build_portal(settings, SystemClock()))
        relations = {"one": {"target": "thing"}, "many": {"target": "thing", "many": True}}
        document = {"identifier": "thing", "title": "T", "schema": {"properties": _PROPERTIES}}
        runner.run(portal.catalog.blueprints.create(admin, document))
        runner.run(portal.catalog.blueprints.patch(admin, "thing", {"relations": relations}))

        async def replay(writes: list[tuple[Mode, list[dict[str, Any]]]]) -> None:
            await portal.catalog.entities.delete(admin, "thing", await _present(portal))
            model = _Model()
            for mode, bodies in writes:
                outcomes = await portal.catalog.entities.write(admin, "thing", bodies, WriteOptions(mode))
                expected = [model.write(mode, body) for body in bodies]
                assert [outcome.error is None for outcome in outcomes] == expected, outcomes
            assert await _stored(portal) == model.entities

        @_ENOUGH
        @given(st.lists(_write, max_size=6))
        def laws(writes: list[tuple[Mode, list[dict[str, Any]]]]) -> None:
            runner.run(replay(writes))

        laws()
        runner.run(portal.close())


_ENOUGH = examples(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


async def _present(portal: Portal) -> list[str]:
    return list(await _stored(portal))
