"""``integration.config`` of the portal, checked resource by resource (contract 6.1 and 6.2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel

from fairway.integration.mapping.reader import Reader
from fairway.integration.mapping.resource import read_resource
from fairway.integration.model import AppConfig, Resource


def parse_config(
    document: Any,
    kinds: Collection[str] | None = None,
    selectors: Mapping[str, type[BaseModel]] | None = None,
) -> AppConfig:
    """The mapping with its sound resources; every problem of the others is in ``problems``, by JSON pointer.

    Unknown keys are ignored. ``kinds`` are those the integration serves (``None``: any); ``selectors`` check the
    selectors of their kinds (``*``: of all others). A switch that is not of its type is a problem, and its
    default counts.
    """
    reader = Reader()
    if not isinstance(document, Mapping):
        reader.wrong("", "the mapping must be an object", document)
        return AppConfig(problems=tuple(reader.problems))
    return AppConfig(
        resources=_resources(reader, document.get("resources"), kinds, selectors or {}),
        delete_dependent_entities=reader.switch(document, "deleteDependentEntities", ""),
        create_missing_related_entities=reader.switch(document, "createMissingRelatedEntities", ""),
        enable_merge_entity=reader.switch(document, "enableMergeEntity", ""),
        entity_deletion_threshold=_threshold(reader, document.get("entityDeletionThreshold")),
        problems=tuple(reader.problems),
    )


def _resources(
    reader: Reader, value: Any, kinds: Collection[str] | None, selectors: Mapping[str, type[BaseModel]]
) -> tuple[Resource, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        reader.wrong("/resources", "must be a list of resources", value)
        return ()
    found = [read_resource(reader, index, item, kinds, selectors) for index, item in enumerate(value)]
    return tuple(resource for resource in found if resource is not None)


def _threshold(reader: Reader, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        reader.wrong("/entityDeletionThreshold", "must be a number from 0 to 1", value)
        return None
    return float(value)
