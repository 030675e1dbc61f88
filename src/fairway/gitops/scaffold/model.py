"""What is asked of a repository's spec file, and what became of it. Section 13 of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from fairway.gitops.diagnostics import Diagnostic
from fairway.gitops.model import EntityKey
from fairway.kit.errors import Conflict, InvalidRequest

Value = str | int | float | bool | None | Sequence["Value"] | Mapping[str, "Value"]


@dataclass(frozen=True, slots=True)
class EntityChange:
    """The keys of one definition that are to be set; everything else stays. None is written as ``null``: it clears."""

    key: EntityKey
    fields: Mapping[str, Value] = field(default_factory=dict)
    """Of title, icon and team."""
    properties: Mapping[str, Value] = field(default_factory=dict)
    relations: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asked for it: co-author of the commit."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class ScaffoldRequest:
    """One run of an action."""

    action: str
    run_id: str
    change: EntityChange
    requester: Requester | None = None
    title: str | None = None
    link: str | None = None
    """The run's page."""
    base: str | None = None
    """None: the repository's default branch."""


class Outcome(StrEnum):
    """What became of it."""

    UP_TO_DATE = "up to date"
    OPENED = "opened"
    UPDATED = "updated"
    PUSHED = "pushed"
    """Where there are no pull requests: the branch is there."""


@dataclass(frozen=True, slots=True)
class ScaffoldResult:
    """``branch`` is None when there was nothing to change; ``url`` is that of the pull request, if there is one."""

    outcome: Outcome
    path: str
    branch: str | None = None
    url: str | None = None
    plan: tuple[str, ...] = ()


class EditConflict(Conflict):
    """Somebody else changes the same file or branch at the same time."""

    code = "edit_conflict"


class CannotEdit(InvalidRequest):
    """The file cannot be changed without harm to what people wrote; the message says what is in the way."""

    code = "spec_file_not_editable"


class InvalidSpec(InvalidRequest):
    """What would be pushed is not a good spec file."""

    code = "invalid_spec_file"

    def __init__(self, findings: Sequence[Diagnostic]) -> None:
        first = findings[0]
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        super().__init__(f"The change would make a wrong spec file: {first}{more}")
        self.findings = tuple(findings)
