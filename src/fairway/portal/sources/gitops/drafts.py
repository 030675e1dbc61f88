"""What a body says a source is to be like, checked against what it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairway.gitops.forges.base import ForgeKind
from fairway.kit.errors import InvalidRequest
from fairway.portal.http.requests import optional, require
from fairway.portal.sources.gitops import options
from fairway.portal.sources.gitops.model import Source
from fairway.portal.sources.gitops.settings import (
    HOOK_SECRETS,
    Rules,
    check_login,
    kind_of,
    origin_of,
    secrets_of,
    settings_of,
    url_of,
)

_LONGEST_TITLE = 100
_KEYS = frozenset({"title", "kind", "url", "settings", "secrets", "options", "enabled", "id"})


@dataclass(frozen=True, slots=True)
class Draft:
    """What a body says a source is to be like."""

    title: str
    kind: ForgeKind
    url: str
    enabled: bool
    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    options: Mapping[str, Any]


def read_draft(body: dict[str, Any], before: Source | None, rules: Rules) -> Draft:
    """A body, checked against what there was.

    Raises:
        InvalidRequest: something does not fit; no secret is repeated.
    """
    for name in body:
        if name not in _KEYS:
            raise InvalidRequest(f'"{name}" is not known; a source has {", ".join(sorted(_KEYS - {"id"}))}')
    kind = kind_of(require(body, "kind", str) if before is None else body.get("kind", before.kind.value))
    if before is not None and kind is not before.kind:
        raise InvalidRequest('"kind" of a source stays as it is; connect another source instead')
    title = _title(body, before)
    settings = settings_of(kind, before.settings if before else {}, optional(body, "settings", dict) or {})
    url = url_of(kind, body.get("url", before.url if before is not None else None), settings, rules)
    given = optional(body, "secrets", dict) or {}
    secrets = secrets_of(kind, before.secrets if before else {}, given)
    if before is not None:
        _same_origin(before, url, settings, given, secrets)
    check_login(kind, settings, secrets)
    enabled = optional(body, "enabled", bool)
    if enabled is None:
        enabled = before.enabled if before is not None else True
    found = options.merged(before.options if before else {}, optional(body, "options", dict) or {})
    return Draft(title, kind, url, enabled, settings, secrets, found)


def _title(body: dict[str, Any], before: Source | None) -> str:
    title = optional(body, "title", str)
    if title is None and before is not None:
        return before.title
    if title is None:
        require(body, "title", str)
    stripped = (title or "").strip()
    if not 0 < len(stripped) <= _LONGEST_TITLE or not stripped.isprintable():
        raise InvalidRequest(f'"title" must have 1 to {_LONGEST_TITLE} printable characters')
    return stripped


def _same_origin(
    before: Source, url: str, settings: Mapping[str, Any], given: Mapping[str, Any], secrets: Mapping[str, str]
) -> None:
    """Secrets go nowhere but where they were meant for: whoever changes the address gives them anew."""
    if origin_of(before.kind, url, settings) <= origin_of(before.kind, before.url, before.settings):
        return
    kept = sorted(name for name in secrets if name not in HOOK_SECRETS and name not in given)
    if kept:
        raise InvalidRequest(
            f"The address leads to another server; give {', '.join(f'secrets.{name}' for name in kept)} again, "
            "or null to remove them"
        )


def matters(before: Source, after: Source) -> bool:
    """Whether the change asks for another client or another pass."""
    return any(
        getattr(before, name) != getattr(after, name) for name in ("url", "enabled", "settings", "secrets", "options")
    )


def scope_of(source: Source) -> tuple[Any, ...]:
    """Whose repositories a source reads."""
    settings = source.settings
    owner, projects = str(settings.get("organisation", "")).lower(), sorted(settings.get("projects", ()))
    return (
        source.kind, source.url.lower(), owner, projects,
        sorted(settings.get("repositories", ())), settings.get("installation"), source.options.get("branch"),
        source.options.get("branches"), source.options.get("specPath"), source.options.get("filters"),
    )  # fmt: skip
