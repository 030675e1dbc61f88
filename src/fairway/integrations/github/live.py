"""Live events: who sends them is proved by a signature, and what they are about is fetched again."""

from __future__ import annotations

import hashlib
import hmac
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from fairway.integration.live import Processor, WebhookEvent, WebhookEventRawResults
from fairway.integration.model import RawItem, Resource
from fairway.integrations.github.client import GitHub, Organization, segment
from fairway.integrations.github.settings import Settings
from fairway.integrations.github.source import enriched, owned, team, user
from fairway.kit.crypto import equal

PATH = "webhook"
Results = WebhookEventRawResults


class GitHubProcessor(Processor):
    """What processors have in common: events they take, kinds they are about."""

    events: ClassVar[tuple[str, ...]]
    kinds: ClassVar[tuple[str, ...]]
    about_repository: ClassVar[bool] = True

    async def should_process_event(self, event: WebhookEvent) -> bool:
        """By GitHub's name of the event."""
        return event.headers.get("x-github-event") in self.events

    async def authenticate(self, payload: Any, headers: Mapping[str, str]) -> bool:
        """HMAC of the bytes that arrived. Without a secret nobody is believed."""
        secret = Settings.of(self.context.config).secret
        if not secret:
            self.context.log.warning("github_webhook_secret_missing")
            return False
        expected = "sha256=" + hmac.new(secret.encode(), self.event.body, hashlib.sha256).hexdigest()
        return equal(expected, headers.get("x-hub-signature-256", ""))

    async def validate_payload(self, payload: Any) -> bool:
        """It names what it is about."""
        if not isinstance(payload, dict) or not _login(payload):
            return False
        repository = payload.get("repository")
        named = isinstance(repository, dict) and isinstance(repository.get("full_name"), str)
        return named or not self.about_repository

    def ordering_key(self, event: WebhookEvent) -> str:
        """Of the repository, or else of the organization."""
        return str((event.payload.get("repository") or {}).get("full_name") or _login(event.payload))

    async def get_matching_kinds(self, event: WebhookEvent) -> list[str]:
        """Those of the class."""
        return list(self.kinds)


class ChangeProcessor(GitHubProcessor, ABC):
    """Reads again what an event is about."""

    async def handle_event(self, payload: Any, resource: Resource) -> Results:
        """Nothing for organizations and archived repositories that resyncs leave out."""
        github = GitHub(self.context, lane="event")
        organization = await github.organization(_login(payload))
        repository = payload.get("repository") or {}
        if organization is None or (self.about_repository and self.left_out(github, repository)):
            self.context.log.info("github_event_not_ours", organization=_login(payload))
            return Results()
        return await self.changed(github, organization, payload)

    def left_out(self, github: GitHub, repository: RawItem) -> bool:
        """Whether resyncs do not read the repository."""
        return bool(repository.get("archived")) and not github.settings.include_archived

    @abstractmethod
    async def changed(self, github: GitHub, organization: Organization, payload: Any) -> Results:
        """What became of it."""


def _login(payload: Any) -> str:
    """The organization, or whoever owns the repository."""
    for holder in (payload.get("organization"), (payload.get("repository") or {}).get("owner")):
        if isinstance(holder, dict) and isinstance(holder.get("login"), str):
            return str(holder["login"])
    return ""


class RepositoryProcessor(ChangeProcessor):
    """Deleted ones go; so do archived ones, unless the settings want them, and old names."""

    events = ("repository",)
    kinds = ("repository",)

    def left_out(self, github: GitHub, repository: RawItem) -> bool:
        """Archived ones must go."""
        return False

    async def changed(self, github: GitHub, organization: Organization, payload: Any) -> Results:
        """One that is renamed is two: the old name and the new one."""
        repository = owned_by(organization, payload["repository"])
        if payload.get("action") == "deleted" or super().left_out(github, repository):
            return Results([], [repository])
        found = await organization.get(f"/repos/{repository['full_name']}")
        if found is None or super().left_out(github, found):
            return Results([], [repository])
        results = Results([await enriched(organization, found, self.context.selector)])
        old = ((payload.get("changes") or {}).get("repository") or {}).get("name", {}).get("from")
        if old:
            full_name = f"{repository['full_name'].rpartition('/')[0]}/{old}"
            results.deleted_raw_results.append({**repository, "name": old, "full_name": full_name})
        return results


def owned_by(organization: Organization, item: RawItem) -> RawItem:
    """An item that belongs to no repository."""
    return {**item, "__organization": organization.login}


