"""All spec files of one repository together. Sections 2.4, 2.9 and 3 of the contract."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from fairway.gitops.diagnostics import Diagnostic, Severity
from fairway.gitops.model import SPEC_NAMES, Definition, EntityKey, Mark
from fairway.gitops.spec.file import SpecFile, unreadable
from fairway.gitops.spec.limits import MAX_REPOSITORY_DEFINITIONS
from fairway.gitops.spec.problems import Problem, limited
from fairway.gitops.spec.wording import listed, quoted


@dataclass(frozen=True, slots=True)
class RepositorySpec:
    """The spec files in their order; no entity is defined twice any more."""

    files: tuple[SpecFile, ...]

    @property
    def definitions(self) -> tuple[tuple[str, Definition], ...]:
        """All good definitions, each with the path of its file."""
        return tuple((file.path, definition) for file in self.files for definition in file.definitions)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All findings, file by file."""
        return tuple(found for file in self.files for found in file.diagnostics)


def combine(specs: Iterable[SpecFile]) -> RepositorySpec:
    """Puts the files in their order and settles what only shows across files.

    An entity that several files define belongs to the first, even while it is broken there. Files beyond the limit of
    definitions become unreadable, so that nothing of them changes.
    """
    taken: dict[EntityKey, tuple[str, Mark]] = {}
    files: list[SpecFile] = []
    count = 0
    ordered = sorted(specs, key=lambda spec: reading_order(spec.path))
    beside = _both_names([spec.path for spec in ordered])
    for spec in ordered:
        count += len(spec.definitions) + len(spec.broken) + spec.nameless
        if count > MAX_REPOSITORY_DEFINITIONS:
            files.append(_beyond(spec))
            continue
        file = _without_taken(spec, taken)
        files.append(_warned(file) if spec.path in beside else file)
    return RepositorySpec(tuple(files))


def reading_order(path: str) -> tuple[str, int, str]:
    """Sorts paths by folder, and ``port.yml`` before ``port.yaml`` within one."""
    folder, name = posixpath.split(path)
    return folder, SPEC_NAMES.index(name) if name in SPEC_NAMES else len(SPEC_NAMES), name


def ignored_paths(paths: Iterable[str]) -> list[Diagnostic]:
    """A warning for each of the files that :meth:`Patterns.nearly` finds."""
    message = "The file {} is not read: spec files are named " + f"{listed(SPEC_NAMES, 'or')}, in lower case"
    return [
        Diagnostic("W_IGNORED_PATH", message.format(quoted(path)), path, hint="Rename it", severity=Severity.WARNING)
        for path in sorted(paths)
    ]


def _both_names(paths: Sequence[str]) -> frozenset[str]:
    """The second of two files side by side."""
    first, second = SPEC_NAMES
    folders = {posixpath.dirname(path) for path in paths if posixpath.basename(path) == first}
    return frozenset(
        path for path in paths if posixpath.basename(path) == second and posixpath.dirname(path) in folders
    )


def _warned(spec: SpecFile) -> SpecFile:
    other = posixpath.join(posixpath.dirname(spec.path), SPEC_NAMES[0])
    message = f"{quoted(other)} lies beside this file; both are read, {quoted(SPEC_NAMES[0])} first"
    warning = Problem("W_BOTH_NAMES", message, Mark(1, 1), "Move the entities into one of them").at(spec.path)
    return replace(spec, diagnostics=(warning, *spec.diagnostics))


def _beyond(spec: SpecFile) -> SpecFile:
    message = f"The repository has more than {MAX_REPOSITORY_DEFINITIONS} entities; this file is beyond that"
    problem = Problem("E_TOO_MANY", message, Mark(1, 1), "Split them over several repositories")
    return unreadable(spec.path, [problem])


def _without_taken(spec: SpecFile, taken: dict[EntityKey, tuple[str, Mark]]) -> SpecFile:
    """Leaves out what an earlier file defines, and takes the rest."""
    gone = frozenset(key for key in spec.places if key in taken)
    taken.update({key: (spec.path, mark) for key, mark in spec.places.items() if key not in gone})
    if not gone:
        return spec
    found = [_duplicate(mark, *taken[key]).at(spec.path, key) for key, mark in spec.places.items() if key in gone]
    return replace(
        spec,
        definitions=tuple(each for each in spec.definitions if each.key not in gone),
        rejected=tuple(each for each in spec.rejected if each.key not in gone),
        broken=tuple(key for key in spec.broken if key not in gone),
        needs=tuple(need for need in spec.needs if need.key not in gone),
        places={key: mark for key, mark in spec.places.items() if key not in gone},
        diagnostics=limited([*spec.diagnostics, *found]),
    )


def _duplicate(mark: Mark, path: str, first: Mark) -> Problem:
    where = f"{quoted(path, 200)}, line {first.line},"
    message = f"The entity is defined in {where} already, and here, in line {mark.line}, again"
    return Problem("E_DUPLICATE_ENTITY", message, mark, "The first one counts; remove one of them")
