"""Checking a checkout: everything that a sync would say about its spec files, as far as files can tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fairway.gitops.catalog import BlueprintShape
from fairway.gitops.check.folder import Folder, root_of
from fairway.gitops.diagnostics import Diagnostic, Severity, errors
from fairway.gitops.forges.errors import FileTooBig
from fairway.gitops.model import Definition
from fairway.gitops.patterns import Patterns
from fairway.gitops.spec.limits import MAX_BYTES
from fairway.gitops.spec.reader import SpecFile, read_spec, resolve_references, too_big
from fairway.gitops.spec.repository import combine, ignored_paths
from fairway.gitops.spec.validation import validate
from fairway.kit.errors import InvalidRequest

Shapes = Mapping[str, BlueprintShape]


@dataclass(frozen=True, slots=True)
class Checked:
    """What was looked at, and what was found."""

    root: Path
    paths: tuple[str, ...]
    """The spec files, in the order in which a sync reads them."""
    entities: int
    """Definitions that are good."""
    diagnostics: tuple[Diagnostic, ...]

    def count(self, severity: Severity) -> int:
        """How many findings of one severity."""
        return sum(found.severity is severity for found in self.diagnostics)


def check(
    paths: Sequence[Path], shapes: Shapes | None, patterns: Patterns | None = None, root: Path | None = None
) -> Checked:
    """Checks files, and the spec files in folders. All belong to one repository.

    Args:
        shapes: what blueprints declare; None: nothing is known of them.
        patterns: which files of folders are spec files; files that are named are checked whatever their names.
        root: of the repository; otherwise the nearest folder upwards that holds ``.git``, or the first path itself.

    Raises:
        InvalidRequest: a path does not exist, or lies outside the repository.
    """
    patterns = patterns or Patterns()
    top = root.resolve() if root is not None else root_of(paths[0])
    folder = Folder(top)
    found: dict[str, None] = {}
    whole = False
    for path in paths:
        below = _below(path, top)
        whole = whole or below == ""
        found.update(dict.fromkeys(folder.spec_files(below, patterns) if path.is_dir() else [below]))
    combined = combine([_read(folder, path, shapes) for path in found])
    diagnostics = list(combined.diagnostics)
    if shapes is not None:
        diagnostics += [found for spec in combined.files for found in _misfits(spec, shapes)]
    if whole:
        diagnostics += ignored_paths(folder.ignored(patterns))
    bad = {(found.path, found.entity) for found in errors(diagnostics) if found.code != "E_DUPLICATE_ENTITY"}
    return Checked(
        root=top,
        paths=tuple(spec.path for spec in combined.files),
        entities=sum((path, definition.key) not in bad for path, definition in combined.definitions),
        diagnostics=tuple(sorted(diagnostics, key=lambda each: (each.path, each.mark))),
    )


def _below(path: Path, top: Path) -> str:
    """The path within the repository. A link stays what it is named."""
    if not path.exists():
        raise InvalidRequest(f'"{path}" does not exist')
    resolved = path.resolve() if path.is_dir() else path.parent.resolve() / path.name
    if not resolved.is_relative_to(top):
        raise InvalidRequest(f'"{path}" does not lie in the repository "{top}"')
    below = resolved.relative_to(top).as_posix()
    return "" if below == "." else below


def _read(folder: Folder, path: str, shapes: Shapes | None) -> SpecFile:
    content = folder.read(path, MAX_BYTES)
    if isinstance(content, FileTooBig):
        return too_big(path, folder.size(path))
    if content is None:
        raise InvalidRequest(f'"{path}" is not a file of the repository; links are not followed')
    spec = read_spec(content, path, shapes)
    needed = {need.path: folder.read(need.path, MAX_BYTES) for need in spec.needs}
    return resolve_references(spec, needed, shapes)


def _misfits(spec: SpecFile, shapes: Shapes) -> Iterator[Diagnostic]:
    """What the blueprints say. Of definitions that are bad already only places that nothing was said about."""
    for definition in spec.definitions:
        yield from _validated(definition, spec.path, shapes)
    told = {found.mark for found in spec.diagnostics}
    for definition in spec.rejected:
        yield from (found for found in _validated(definition, spec.path, shapes) if found.mark not in told)


def _validated(definition: Definition, path: str, shapes: Shapes) -> list[Diagnostic]:
    shape = shapes.get(definition.key.blueprint)
    if shape is None and definition.key.blueprint.startswith("_"):
        return []  # a system blueprint, which exports leave out
    return validate(definition, shape, path, exists=None, shapes=shapes)