class OneProcessor(ChangeProcessor):
    """An object of a repository that has an address of its own. ``gone`` are actions after which there is none."""

    key: ClassVar[str]
    path: ClassVar[str]
    gone: ClassVar[tuple[str, ...]] = ("deleted",)

    async def validate_payload(self, payload: Any) -> bool:
        """It has the object."""
        return await super().validate_payload(payload) and isinstance(payload.get(self.key), dict)

    async def changed(self, github: GitHub, organization: Organization, payload: Any) -> Results:
        """As it is now."""
        repository, given = payload["repository"], payload[self.key]
        number = int(given["number"] if "{number}" in self.path else given["id"])
        where = self.path.replace("{number}", str(number)).replace("{id}", str(number))
        found = None
        if payload.get("action") not in self.gone:
            found = await organization.get(f"/repos/{repository['full_name']}/{where}")
        if found is None or not self.selected(found):
            return Results([], [owned(organization, repository, found or given)])
        return Results([owned(organization, repository, found)])

    def selected(self, item: RawItem) -> bool:
        """Whether a resync would fetch it."""
        states = getattr(self.context.selector, "states", None)
        return states is None or item.get("state") in states


class PullRequestProcessor(OneProcessor):
    """Pull requests; one that leaves the states of the selector goes."""

    events, kinds, key, path = ("pull_request",), ("pull-request",), "pull_request", "pulls/{number}"


class IssueProcessor(OneProcessor):
    """Issues; one that is moved to another repository is a new one there."""

    events, kinds, key, path = ("issues",), ("issue",), "issue", "issues/{number}"
    gone = ("deleted", "transferred")

    def selected(self, item: RawItem) -> bool:
        """Of the states and labels of the selector."""
        labels = {str(label.get("name")) for label in item.get("labels") or ()}
        return super().selected(item) and labels.issuperset(self.context.selector.labels)


class ReleaseProcessor(OneProcessor):
    """Releases."""

    events, kinds, key, path = ("release",), ("release",), "release", "releases/{id}"


class WorkflowRunProcessor(OneProcessor):
    """Runs of workflows."""

    events, kinds, key, path = ("workflow_run",), ("workflow-run",), "workflow_run", "actions/runs/{id}"


class DeploymentProcessor(OneProcessor):
    """Deployments, also when only their status changes."""

    events = ("deployment", "deployment_status")
    kinds, key, path = ("deployment",), "deployment", "deployments/{id}"


class DependabotProcessor(OneProcessor):
    """Alerts of dependencies."""

    events, kinds, key, path = ("dependabot_alert",), ("dependabot-alert",), "alert", "dependabot/alerts/{number}"


class CodeScanningProcessor(OneProcessor):
    """Alerts of code scanning."""

    events, kinds = ("code_scanning_alert",), ("code-scanning-alerts",)
    key, path = "alert", "code-scanning/alerts/{number}"


class CollaboratorProcessor(ChangeProcessor):
    """Collaborators of a repository."""

    events, kinds = ("member",), ("collaborator",)

    async def changed(self, github: GitHub, organization: Organization, payload: Any) -> Results:
        """As the repository knows them now."""
        repository, login = payload["repository"], str(payload["member"]["login"])
        item = owned(organization, repository, payload["member"])
        if payload.get("action") == "removed":
            return Results([], [item])
        path = f"/repos/{repository['full_name']}/collaborators/{segment(login)}/permission"
        found = await organization.get(path)
        return Results([{**item, **found["user"]}]) if found else Results([], [item])


class TeamProcessor(ChangeProcessor):
    """Teams and their members."""

    events, kinds, about_repository = ("team", "membership"), ("team",), False

    async def validate_payload(self, payload: Any) -> bool:
        """It has the team."""
        return await super().validate_payload(payload) and isinstance(payload.get("team"), dict)

    async def changed(self, github: GitHub, organization: Organization, payload: Any) -> Results:
        """With its members."""
        given = payload["team"]
        found = None
        if self.event.headers.get("x-github-event") != "team" or payload.get("action") != "deleted":
            slug = given.get("slug")
            found = (
                await organization.get(f"/orgs/{segment(organization.login)}/teams/{segment(slug)}") if slug else None
            )
        if found is None:
            return Results([], [owned_by(organization, given)])
        return Results([await team(organization, found, self.context.selector.members)])


class UserProcessor(ChangeProcessor):
    """Members of organizations."""

    events, kinds, about_repository = ("organization",), ("user",), False

    async def changed(self, github: GitHub, organization: Organization, payload: Any) -> Results:
        """Whoever came or went."""
        given = (payload.get("membership") or {}).get("user")
        if not isinstance(given, dict) or payload.get("action") not in ("member_added", "member_removed"):
            return Results()
        if payload["action"] == "member_removed":
            return Results([], [owned_by(organization, given)])
        return Results([await user(organization, str(given["login"]))])
