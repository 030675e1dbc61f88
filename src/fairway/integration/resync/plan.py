"""What a run has to do: the mapping as it is now, its sound resources, and what is wrong with the others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from fairway.integration.definition import Integration
from fairway.integration.mapping.compiled import CompiledResource, compile_config
from fairway.integration.mapping.config import parse_config
from fairway.integration.model import AppConfig, KindReport, Problem, Resource, State
from fairway.integration.resync.documents import canonical
from fairway.jq import Engine

_PLACE = re.compile(r"/resources/(\d+)(?:/|$)")


@dataclass(frozen=True, slots=True)
class Plan:
    """Made by :func:`make_plan`."""

    config: AppConfig
    resources: Sequence[CompiledResource]
    broken: Sequence[KindReport]
    """Resources that cannot run, as failed already."""
    problem: str | None
    """Something is wrong with the mapping as a whole: nothing is deleted."""
    digest: str
    """Tells one mapping from another."""

    @property
    def broken_kinds(self) -> dict[str, str]:
        """Why nothing of a kind may be deleted."""
        return {
            each.resource.kind: f'the mapping of "{each.resource.name}" is wrong: {each.problems[0].message}'
            for each in self.broken
        }


def make_plan(engine: Engine, integration: Integration, document: Any) -> Plan:
    """Reads ``integration.config`` of the portal."""
    config = parse_config(document, integration.served, integration.selectors)
    compiled = compile_config(engine, config)
    broken: dict[int, KindReport] = {}
    general: list[str] = []
    for problem in compiled.problems:
        resource = _resource_at(problem, document)
        if resource is None:
            general.append(f"{problem.where or 'the mapping'}: {problem.message}")
        else:
            report = broken.setdefault(resource.index, KindReport(resource, State.FAILED))
            report.problems.append(problem)
    return Plan(
        config,
        [each for each in compiled.resources if each.resource.index not in broken],
        list(broken.values()),
        "; ".join(general) or None,
        mapping_digest(document),
    )


def mapping_digest(document: Any) -> str:
    """The same for the same mapping."""
    return blake2b(canonical(document), digest_size=8).hexdigest()


def _resource_at(problem: Problem, document: Any) -> Resource | None:
    """The resource a problem is in; ``None`` when its kind cannot be told."""
    place = _PLACE.match(problem.where)
    resources = document.get("resources") if isinstance(document, Mapping) else None
    if place is None or not isinstance(resources, list):
        return None
    index = int(place.group(1))
    entry = resources[index] if index < len(resources) else None
    kind = entry.get("kind") if isinstance(entry, Mapping) else None
    return Resource(index, kind, "", ()) if isinstance(kind, str) and kind else None
