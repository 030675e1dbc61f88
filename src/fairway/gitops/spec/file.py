"""What reading a spec file gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fairway.gitops.diagnostics import Diagnostic
from fairway.gitops.model import Definition, EntityKey, Mark
from fairway.gitops.spec.problems import Problem, limited
from fairway.gitops.spec.references import FileReference


@dataclass(frozen=True, slots=True)
class SpecFile:
    """What a spec file says, and what is wrong with it."""

    path: str
    readable: bool
    """False: nothing of this location may change."""
    definitions: tuple[Definition, ...] = ()
    """The good ones, in order. ``file://`` values are as written until :func:`resolve_references`."""
    diagnostics: tuple[Diagnostic, ...] = ()
    broken: tuple[EntityKey, ...] = ()
    """Bad definitions whose key could be read: they keep their last good version."""
    nameless: int = 0
    """Bad definitions without one. When there are any, that a key is absent proves nothing: nothing of this location
    ends."""
    places: Mapping[EntityKey, Mark] = field(default_factory=dict)
    """Where the identifier of each definition is, good or bad."""
    needs: tuple[FileReference, ...] = ()
    """The files that ``file://`` values refer to."""
    rejected: tuple[Definition, ...] = ()
    """The broken ones as far as they could be read, so that a check can tell more about them; never to be applied."""


def unreadable(path: str, problems: Iterable[Problem]) -> SpecFile:
    """A spec file that says nothing, not even that there are no entities."""
    return SpecFile(path, False, diagnostics=limited([problem.at(path) for problem in problems]))
