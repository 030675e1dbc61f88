"""Events of Bitbucket Server. They have no list of files: what changed is always asked for."""

from __future__ import annotations

from fairway.gitops.hooks.event import HookEvent, RefChange
from fairway.gitops.hooks.fields import Fields

_REQUESTS = frozenset({"pr:opened", "pr:from_ref_updated", "pr:modified", "pr:reopened"})


def read(name: str, delivery: str, fields: Fields) -> HookEvent:
    """An event by its ``X-Event-Key``."""
    if name == "diagnostics:ping":
        return HookEvent("ping", name, delivery)
    if name == "repo:refs_changed":
        repository, label = _repository(fields, "repository")
        refs = tuple(_change(each, fields.text("actor.name")) for each in fields.each("changes"))
        return HookEvent("push", name, delivery, repository, label, refs)
    if name == "repo:modified":
        repository, label = _repository(fields, "new")
        return HookEvent("repository", name, delivery, repository, label)
    if name == "project:modified":
        return HookEvent("repository", name, delivery)
    if name in _REQUESTS:
        return _request(name, delivery, fields)
    return HookEvent("ignored", name, delivery)


def _request(name: str, delivery: str, fields: Fields) -> HookEvent:
    repository, label = _repository(fields, "pullRequest.toRef.repository")
    return HookEvent(
        "request",
        name,
        delivery,
        repository,
        label,
        request=fields.need("pullRequest.id"),
        head=fields.need("pullRequest.fromRef.latestCommit"),
        base=fields.need("pullRequest.toRef.id").removeprefix("refs/heads/"),
        from_fork=fields.text("pullRequest.fromRef.repository.id") != repository,
    )


def _repository(fields: Fields, at: str) -> tuple[str, str]:
    return fields.need(f"{at}.id"), f"{fields.need(f'{at}.project.key')}/{fields.need(f'{at}.slug')}"


def _change(change: Fields, pusher: str | None) -> RefChange:
    after = None if change.text("type") == "DELETE" else change.commit("toHash")
    return RefChange(change.text("ref.id") or change.need("refId"), change.commit("fromHash"), after, pusher)
