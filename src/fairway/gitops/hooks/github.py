"""Events of GitHub, and of Gitea and Forgejo, which are alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fairway.gitops.hooks.event import HookEvent, RefChange
from fairway.gitops.hooks.fields import Fields

_REQUESTS = frozenset({"opened", "reopened", "synchronize", "synchronized", "edited", "ready_for_review"})
"""Gitea says ``synchronized``."""


def read(name: str, delivery: str, fields: Fields) -> HookEvent:
    """An event by its ``X-GitHub-Event`` or ``X-Gitea-Event``."""
    reader = _READERS.get(name)
    return HookEvent("ignored", name, delivery) if reader is None else reader(name, delivery, fields)


def _ping(name: str, delivery: str, fields: Fields) -> HookEvent:
    return HookEvent("ping", name, delivery)


def _some_repositories(name: str, delivery: str, fields: Fields) -> HookEvent:
    return HookEvent("repository", name, delivery)


def _repository_changed(name: str, delivery: str, fields: Fields) -> HookEvent:
    gone = fields.text("action") == "deleted"
    return HookEvent("repository", name, delivery, *_repository(fields), gone=gone)


def _ref_deleted(name: str, delivery: str, fields: Fields) -> HookEvent:
    if fields.text("ref_type") != "branch":
        return HookEvent("ignored", name, delivery)
    refs = (RefChange("refs/heads/" + fields.need("ref").removeprefix("refs/heads/")),)
    return HookEvent("push", name, delivery, *_repository(fields), refs)


def _push(name: str, delivery: str, fields: Fields) -> HookEvent:
    after = None if fields.get("deleted") is True else fields.commit("after")
    refs = (RefChange(fields.need("ref"), fields.commit("before"), after, _author(fields)),)
    return HookEvent("push", name, delivery, *_repository(fields), refs)


def _author(fields: Fields) -> str | None:
    names = ("head_commit.author.username", "head_commit.author.name", "pusher.login", "pusher.name")
    return next((found for name in names if (found := fields.text(name)) is not None), None)


def _request(name: str, delivery: str, fields: Fields) -> HookEvent:
    repository, label = _repository(fields)
    if fields.text("action") not in _REQUESTS:
        return HookEvent("ignored", name, delivery, repository, label)
    return HookEvent(
        "request",
        name,
        delivery,
        repository,
        label,
        request=fields.text("pull_request.number") or fields.need("number"),
        head=fields.need("pull_request.head.sha"),
        base=fields.need("pull_request.base.ref"),
        from_fork=fields.text("pull_request.head.repo.id") != repository,
    )


def _again(name: str, delivery: str, fields: Fields) -> HookEvent:
    """Requests from forks are not named by checks, so one without a request may be from anywhere."""
    if fields.text("action") != "rerequested":
        return HookEvent("ignored", name, delivery, *_repository(fields))
    first = next(fields.each("check_run.pull_requests"), None)
    return HookEvent(
        "request",
        name,
        delivery,
        *_repository(fields),
        request=first.text("number") if first else None,
        head=fields.need("check_run.head_sha"),
        base=first.text("base.ref") if first else None,
        from_fork=first is None,
    )


def _repository(fields: Fields) -> tuple[str, str]:
    return fields.need("repository.id"), fields.need("repository.full_name")


_READERS: Mapping[str, Callable[[str, str, Fields], HookEvent]] = {
    "ping": _ping,
    "push": _push,
    "delete": _ref_deleted,
    "repository": _repository_changed,
    "installation_repositories": _some_repositories,
    "pull_request": _request,
    "pull_request_sync": _request,
    "check_run": _again,
}
