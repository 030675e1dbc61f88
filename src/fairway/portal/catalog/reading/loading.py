"""One read of the database for a page: rows, relation values, and the entities that mirrors look at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from fairway.portal.catalog.model import Blueprint, Schema
from fairway.portal.catalog.reading.follow import ends, load_paths
from fairway.portal.catalog.reading.needs import Need
from fairway.portal.catalog.reading.rows import Edges, EntityRow, load_datasources, load_rows
from fairway.portal.storage.tx import Tx


@dataclass(slots=True)
class Loaded:
    """What one page is assembled from. Made inside a unit of work, used after it."""

    schema: Schema
    order: list[int]
    """Entities that exist, in the order asked for."""
    rows: dict[int, EntityRow]
    needs: dict[int, Need] = field(default_factory=dict)
    """By blueprint id."""
    edges: Edges = field(default_factory=Edges)
    end_rows: dict[int, EntityRow] = field(default_factory=dict)
    datasources: dict[int, str] = field(default_factory=dict)
    nested: dict[tuple[int, str], set[int]] = field(default_factory=dict)
    """Computed values of other entities that mirrors show: ids by (blueprint id, property)."""

    def grouped(self) -> dict[int, list[EntityRow]]:
        """The page's rows by blueprint id."""
        groups: dict[int, list[EntityRow]] = defaultdict(list)
        for each in self.order:
            row = self.rows[each]
            groups[row.blueprint_id].append(row)
        return groups


async def load(
    tx: Tx, schema: Schema, ids: Sequence[int], need_of: Callable[[Blueprint], Need], *, light: bool = False
) -> Loaded:
    """Reads everything that a page needs; ids that do not exist are left out. ``light``: neither properties nor teams
    are asked for."""
    rows = await load_rows(tx, ids, light=light)
    loaded = Loaded(schema, [each for each in ids if each in rows], rows)
    wanted_rows: set[int] = set()
    wants_datasource = False
    for blueprint_id, group in loaded.grouped().items():
        need = loaded.needs[blueprint_id] = need_of(schema.by_id(blueprint_id))
        sources = [row.id for row in group]
        followed = need.followed
        first = {relation.id for relation in need.relations} | {path.steps[0] for path in followed}
        await loaded.edges.load(tx, sources, first)
        await load_paths(tx, loaded.edges, sources, followed)
        for path in followed:
            if path.name in ("$title", "$identifier"):
                continue
            wants_datasource |= path.name == "$datasource"
            reached = {target.id for each in sources for target in ends(loaded.edges, path.steps, each)}
            if path.kind == "computed":
                loaded.nested.setdefault((path.end.id, path.name), set()).update(reached)
            else:
                wanted_rows |= reached
    if wanted_rows:
        loaded.end_rows = await load_rows(tx, wanted_rows)
    if wants_datasource and loaded.end_rows:
        loaded.datasources = await load_datasources(tx, {row.datasource_id for row in loaded.end_rows.values()})
    return loaded
