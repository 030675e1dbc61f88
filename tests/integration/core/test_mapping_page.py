"""The examples of docs/how-to/integration-mapping.md give what the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from fairway.integration.mapping.compiled import compile_config
from fairway.integration.mapping.config import parse_config
from fairway.jq import Engine

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "integration-mapping.md"
EXAMPLES = re.findall(r"```json\n(.*?)```\s+```yaml\n(.*?)```\s+```json\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.mark.parametrize(("item", "mapping", "entities"), EXAMPLES)
async def test_an_item_becomes_what_the_page_says(engine: Engine, item: str, mapping: str, entities: str) -> None:
    config = compile_config(engine, parse_config(yaml.safe_load(mapping)))
    assert config.problems == ()
    batch = await config.resources[0].map([json.loads(item)])
    assert batch.problems == []
    assert [entity.document for entity in batch.entities] == json.loads(entities)


def test_the_page_has_its_examples() -> None:
    assert len(EXAMPLES) == PAGE.read_text().count("```yaml") == 3
