"""Live events: who sends them is proved by a token, and what they are about is fetched again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from fairway.integration.live import Processor, WebhookEvent, WebhookEventRawResults
from fairway.integration.model import RawItem, Resource
from fairway.integrations.gitlab.client import GitLab, segment
from fairway.integrations.gitlab.settings import Settings
from fairway.integrations.gitlab.source import ending, enriched, owned, selects_member, with_members
from fairway.kit.crypto import equal

PATH = "webhook"
Results = WebhookEventRawResults


class GitLabProcessor(Processor):
    """What processors have in common. ``events`` are ``object_kind`` or ``event_name`` of the payload."""

    events: ClassVar[tuple[str, ...]]
    kinds: ClassVar[tuple[str, ...]]

    async def should_process_event(self, event: WebhookEvent) -> bool:
        """By what the payload says it is."""
        payload = event.payload
        return isinstance(payload, dict) and (payload.get("object_kind") or payload.get("event_name")) in self.events

    async def authenticate(self, payload: Any, headers: Mapping[str, str]) -> bool:
        """GitLab sends the secret as it is. Without one nobody is believed."""
        secret = Settings.of(self.context.config).secret
        if not secret:
            self.context.log.warning("gitlab_webhook_secret_missing")
            return False
        return equal(secret, headers.get("x-gitlab-token", ""))

    async def validate_payload(self, payload: Any) -> bool:
        """It names the project."""
        return project_id(payload) is not None

    def ordering_key(self, event: WebhookEvent) -> str:
        """Of the project, or else of the group."""
        return str(project_id(event.payload) or event.payload.get("group_id") or "")

    async def get_matching_kinds(self, event: WebhookEvent) -> list[str]:
        """Those of the class."""
        return list(self.kinds)


class OfProjectProcessor(GitLabProcessor, ABC):
    """Reads again what an event is about, below its project."""

    async def handle_event(self, payload: Any, resource: Resource) -> Results:
        """Nothing for projects that resyncs leave out."""
        gitlab = GitLab(self.context, lane="event")
        project = await gitlab.project(project_id(payload) or 0)
        active = getattr(self.context.selector, "include_only_active_projects", False)
        if project is None or (active and project.get("archived")):
            self.context.log.info("gitlab_event_not_ours", project=project_id(payload))
            return Results()
        return await self.changed(gitlab, project, payload)

    @abstractmethod
    async def changed(self, gitlab: GitLab, project: RawItem, payload: Any) -> Results:
        """What became of it."""


def project_id(payload: Any) -> int | None:
    """The number of the project that an event is about."""
    project = payload.get("project")
    for found in (payload.get("project_id"), project.get("id") if isinstance(project, dict) else None):
        if isinstance(found, int):
            return found
    return None


class OneProcessor(OfProjectProcessor):
    """An object of a project that has an address of its own."""

    path: ClassVar[str]

    @abstractmethod
    def name(self, payload: Any) -> str:
        """What the object is found by."""

    @abstractmethod
    def gone(self, payload: Any) -> RawItem:
        """What the event tells of an object that is no more."""

    async def validate_payload(self, payload: Any) -> bool:
        """It names the object, too."""
        try:
            return await super().validate_payload(payload) and bool(self.name(payload))
        except (KeyError, TypeError, ValueError):
            return False

    async def changed(self, gitlab: GitLab, project: RawItem, payload: Any) -> Results:
        """As it is now."""
        where = f"/projects/{project['id']}/{self.path}/{segment(self.name(payload))}"
        found = None if payload.get("action") == "delete" else await gitlab.get(where)
        if found is None or not self.selected(found):
            return Results([], [self.item(project, found or self.gone(payload))])
        return Results([self.item(project, found)])

    def item(self, project: RawItem, found: RawItem) -> RawItem:
        """As resyncs have it."""
        return owned(project, found)

    def selected(self, item: RawItem) -> bool:
        """Whether a resync would fetch it."""
        states = getattr(self.context.selector, "states", None)
        return states is None or item.get("state") in states


class _Numbered(OneProcessor):
    """Merge requests and issues, which resyncs list by group."""

    def name(self, payload: Any) -> str:
        """Its number in the project."""
        return str(int(payload["object_attributes"]["iid"]))

    def gone(self, payload: Any) -> RawItem:
        """With the reference that tells its project."""
        attributes = payload["object_attributes"]
        full = f"{payload['project']['path_with_namespace']}{self.sign}{attributes['iid']}"
        return {**attributes, "references": {"full": full}}

    sign: ClassVar[str]

    def item(self, project: RawItem, found: RawItem) -> RawItem:
        """As it is."""
        return found


class MergeRequestProcessor(_Numbered):
    """Merge requests; one that leaves the states of the selector goes."""

    events, kinds, path, sign = ("merge_request",), ("merge-request",), "merge_requests", "!"


class IssueProcessor(_Numbered):
    """Issues."""

    events, kinds, path, sign = ("issue",), ("issue",), "issues", "#"

    def selected(self, item: RawItem) -> bool:
        """Of the states and labels of the selector."""
        return super().selected(item) and set(self.context.selector.labels) <= set(item.get("labels") or ())


class PipelineProcessor(OneProcessor):
    """Pipelines."""

    events, kinds, path = ("pipeline",), ("pipeline",), "pipelines"

    def name(self, payload: Any) -> str:
        """Its id."""
        return str(int(payload["object_attributes"]["id"]))

    def gone(self, payload: Any) -> RawItem:
        """Its id is enough."""
        return {"id": payload["object_attributes"]["id"]}


class JobProcessor(OneProcessor):
    """Jobs."""

    events, kinds, path = ("build",), ("job",), "jobs"

    def name(self, payload: Any) -> str:
        """Its id."""
        return str(int(payload["build_id"]))

    def gone(self, payload: Any) -> RawItem:
        """Its id is enough."""
        return {"id": payload["build_id"], "name": payload.get("build_name")}


class DeploymentProcessor(OneProcessor):
    """Deployments."""

    events, kinds, path = ("deployment",), ("deployment",), "deployments"

    def name(self, payload: Any) -> str:
        """Its id."""
        return str(int(payload["deployment_id"]))

    def gone(self, payload: Any) -> RawItem:
        """Its id is enough."""
        return {"id": payload["deployment_id"]}


class ReleaseProcessor(OneProcessor):
    """Releases."""

    events, kinds, path = ("release",), ("release",), "releases"

    def name(self, payload: Any) -> str:
        """Its tag."""
        return str(payload["tag"])

    def gone(self, payload: Any) -> RawItem:
        """Its tag is enough."""
        return {"tag_name": payload["tag"], "name": payload.get("name")}


class ProjectProcessor(GitLabProcessor):
    """Projects; one that moved is two: the old path and the new one."""

    events = ("project_create", "project_destroy", "project_rename", "project_transfer", "project_update")
    kinds = ("project",)

    async def validate_payload(self, payload: Any) -> bool:
        """It has the path, too."""
        return await super().validate_payload(payload) and isinstance(payload.get("path_with_namespace"), str)

    async def handle_event(self, payload: Any, resource: Resource) -> Results:
        """One that resyncs would leave out goes."""
        gitlab, results = GitLab(self.context, lane="event"), Results()
        told = {"id": payload["project_id"], "name": payload.get("name")}
        project = None
        if payload["event_name"] != "project_destroy":
            project = await gitlab.project(payload["project_id"], fresh=True)
        if project is None:
            results.deleted_raw_results.append({**told, "path_with_namespace": payload["path_with_namespace"]})
        elif not (self.context.selector.include_only_active_projects and project.get("archived")):
            results.updated_raw_results.append(await enriched(gitlab, project, self.context.selector))
        old = payload.get("old_path_with_namespace")
        if old and old != payload["path_with_namespace"]:
            results.deleted_raw_results.append({**told, "path_with_namespace": old})
        return results


class GroupProcessor(GitLabProcessor):
    """Groups below others."""

    events = ("subgroup_create", "subgroup_destroy")
    kinds = ("group", "group-with-members")

    async def validate_payload(self, payload: Any) -> bool:
        """It names the group."""
        return isinstance(payload.get("group_id"), int) and isinstance(payload.get("full_path"), str)

    async def handle_event(self, payload: Any, resource: Resource) -> Results:
        """With its members, for the kind that has them."""
        gitlab = GitLab(self.context, lane="event")
        if not gitlab.selects_group(payload["full_path"]):
            return Results()
        group = None
        if payload["event_name"] == "subgroup_create":
            group = await gitlab.get(f"/groups/{payload['group_id']}", with_projects=False)
        if group is None or (self.context.selector.include_only_active_groups and ending(group)):
            return Results([], [{"id": payload["group_id"], "full_path": payload["full_path"], "__members": []}])
        if resource.kind == "group":
            return Results([group])
        return Results([await with_members(gitlab, group, self.context.selector)])


class MemberProcessor(GitLabProcessor):
    """Members of groups. Who leaves one may be in others, so people themselves go with the next resync."""

    events = ("user_add_to_group", "user_update_for_group", "user_remove_from_group")
    kinds = ("group-with-members", "member")

    async def validate_payload(self, payload: Any) -> bool:
        """It names group and user."""
        return isinstance(payload.get("group_id"), int) and isinstance(payload.get("user_id"), int)

    async def handle_event(self, payload: Any, resource: Resource) -> Results:
        """The group with its members, and whoever came."""
        gitlab, selector = GitLab(self.context, lane="event"), self.context.selector
        group = await gitlab.get(f"/groups/{payload['group_id']}", with_projects=False)
        if group is None or not gitlab.selects_group(group["full_path"]):
            return Results()
        if resource.kind == "group-with-members":
            return Results([await with_members(gitlab, group, selector)])
        found = None
        if payload["event_name"] != "user_remove_from_group":
            found = await gitlab.get(f"/groups/{group['id']}/members/{payload['user_id']}")
        return Results([found] if found and selects_member(found, selector) else [])
