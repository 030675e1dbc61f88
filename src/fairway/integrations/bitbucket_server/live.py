"""Live events: who sends them is proved by a signature, and what they are about is fetched again."""

from __future__ import annotations

import hashlib
import hmac
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from fairway.integration.live import Processor, WebhookEvent, WebhookEventRawResults
from fairway.integration.model import RawItem, Resource
from fairway.integrations.bitbucket_server.client import Bitbucket, place, project_place
from fairway.integrations.bitbucket_server.source import enriched
from fairway.kit.crypto import equal

PATH = "webhook"
Results = WebhookEventRawResults


class BitbucketProcessor(Processor):
    """What processors have in common: events they take, the kind they are about, and where its object is."""

    events: ClassVar[tuple[str, ...]]
    """Names, or beginnings of names that end with a colon."""
    kind: ClassVar[str]

    async def should_process_event(self, event: WebhookEvent) -> bool:
        """By Bitbucket's name of the event."""
        name = event.headers.get("x-event-key", "")
        return any(name == each or (each.endswith(":") and name.startswith(each)) for each in self.events)

    async def authenticate(self, payload: Any, headers: Mapping[str, str]) -> bool:
        """HMAC of the bytes that arrived. Without a secret nobody is believed."""
        secret = self.context.config.webhook_secret
        if secret is None:
            self.context.log.warning("bitbucket_webhook_secret_missing")
            return False
        digest = hmac.new(secret.get_secret_value().encode(), self.event.body, hashlib.sha256).hexdigest()
        return equal(f"sha256={digest}", headers.get("x-hub-signature", ""))

    async def validate_payload(self, payload: Any) -> bool:
        """It names what it is about."""
        return isinstance(payload, dict) and self.about(payload) is not None

    @abstractmethod
    def about(self, payload: Any) -> RawItem | None:
        """The object as the event has it; none when it has none."""

    def ordering_key(self, event: WebhookEvent) -> str:
        """Of the project, which all events tell."""
        found = self.about(event.payload) or {}
        return str(_project(found).get("key"))

    async def get_matching_kinds(self, event: WebhookEvent) -> list[str]:
        """That of the class."""
        return [self.kind]

    async def handle_event(self, payload: Any, resource: Resource) -> Results:
        """Nothing for projects that the selector leaves out."""
        found = self.about(payload)
        if found is None or not self.context.selector.wants(_project(found)):
            return Results()
        return await self.changed(Bitbucket(self.context), found, payload)

    @abstractmethod
    async def changed(self, bitbucket: Bitbucket, given: RawItem, payload: Any) -> Results:
        """What became of it."""


def _project(found: RawItem) -> RawItem:
    """Of a project, a repository or a pull request."""
    repository = (found.get("toRef") or {}).get("repository") or found
    project = repository.get("project") or repository
    return project if isinstance(project, dict) else {}


def _is_repository(found: Any) -> bool:
    if not isinstance(found, dict) or not isinstance(found.get("slug"), str):
        return False
    return isinstance(found.get("project"), dict) and isinstance(found["project"].get("key"), str)


class ProjectProcessor(BitbucketProcessor):
    """Projects; one whose key changed is two: the old one goes."""

    events, kind = ("project:modified",), "project"

    def about(self, payload: Any) -> RawItem | None:
        """As it is after the change."""
        found = payload.get("new")
        return found if isinstance(found, dict) and isinstance(found.get("key"), str) else None

    async def changed(self, bitbucket: Bitbucket, given: RawItem, payload: Any) -> Results:
        """As it is now."""
        found = await bitbucket.get(project_place(given))
        results = Results([found] if found else [], [] if found else [given])
        old = payload.get("old") or {}
        if found and old.get("key") not in (None, found["key"]):
            results.deleted_raw_results.append(old)
        return results


class RepositoryProcessor(BitbucketProcessor):
    """Repositories that were changed, moved or pushed to."""

    events, kind = ("repo:modified", "repo:refs_changed", "repo:forked"), "repository"

    def about(self, payload: Any) -> RawItem | None:
        """As it is after the change; a fork is told of as the repository that it was made of."""
        found = payload.get("new") or payload.get("repository")
        return found if _is_repository(found) else None

    async def changed(self, bitbucket: Bitbucket, given: RawItem, payload: Any) -> Results:
        """As it is now. A repository that was renamed is found under its old name, too: the name it has counts."""
        found = await bitbucket.get(place(given))
        if found is None:
            return Results([], [given])
        results = Results([await enriched(bitbucket, found, self.context.selector)])
        old = payload.get("old")
        if _is_repository(old) and place(old) != place(found):
            results.deleted_raw_results.append(old)
        return results


class PullRequestProcessor(BitbucketProcessor):
    """Pull requests; one that leaves the states of the selector goes."""

    events, kind = ("pr:",), "pull-request"

    def about(self, payload: Any) -> RawItem | None:
        """The pull request."""
        found = payload.get("pullRequest")
        if not isinstance(found, dict) or not isinstance(found.get("id"), int):
            return None
        return found if _is_repository((found.get("toRef") or {}).get("repository")) else None

    async def changed(self, bitbucket: Bitbucket, given: RawItem, payload: Any) -> Results:
        """As it is now."""
        found = await bitbucket.get(f"{place(given['toRef']['repository'])}/pull-requests/{int(given['id'])}")
        if found is None or found.get("state") not in self.context.selector.states:
            return Results([], [found or given])
        return Results([found])


PROCESSORS = (ProjectProcessor, RepositoryProcessor, PullRequestProcessor)
