"""What people set about a source, in the names of the wire. Section 11 of the contract."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from fairway.gitops.forges.base import ForgeKind
from fairway.gitops.options import MergeMode, OrphanPolicy, RepositoryFilter, SourceOptions
from fairway.gitops.patterns import EVERYWHERE, ROOT, Patterns
from fairway.gitops.spec.wording import did_you_mean
from fairway.kit.errors import InvalidRequest

Document = dict[str, Any]
Check = Callable[[str, Any], Any]

_DURATION = re.compile(r"(\d{1,9})\s*(s|m|h|d)?")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_MOST_ITEMS, _LONGEST = 1000, 1000
_DEFINABLE = "_team"
"""The only system blueprint that spec files may define: users, roles and rules are not for everybody who can push."""


def refuse(name: str, what: str) -> NoReturn:
    """Raises:
    InvalidRequest: always; says which option and what it takes.
    """
    raise InvalidRequest(f'"{name}" must be {what}')


def _flag(name: str, value: Any) -> bool:
    return value if isinstance(value, bool) else refuse(name, "true or false")


def text(name: str, value: Any) -> str:
    """A text that is not empty.

    Raises:
        InvalidRequest: it is none, or too long.
    """
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST or not value.isprintable():
        refuse(name, f"a text of 1 to {_LONGEST} printable characters")
    return value.strip()


def texts(name: str, value: Any) -> list[str]:
    """A list of texts.

    Raises:
        InvalidRequest: it is none, or too long.
    """
    if not isinstance(value, list) or len(value) > _MOST_ITEMS:
        refuse(name, f"a list of at most {_MOST_ITEMS} texts")
    return [text(f"{name}[{index}]", item) for index, item in enumerate(value)]


def _globs(name: str, value: Any) -> list[str]:
    found = texts(name, [value] if isinstance(value, str) else value)
    Patterns(tuple(found))
    return found


def _some_globs(name: str, value: Any) -> list[str]:
    return _globs(name, value) or refuse(name, 'a glob such as "**/port.yml", or a list of them')


def _branches(name: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > _MOST_ITEMS:
        refuse(name, 'an object from globs of repositories to branches, such as {"team/*": "release"}')
    return {_globs(name, [glob])[0]: text(f"{name}.{glob}", branch) for glob, branch in value.items()}


def _one_of(*allowed: str) -> Check:
    def check(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in allowed:
            refuse(name, "one of " + ", ".join(f'"{each}"' for each in allowed))
        return value

    return check


def _modes(name: str, value: Any) -> list[Document]:
    if not isinstance(value, list) or len(value) > _MOST_ITEMS:
        refuse(name, 'a list such as [{"specPath": "teams/**", "mergeMode": "merge"}]')
    found = []
    for index, item in enumerate(value):
        here = f"{name}[{index}]"
        if not isinstance(item, dict) or set(item) != {"specPath", "mergeMode"}:
            refuse(here, 'an object with "specPath" and "mergeMode"')
        mode = _one_of(*MergeMode)(f"{here}.mergeMode", item["mergeMode"])
        found.append({"specPath": _some_globs(f"{here}.specPath", item["specPath"]), "mergeMode": mode})
    return found


def _whole(low: int, high: int) -> Check:
    def check(name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            refuse(name, f"a whole number from {low} to {high}")
        return value

    return check


def _share(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        refuse(name, "a share from 0 to 1")
    return float(value)


def _seconds(low: int, high: int) -> Check:
    def check(name: str, value: Any) -> int:
        found = _DURATION.fullmatch(value.strip().lower()) if isinstance(value, str) else None
        number = int(found[1]) * _UNITS[found[2] or "s"] if found else value
        if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
            refuse(name, f'seconds from {low} to {high}, or a duration such as "30m" or "6h"')
        return number

    return check


def _blueprints(name: str, value: Any) -> list[str]:
    found = texts(name, value)
    for each in found:
        if each.startswith("_") and each != _DEFINABLE:
            raise InvalidRequest(
                f'"{name}" has "{each}": of the system blueprints only "{_DEFINABLE}" may be defined by spec files'
            )
    return found


def _filters(name: str, value: Any) -> Document:
    if not isinstance(value, dict):
        refuse(name, "an object")
    return checked(_FILTERS, value, f"{name}.")


_FILTERS: Mapping[str, tuple[Any, Check]] = {
    "include": ([], _globs),
    "exclude": ([], _globs),
    "topics": ([], texts),
    "visibility": ([], lambda name, value: [_one_of("public", "internal", "private")(name, each) for each in
                                            texts(name, value)]),
    "archived": (False, _flag),
    "forks": (False, _flag),
    "mirrors": (False, _flag),
    "disabled": (False, _flag),
    "personal": (False, _flag),
}  # fmt: skip
_OPTIONS: Mapping[str, tuple[Any, Check]] = {
    "specPath": ([], _globs),
    "branch": (None, text),
    "branches": ({}, _branches),
    "mergeMode": (None, _one_of(*MergeMode)),
    "mergeModes": ([], _modes),
    "enableMergeEntity": (None, _flag),
    "createMissingRelatedEntities": (True, _flag),
    "deleteDependentEntities": (False, _flag),
    "entityDeletionThreshold": (None, _share),
    "enrichEntitiesWithGitopsMetadata": (True, _flag),
    "gitopsMetadataProperty": ("gitopsMetadata", text),
    "orphanPolicy": ("delete", _one_of(*OrphanPolicy)),
    "priority": (0, _whole(-1_000_000, 1_000_000)),
    "blueprints": (None, _blueprints),
    "identifierPrefix": (None, text),
    "yield": (False, _flag),
    "driftRepair": (True, _flag),
    "filters": ({}, _filters),
    "reconcileInterval": (6 * 3600, _seconds(60, 30 * 86_400)),
    "deletionGrace": (120, _seconds(0, 86_400)),
    "validatePullRequests": (True, _flag),
    "concurrency": (16, _whole(1, 64)),
}
KEYS = tuple(_OPTIONS)


def checked(known: Mapping[str, tuple[Any, Check]], given: Mapping[str, Any], prefix: str = "options.") -> Document:
    """What was given, each in its one spelling. Null and absent are the same: the default.

    Raises:
        InvalidRequest: a key is unknown, or its value does not fit.
    """
    for name in given:
        if name not in known:
            raise InvalidRequest(f'"{prefix}{name}" is not known{did_you_mean(name, known)}')
    return {name: known[name][1](prefix + name, value) for name, value in given.items() if value is not None}


def merged(before: Mapping[str, Any], changes: Mapping[str, Any]) -> Document:
    """Options after a change: keys that are null go back to their default, and so do filters.

    Raises:
        InvalidRequest: as :func:`checked`.
    """
    found = dict(before)
    for name, value in changes.items():
        joined = name == "filters" and isinstance(value, dict)
        found[name] = {**before.get("filters", {}), **value} if joined else value
    return checked(_OPTIONS, found)


def shown(stored: Mapping[str, Any]) -> Document:
    """All options with their defaults. No ``specPath`` is the usual one of the kind of forge."""
    found = {name: stored.get(name, default) for name, (default, _) in _OPTIONS.items()}
    filters = stored.get("filters", {})
    found["filters"] = {name: filters.get(name, default) for name, (default, _) in _FILTERS.items()}
    found["mergeMode"] = _mode(stored).value
    return found


def source_options(stored: Mapping[str, Any], kind: ForgeKind) -> SourceOptions:
    """What the engine is told."""
    found = shown(stored)
    enriched = found["enrichEntitiesWithGitopsMetadata"]
    return SourceOptions(
        patterns=Patterns(tuple(found["specPath"]) or _default_globs(kind)),
        branch=found["branch"],
        branches=tuple(found["branches"].items()),
        merge_mode=_mode(stored),
        merge_modes=tuple(
            (Patterns(tuple(each["specPath"])), MergeMode(each["mergeMode"])) for each in found["mergeModes"]
        ),
        create_missing_related=found["createMissingRelatedEntities"],
        delete_dependents=found["deleteDependentEntities"],
        deletion_threshold=found["entityDeletionThreshold"],
        metadata_property=found["gitopsMetadataProperty"] if enriched else None,
        orphans=OrphanPolicy(found["orphanPolicy"]),
        priority=found["priority"],
        blueprints=None if not found["blueprints"] else frozenset(found["blueprints"]),
        identifier_prefix=found["identifierPrefix"],
        yields=found["yield"],
        drift_repair=found["driftRepair"],
        repositories=_repositories(found["filters"]),
        deletion_grace_seconds=found["deletionGrace"],
        reconcile_seconds=found["reconcileInterval"],
        validate_requests=found["validatePullRequests"],
        concurrency=found["concurrency"],
    )


def _default_globs(kind: ForgeKind) -> tuple[str, ...]:
    return ROOT if kind is ForgeKind.BITBUCKET_SERVER else EVERYWHERE


def _mode(stored: Mapping[str, Any]) -> MergeMode:
    if stored.get("mergeMode") is not None:
        return MergeMode(stored["mergeMode"])
    merges = stored.get("enableMergeEntity")
    return MergeMode.OWNED if merges is None else MergeMode.MERGE if merges else MergeMode.OVERRIDE


def _repositories(found: Mapping[str, Any]) -> RepositoryFilter:
    return RepositoryFilter(
        include=tuple(found["include"]), exclude=tuple(found["exclude"]), topics=frozenset(found["topics"]),
        visibility=frozenset(found["visibility"]), archived=found["archived"], forks=found["forks"],
        mirrors=found["mirrors"], disabled=found["disabled"], personal=found["personal"],
    )  # fmt: skip
