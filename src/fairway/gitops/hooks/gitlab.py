"""Events of GitLab: of projects, of groups, and of the whole instance, which have names of their own."""

from __future__ import annotations

from fairway.gitops.hooks.event import HookEvent, RefChange
from fairway.gitops.hooks.fields import Fields

_REQUESTS = frozenset({"open", "reopen", "update"})
_REPOSITORIES = frozenset({"project_create", "project_destroy", "project_rename", "project_transfer", "project_update"})


def read(name: str, delivery: str, fields: Fields) -> HookEvent:
    """An event by what its body says it is; the header says no more than ``System Hook`` for many."""
    kind = fields.text("object_kind") or fields.text("event_name") or ""
    if kind in ("push", "tag_push"):
        refs = (_change(fields, fields),)
        return HookEvent("push", kind, delivery, *_project(fields), refs)
    if kind == "repository_update":
        return HookEvent(
            "push", kind, delivery, *_project(fields), tuple(_change(each, fields) for each in fields.each("changes"))
        )
    if kind == "merge_request":
        return _request(kind, delivery, fields)
    if kind in _REPOSITORIES:
        return HookEvent("repository", kind, delivery, *_project(fields), gone=kind == "project_destroy")
    return HookEvent("ignored", kind or name, delivery)


def _change(fields: Fields, event: Fields) -> RefChange:
    after = fields.commit("after")
    made = next((each for each in event.each("commits") if after is not None and each.text("id") == after), None)
    author = made.text("author.name") if made is not None else None
    pusher = event.text("user_username") or event.text("user_name")
    return RefChange(fields.need("ref"), fields.commit("before"), after, author or pusher)


def _request(kind: str, delivery: str, fields: Fields) -> HookEvent:
    at = "object_attributes"
    repository, label = _project(fields)
    if fields.text(f"{at}.action") not in _REQUESTS:
        return HookEvent("ignored", kind, delivery, repository, label)
    return HookEvent(
        "request",
        kind,
        delivery,
        repository,
        label,
        request=fields.need(f"{at}.iid"),
        head=fields.need(f"{at}.last_commit.id"),
        base=fields.need(f"{at}.target_branch"),
        from_fork=fields.text(f"{at}.source_project_id") != fields.text(f"{at}.target_project_id"),
    )


def _project(fields: Fields) -> tuple[str, str | None]:
    label = fields.text("project.path_with_namespace") or fields.text("path_with_namespace")
    return fields.text("project_id") or fields.need("project.id"), label
