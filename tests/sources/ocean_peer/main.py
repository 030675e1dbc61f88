"""A small integration for the published Ocean framework: two kinds, read from the file that ITEMS_FILE names."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from port_ocean.context.ocean import ocean

PAGE = 15


def _items(kind: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads(Path(os.environ["ITEMS_FILE"]).read_text())[kind]
    return items


@ocean.on_resync("shelf-service")
async def services(kind: str) -> AsyncIterator[list[dict[str, Any]]]:
    found = _items(kind)
    for start in range(0, len(found), PAGE):
        yield found[start : start + PAGE]


@ocean.on_resync("shelf-team")
async def teams(kind: str) -> list[dict[str, Any]]:
    return _items(kind)
