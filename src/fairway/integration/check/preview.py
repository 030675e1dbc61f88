"""What a mapping makes of raw items, without a portal and without the third party."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairway.integration.definition import Integration
from fairway.integration.mapping.batch import MappedBatch
from fairway.integration.mapping.compiled import compile_config
from fairway.integration.mapping.config import parse_config
from fairway.integration.model import Problem, RawItem, Resource
from fairway.jq import Engine
from fairway.kit.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Previewed:
    """The outcome of every resource of a kind, and the problems of the mapping as a whole."""

    outcomes: tuple[tuple[Resource, MappedBatch], ...]
    problems: tuple[Problem, ...]

    @property
    def sound(self) -> bool:
        """Whether a resync with these items would delete what it did not see."""
        return not self.problems and not any(batch.counts.failed for _, batch in self.outcomes)


async def preview(
    engine: Engine, integration: Integration, mapping: Mapping[str, Any], kind: str, items: Sequence[RawItem]
) -> Previewed:
    """Maps ``items`` by each resource of ``kind``.

    Raises:
        InvalidRequest: the mapping has no sound resource of that kind and no problem that would explain it.
    """
    config = compile_config(engine, parse_config(mapping, integration.served, integration.selectors))
    found = [resource for resource in config.resources if resource.resource.kind == kind]
    if not found and not config.problems:
        kinds = ", ".join(dict.fromkeys(f'"{each.resource.kind}"' for each in config.resources)) or "none"
        raise InvalidRequest(f'the mapping has no resource of the kind "{kind}"; its kinds: {kinds}')
    outcomes = [(resource.resource, await resource.map(items)) for resource in found]
    return Previewed(tuple(outcomes), config.problems)
