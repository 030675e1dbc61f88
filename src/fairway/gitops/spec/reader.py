"""Reading a spec file. Section 2 of the contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fairway.gitops.catalog import BlueprintShape
from fairway.gitops.diagnostics import Diagnostic
from fairway.gitops.model import Definition, EntityKey, Mark
from fairway.gitops.spec import nodes
from fairway.gitops.spec.composer import compose
from fairway.gitops.spec.entity import Read, read_entity
from fairway.gitops.spec.file import SpecFile, unreadable
from fairway.gitops.spec.limits import MAX_BYTES, MAX_DEFINITIONS, MAX_DIAGNOSTICS
from fairway.gitops.spec.problems import Problem, Unreadable, limited
from fairway.gitops.spec.references import FileReference
from fairway.gitops.spec.resolving import resolve_references
from fairway.gitops.spec.scalars import is_null
from fairway.gitops.spec.search import node_kind
from fairway.gitops.spec.text import decode, size_problem

__all__ = ["MAX_BYTES", "FileReference", "SpecFile", "read_spec", "resolve_references", "too_big"]


def read_spec(content: bytes, path: str, shapes: Mapping[str, BlueprintShape] | None) -> SpecFile:
    """Reads the spec file ``path``. Never raises, whatever the bytes.

    Without ``shapes`` nothing is known of the blueprints: properties are what the core schema of YAML makes of them.
    """
    try:
        items = _mappings(compose(decode(content)))
    except Unreadable as refusal:
        return unreadable(path, refusal.problems)
    whole = f"of {len(items)}"
    return _file(path, (read_entity(item, f"entity {at} {whole}", path, shapes) for at, item in enumerate(items, 1)))


def too_big(path: str, size: int) -> SpecFile:
    """A spec file that was not read because of its size in bytes."""
    return unreadable(path, [size_problem(size)])


def _mappings(roots: list[nodes.Node]) -> list[nodes.Mapping]:
    """The definitions of all documents.

    Raises:
        Unreadable: there is something else among them, or there are too many.
    """
    found: list[nodes.Mapping] = []
    problems: list[Problem] = []
    for root in roots:
        if isinstance(root, nodes.Scalar) and is_null(root):
            continue
        for item in root.items if isinstance(root, nodes.Sequence) else [root]:
            if isinstance(item, nodes.Mapping):
                found.append(item)
            elif len(problems) < MAX_DIAGNOSTICS:
                problems.append(_not_an_entity(item, inside=item is not root))
    if problems:
        raise Unreadable(*problems)
    if len(found) > MAX_DEFINITIONS:
        message = f"The file has {len(found)} entities; at most {MAX_DEFINITIONS} are allowed"
        hint = "Split them over several spec files"
        raise Unreadable(Problem("E_TOO_MANY", message, found[MAX_DEFINITIONS].mark, hint))
    return found


def _not_an_entity(node: nodes.Node, *, inside: bool) -> Problem:
    where = "An item of the list" if inside else "The document"
    wanted = "a mapping" if inside else "a mapping or a list of mappings"
    message = f"{where} is {node_kind(node)}; {wanted} is needed, one for each entity"
    return Problem(
        "E_TOPLEVEL",
        message,
        node.mark,
        'Each entity has at least the lines "identifier: …" and "blueprint: …"',
        node.end_line,
    )


def _file(path: str, reads: Iterable[Read]) -> SpecFile:
    """Puts the definitions together; of several for one entity the first counts. Section 8 of the contract."""
    first: dict[EntityKey, Mark] = {}
    definitions: list[Definition] = []
    diagnostics: list[Diagnostic] = []
    rejected: list[Definition] = []
    needs: list[FileReference] = []
    nameless = 0
    for read in reads:
        diagnostics.extend(problem.at(path, read.key) for problem in read.problems)
        if read.key is None or read.definition is None:
            nameless += 1
        elif read.key in first:
            diagnostics.append(_duplicate(_identifier(read), first[read.key]).at(path, read.key))
        else:
            first[read.key] = _identifier(read)
            if read.good:
                definitions.append(read.definition)
                needs.extend(read.needs)
            else:
                rejected.append(read.definition)
    return SpecFile(
        path,
        readable=True,
        definitions=tuple(definitions),
        diagnostics=limited(diagnostics),
        broken=tuple(definition.key for definition in rejected),
        nameless=nameless,
        places=first,
        needs=tuple(needs),
        rejected=tuple(rejected),
    )


def _identifier(read: Read) -> Mark:
    """Where a definition that has a key says its identifier."""
    return next(value.mark for key, value in read.node.pairs if key.text == "identifier")


def _duplicate(mark: Mark, first: Mark) -> Problem:
    message = f"The entity is defined in line {first.line} already, and here, in line {mark.line}, again"
    return Problem("E_DUPLICATE_ENTITY", message, mark, "The first one counts; remove one of them")
