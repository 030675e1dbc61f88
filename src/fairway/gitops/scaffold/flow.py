"""From a run of an action to a pull request. Section 13 of the contract."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fairway.gitops.catalog import BlueprintShape
from fairway.gitops.diagnostics import Diagnostic, errors
from fairway.gitops.forges.markdown import block, code
from fairway.gitops.model import SPEC_NAMES
from fairway.gitops.scaffold.editing import Edited, edit, has_definition
from fairway.gitops.scaffold.model import (
    EditConflict,
    InvalidSpec,
    Outcome,
    ScaffoldRequest,
    ScaffoldResult,
)
from fairway.gitops.scaffold.naming import branch_prefix, is_of, short_run
from fairway.gitops.scaffold.workspace import (
    Base,
    FileAt,
    OpenRequest,
    RequestText,
    Workspace,
    Write,
    commit_message,
)
from fairway.gitops.spec.reader import read_spec
from fairway.gitops.spec.validation import validate

Shapes = Mapping[str, BlueprintShape]


@dataclass(frozen=True, slots=True)
class _Branch:
    """Where to write: a branch with or without a request, or one that is to be made."""

    name: str
    exists: bool
    request: OpenRequest | None


async def scaffold(
    workspace: Workspace, request: ScaffoldRequest, shapes: Shapes | None = None, folder: str = ""
) -> ScaffoldResult:
    """Edits the spec file in ``folder`` and opens a request, or updates the one that an earlier run for the same entity
    left open. Without a difference nothing is made.

    Raises:
        EditConflict: somebody else changed the file meanwhile, twice.
        InvalidSpec: the result would have errors that the file does not have yet.
        CannotEdit: the file cannot be changed without harm.
        FairwayError: of ``forges/errors.py``.
    """
    base = await workspace.base(request.base)
    branch = await _branch(workspace, request)
    try:
        return await _attempt(workspace, request, shapes, folder, base, branch)
    except EditConflict:
        base = await workspace.base(request.base)
        branch = await _branch(workspace, request)
        return await _attempt(workspace, request, shapes, folder, base, branch)


async def _branch(workspace: Workspace, request: ScaffoldRequest) -> _Branch:
    """That of an open request of the same action and entity; or that of this run, which may be left from before."""
    prefix = branch_prefix(request.action, request.change.key)
    own = prefix + short_run(request.run_id)
    found = [each for each in await workspace.branches(prefix, own) if is_of(prefix, each)]
    for each in sorted(found, key=lambda name: name != own):
        waiting = await workspace.open_request(each)
        if waiting is not None:
            return _Branch(each, True, waiting)
    return _Branch(own, own in found, None)


async def _attempt(
    workspace: Workspace,
    request: ScaffoldRequest,
    shapes: Shapes | None,
    folder: str,
    base: Base,
    branch: _Branch,
) -> ScaffoldResult:
    ref = branch.name if branch.exists else base.commit
    file = None if ref is None else await _file(workspace, request, folder, ref)
    path = file.path if file is not None else _join(folder, SPEC_NAMES[0])
    edited = await asyncio.to_thread(_edited, file, path, request, shapes)
    if not edited.plan:
        return await _nothing_to_do(workspace, request, base, branch, path)
    text = _text(request, path, edited.plan)
    start = None if branch.exists else base
    message = commit_message(text.title, request.requester)
    await workspace.write(Write(branch.name, path, edited.content, message, file, start))
    return await _offered(workspace, base, branch, text, path, edited.plan)


async def _nothing_to_do(
    workspace: Workspace, request: ScaffoldRequest, base: Base, branch: _Branch, path: str
) -> ScaffoldResult:
    """Up to date; but a branch of this very run that lacks its request gets it."""
    if branch.exists and branch.request is None:
        text = _text(request, path, ["as committed before"])
        return await _offered(workspace, base, branch, text, path, [])
    url = branch.request.url if branch.request else None
    return ScaffoldResult(Outcome.UP_TO_DATE, path, branch.name if branch.request else None, url)


async def _offered(
    workspace: Workspace, base: Base, branch: _Branch, text: RequestText, path: str, plan: Sequence[str]
) -> ScaffoldResult:
    if branch.request is not None:
        await workspace.update(branch.request, text)
        return ScaffoldResult(Outcome.UPDATED, path, branch.name, branch.request.url, tuple(plan))
    opened = await workspace.request(branch.name, base, text)
    outcome = Outcome.PUSHED if opened is None else Outcome.OPENED
    return ScaffoldResult(outcome, path, branch.name, None if opened is None else opened.url, tuple(plan))


async def _file(workspace: Workspace, request: ScaffoldRequest, folder: str, ref: str) -> FileAt | None:
    """The one of either name that defines the entity, or else the first that is there."""
    found = [file for name in SPEC_NAMES if (file := await workspace.read(_join(folder, name), ref)) is not None]
    for file in found:
        if has_definition(file.content, request.change.key):
            return file
    return found[0] if found else None


def _join(folder: str, name: str) -> str:
    return f"{folder.strip('/')}/{name}" if folder.strip("/") else name


def _edited(file: FileAt | None, path: str, request: ScaffoldRequest, shapes: Shapes | None) -> Edited:
    """The new content, and that it is good: findings that were there before are not ours."""
    before = _findings(file.content, path, shapes) if file is not None else []
    edited = edit(None if file is None else file.content, request.change)
    if edited.plan:
        known = {(each.code, each.message, each.entity) for each in before}
        new = [
            each
            for each in _findings(edited.content, path, shapes)
            if (each.code, each.message, each.entity) not in known
        ]
        if new:
            raise InvalidSpec(new)
    return edited


def _findings(content: bytes, path: str, shapes: Shapes | None) -> list[Diagnostic]:
    spec = read_spec(content, path, shapes)
    found = list(spec.diagnostics)
    if shapes is not None:
        for each in spec.definitions:
            found += validate(each, shapes.get(each.key.blueprint), path, exists=None, shapes=shapes)
    return errors(found)


def _text(request: ScaffoldRequest, path: str, plan: Sequence[str]) -> RequestText:
    """Values come from forms that anyone may fill in: they are shown as code."""
    key = request.change.key
    title = request.title or f"{request.action}: {key.blueprint} {key.identifier}"
    parts = [f"Changes the definition of {code(str(key))} in {code(path)}:", block("\n".join(plan))]
    if request.requester is not None:
        parts.append(f"Requested by {code(request.requester.name)}.")
    if request.link:
        parts.append(f"Run: <{request.link}>")
    return RequestText(" ".join(title.split())[:200], "\n\n".join(parts))
