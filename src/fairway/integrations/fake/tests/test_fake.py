"""The company that does not exist: always the same, as large, slow and unreliable as the settings say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fairway.integration.check.examples import items_of
from fairway.integration.folder import load_integration
from fairway.integration.http import ThirdPartyUnavailable
from fairway.integration.testing import Collected, context_for, run_resync
from fairway.kit.errors import InvalidRequest

FOLDER = Path(__file__).parents[1]
LOADED = load_integration(FOLDER)
MAPPING = LOADED.resources.mapping or {}


async def resync(mapping: Any = MAPPING, **config: Any) -> Collected:
    return await run_resync(LOADED.integration, mapping, config=LOADED.config_model.model_validate(config))


def selected(**selector: Any) -> dict[str, Any]:
    """The default mapping with more in its selectors."""
    return {
        "resources": [
            {**each, "selector": {**each["selector"], **selector}} for each in MAPPING["resources"]
        ]
    }  # fmt: skip


async def test_the_default_mapping_makes_an_entity_of_every_item() -> None:
    found = await resync()
    assert found.problems == []
    assert {name: len(items) for name, items in found.raw.items()} == {
        "person-0": 40,
        "service-1": 60,
        "incident-2": 120,
    }
    assert len(found.entities) == 220
    known = {(entity.blueprint, entity.identifier) for entity in found.entities}
    for entity in found.entities:
        for target in entity.document.get("relations", {}).values():
            assert any((blueprint, target) in known for blueprint in ("fakePerson", "fakeService"))


async def test_the_same_seed_gives_the_same_company() -> None:
    assert (await resync()).raw == (await resync()).raw
    assert (await resync(seed="other")).raw != (await resync()).raw


async def test_more_items_keep_the_first_ones() -> None:
    more = await resync(counts={"person": 100})
    assert more.raw["person-0"][:40] == (await resync()).raw["person-0"]


@pytest.mark.parametrize("kind", ["person", "service", "incident"])
async def test_the_examples_are_what_it_gives(kind: str) -> None:
    found = await resync()
    items = next(items for name, items in found.raw.items() if name.startswith(kind))
    assert items_of(FOLDER / "examples" / f"{kind}.json") == items[:3]


async def test_a_selector_says_how_many() -> None:
    found = await resync(selected(count=3))
    assert [len(items) for items in found.raw.values()] == [3, 3, 3]


async def test_a_selector_with_unknown_keys_is_a_problem() -> None:
    found = await resync(selected(counts=3))
    assert [problem.where for problem in found.problems] == [f"/resources/{n}/selector/counts" for n in range(3)]


async def test_a_page_that_fails_fails_its_kind() -> None:
    with pytest.raises(ThirdPartyUnavailable, match='Page 1 of "service"'):
        await resync(failureRates={"service": 1})


async def test_wrong_settings_are_told_together_before_the_first_sync() -> None:
    config = {"counts": {"person": -1, "people": 3}, "failureRates": {"service": 2}}
    context = context_for(LOADED.integration, config=LOADED.config_model.model_validate(config))
    try:
        with pytest.raises(InvalidRequest) as caught:
            LOADED.integration.check(context)
    finally:
        await context.http.aclose()
    for part in ('the kind "people"', '"counts.person" must be a number from 0', '"failure_rates.service"'):
        assert part in str(caught.value)
