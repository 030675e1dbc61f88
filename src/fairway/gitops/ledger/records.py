"""The ledger's dataclasses as JSON and back, for stores that keep them as documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import orjson

from fairway.gitops.diagnostics import Diagnostic, Severity
from fairway.gitops.ledger.model import Claim, ClaimState, FileState, HeldPlan, RepositoryState, SourceState
from fairway.gitops.model import EntityKey, Location, Mark

_CLAIM_APART = frozenset({"key", "location", "state", "body", "orphaned_since", "created_by_git"})
_REPOSITORY_APART = frozenset({"source", "id", "label", "url", "revision", "listed", "checked", "excluded"}) | {
    "missing_since", "missed", "problem", "last_attempt", "last_success",
}  # fmt: skip


def dumps(value: Any) -> bytes:
    """JSON of plain values and of tuples of every kind."""
    return orjson.dumps(value, default=list)


def claim_data(claim: Claim) -> bytes:
    """All of a claim that has no column of its own."""
    data = {each.name: getattr(claim, each.name) for each in fields(claim) if each.name not in _CLAIM_APART}
    return dumps({**data, "branch": claim.location.branch, "path": claim.location.path})


def claim_of(
    key: EntityKey,
    source: str,
    repository: str,
    state: str,
    orphaned: int | None,
    created: bool,
    data: bytes,
    body: bytes,
) -> Claim:
    """From :func:`claim_data` and columns."""
    found: dict[str, Any] = orjson.loads(data)
    location = Location(source, repository, found.pop("branch"), found.pop("path"))
    for name in ("held_by", "contested"):
        found[name] = tuple(found[name])
    found["waits_for"] = tuple(EntityKey(*each) for each in found["waits_for"])
    return Claim(
        key=key, location=location, state=ClaimState(state), body=body, orphaned_since=orphaned, created_by_git=created,
        **found,
    )  # fmt: skip


def repository_data(state: RepositoryState) -> bytes:
    """All of a repository that has no column of its own."""
    data = {each.name: getattr(state, each.name) for each in fields(state) if each.name not in _REPOSITORY_APART}
    data["files"] = [_file_data(each) for each in state.files.values()]
    return dumps(data)


def repository_of(data: bytes, **columns: Any) -> RepositoryState:
    """From :func:`repository_data` and columns."""
    found: dict[str, Any] = orjson.loads(data)
    files = [_file_of(each) for each in found.pop("files")]
    found["blueprints"] = tuple(found["blueprints"])
    return RepositoryState(**found, **columns, files={each.path: each for each in files})


def _file_data(state: FileState) -> dict[str, Any]:
    found = {each.name: getattr(state, each.name) for each in fields(state)}
    found["diagnostics"] = [diagnostic_data(each) for each in state.diagnostics]
    return found


def _file_of(found: dict[str, Any]) -> FileState:
    return FileState(**{**found, "diagnostics": tuple(diagnostic_of(each) for each in found["diagnostics"])})


def diagnostic_data(diagnostic: Diagnostic) -> dict[str, Any]:
    """A diagnostic as JSON."""
    return {each.name: getattr(diagnostic, each.name) for each in fields(diagnostic)}


def diagnostic_of(found: Mapping[str, Any]) -> Diagnostic:
    """From :func:`diagnostic_data`."""
    entity = found["entity"]
    return Diagnostic(
        **{
            **found,
            "mark": Mark(*found["mark"]),
            "entity": None if entity is None else EntityKey(*entity),
            "severity": Severity(found["severity"]),
        }
    )


def source_data(state: SourceState) -> bytes:
    """A source as JSON."""
    data = {each.name: getattr(state, each.name) for each in fields(state) if each.name != "report"}
    return dumps(data)


def source_of(data: bytes, report: bytes) -> SourceState:
    """From :func:`source_data`."""
    return SourceState(**orjson.loads(data), report=report)


def plan_data(plan: HeldPlan) -> bytes:
    """A held plan as JSON."""
    return dumps({each.name: getattr(plan, each.name) for each in fields(plan)})


def plan_of(data: bytes) -> HeldPlan:
    """From :func:`plan_data`."""
    found = orjson.loads(data)
    found["reasons"] = tuple(found["reasons"])
    found["keys"] = tuple(EntityKey(*each) for each in found["keys"])
    return HeldPlan(**found)
