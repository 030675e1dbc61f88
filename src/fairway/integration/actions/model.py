"""What is claimed: runs of actions, and node runs of workflows (contract section 12.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fairway.kit.errors import InvalidRequest

Work = Literal["run", "node"]
"""A run of an action, or a node run of a workflow."""


@dataclass(frozen=True, slots=True)
class ActionRun:
    """One thing to do. ``properties`` may hold secrets."""

    work: Work
    id: str
    executor: str
    """The name of the action, as the specification has it."""
    source: str
    """Identifier of the action, or uid of the workflow's node: what claims leave out when too many of it wait."""
    properties: Mapping[str, Any] = field(default_factory=dict, repr=False)
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """As the portal gave it."""
    resumed: bool = False
    """It was begun before this process started."""

    @property
    def key(self) -> tuple[Work, str]:
        """What it is found by."""
        return self.work, self.id

    @property
    def status(self) -> str | None:
        """As it was when it was read."""
        found = self.document.get("status")
        return found if isinstance(found, str) else None


def id_of(work: Work, document: Any) -> str | None:
    """The identifier of a run, if it has one."""
    found = document.get("id" if work == "run" else "identifier") if isinstance(document, Mapping) else None
    return found if isinstance(found, str) and found else None


def parse_run(work: Work, document: Any) -> ActionRun:
    """A run as the portal gives it.

    Raises:
        InvalidRequest: it does not say what is to be done.
    """
    identifier = id_of(work, document)
    if identifier is None:
        raise InvalidRequest("The run has no identifier")
    what = _mapping(document.get("payload")) if work == "run" else _config(document)
    name = what.get("integrationActionType") or what.get("integrationInvocationType")
    if not isinstance(name, str) or not name:
        raise InvalidRequest('The run names no action: "integrationActionType" is no text')
    properties = what.get("integrationActionExecutionProperties")
    if properties is not None and not isinstance(properties, Mapping):
        raise InvalidRequest('"integrationActionExecutionProperties" of the run is no object')
    return ActionRun(work, identifier, name, _source(work, document), dict(properties or {}), document)


def _config(document: Mapping[str, Any]) -> Mapping[str, Any]:
    return _mapping(document.get("config")) or _mapping(_mapping(document.get("node")).get("config"))


def _source(work: Work, document: Mapping[str, Any]) -> str:
    found = _mapping(document.get("action")).get("identifier") if work == "run" else document.get("nodeUid")
    return found if isinstance(found, str) else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
