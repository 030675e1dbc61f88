"""The set-wise reader and the most obvious way to assemble a document agree, whatever the model and the entities."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from tests.search.strategies import worlds
from tests.search.world import World

from fairway.jq import Engine
from fairway.kit.clock import SystemClock
from fairway.portal.catalog.reading.options import ReadOptions
from fairway.portal.catalog.reading.reader import EntityReader
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.storage import Database

OPTIONS = ReadOptions(attach_title_to_relation=True)


@settings(phases=[Phase.generate], max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(world=worlds())
async def test_documents_of_any_world(db: Database, world: World) -> None:
    await db.write(world.store)
    engine = Engine()
    reader = EntityReader(db, SystemClock(), SchemaCache(), engine)
    ids = [item.id for item in world.items]
    loaded = await db.read(lambda tx: reader.load(tx, world.schema, ids, OPTIONS))
    documents = await reader.assemble(loaded, OPTIONS)
    await engine.aclose()
    for item, document in zip(world.items, documents, strict=True):
        assert _comparable(document) == _comparable(world.document(item))


def _comparable(document: dict[str, Any]) -> dict[str, Any]:
    """Without what the plain way does not know, and without telling nothing reached from nothing found."""
    properties = {name: value for name, value in document["properties"].items() if name != "calc"}
    properties = {name: value if value != [] else None for name, value in properties.items()}
    kept = {name: value for name, value in document.items() if name not in ("scorecards", "$datasource")}
    return {**kept, "properties": properties}
