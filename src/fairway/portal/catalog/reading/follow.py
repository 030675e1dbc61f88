"""Values at the end of relations: loaded hop by hop for a whole page, then read per entity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairway.portal.catalog.reading.plans import Along
from fairway.portal.catalog.reading.rows import Edges, EntityRow, Target
from fairway.portal.storage.tx import Tx

MAX_VALUES = 10_000
"""Values of one mirror of one entity: paths over several many relations multiply."""


async def load_paths(tx: Tx, edges: Edges, sources: Sequence[int], paths: Sequence[Along]) -> None:
    """Reads the edges of all paths, one statement for each hop."""
    frontiers = {path.steps: set(sources) for path in paths}
    for hop in range(max((len(steps) for steps in frontiers), default=0)):
        walking = {steps: here for steps, here in frontiers.items() if len(steps) > hop and here}
        relations = {steps[hop] for steps in walking}
        await edges.load(tx, set().union(*walking.values()), relations)
        for steps, here in walking.items():
            frontiers[steps] = {target.id for each in here for target in edges.of(steps[hop], each)}


def ends(edges: Edges, steps: Sequence[int], source: int) -> Sequence[Target]:
    """The entities at the end of a path in order, each as often as it is reached."""
    here = edges.of(steps[0], source)
    for step in steps[1:]:
        here = [target for each in here for target in edges.of(step, each.id)]
        if len(here) > MAX_VALUES:
            here = here[:MAX_VALUES]
    return here


class EndValues:
    """Reads values of entities at the end of paths."""

    def __init__(
        self,
        rows: Mapping[int, EntityRow],
        datasources: Mapping[int, str],
        computed: Mapping[tuple[int, str], Mapping[int, Any]],
    ) -> None:
        self._rows = rows
        self._datasources = datasources
        self._computed = computed

    def value(self, edges: Edges, path: Along, source: int, *, with_identifier: bool = False) -> Any:
        """The value of a mirror: null when nothing is reached; one flat array when a relation is many."""
        targets = ends(edges, path.steps, source)
        if not targets:
            return None
        if path.name == "$title" and with_identifier:
            values: list[Any] = [{"identifier": each.identifier, "title": each.title} for each in targets]
        else:
            values = [self._of(path, each) for each in targets]
        if not path.many:
            return values[0]
        flat: list[Any] = []
        for value in values:
            flat.extend(value if isinstance(value, list) else (value,))
        return flat[:MAX_VALUES]

    def _of(self, path: Along, target: Target) -> Any:
        if path.name == "$title":
            return target.title
        if path.name == "$identifier":
            return target.identifier
        if path.kind == "computed":
            return self._computed.get((path.end.id, path.name), {}).get(target.id)
        row = self._rows.get(target.id)
        if row is None:
            return None
        if path.kind == "own":
            return row.properties.get(path.name)
        return row.meta(path.name, path.end, self._datasources)
