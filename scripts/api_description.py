"""Writes the portal's API description, from which the web interface's client is generated.

python scripts/api_description.py web/openapi.json
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from fairway.kit.clock import SystemClock
from fairway.kit.settings import Settings
from fairway.portal.app import create_app
from fairway.portal.services import build_portal


async def describe() -> str:
    """The description as a portal with default settings gives it.

    Raises:
        SystemExit: two operations have the same name.
    """
    with tempfile.TemporaryDirectory() as folder:
        portal = await build_portal(Settings(data_dir=Path(folder), database_url=""), SystemClock())
        document = create_app(portal).openapi()
        await portal.close()
    names = Counter(each["operationId"] for path in document["paths"].values() for each in path.values())
    doubles = sorted(name for name, count in names.items() if count > 1)
    if doubles:
        raise SystemExit(f"several operations are named {', '.join(doubles)}")
    return json.dumps(document, sort_keys=True)


def write(path: Path) -> None:
    """Writes the description unless the file holds it already: what is built from the file need not be built again."""
    text = asyncio.run(describe())
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
