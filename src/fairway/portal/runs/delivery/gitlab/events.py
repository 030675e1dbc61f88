"""What a pipeline means for a run, whether it was asked for or told by GitLab's webhook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairway.portal.runs.model import Finish

_GOOD = frozenset({"success"})
_BAD = frozenset({"failed", "canceled", "skipped"})


@dataclass(frozen=True, slots=True)
class PipelineEvent:
    """A pipeline event that ends a run."""

    external_id: str
    finish: Finish


def conclusion(pipeline: Mapping[str, Any]) -> Finish | None:
    """How a pipeline ended, none while it runs."""
    status = str(pipeline.get("status"))
    log = f"The pipeline {pipeline.get('id')} ended: {status}"
    if status in _GOOD:
        return Finish("SUCCESS", label=status, logs=(log,))
    if status in _BAD:
        return Finish("FAILURE", label=status, summary=f"The pipeline ended with {status}", logs=(log,))
    return None


def pipeline_event(body: Any) -> PipelineEvent | None:
    """The event of a webhook's body, none when it is of another kind or the pipeline goes on."""
    if not isinstance(body, Mapping) or body.get("object_kind") != "pipeline":
        return None
    pipeline = body.get("object_attributes")
    if not isinstance(pipeline, Mapping) or pipeline.get("id") is None:
        return None
    finish = conclusion(pipeline)
    return None if finish is None else PipelineEvent(str(pipeline["id"]), finish)
