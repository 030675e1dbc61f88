"""Events of Jira. What an event is about is fetched again, and found gone when it is."""

from __future__ import annotations

import hashlib
import hmac
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from fairway.integration.http import ThirdPartyMissing, ThirdPartyRejected
from fairway.integration.live import Processor, WebhookEvent, WebhookEventRawResults
from fairway.integration.model import RawItem, Resource
from fairway.integrations.jira.client import JiraClient
from fairway.integrations.jira.source import status_of
from fairway.kit.crypto import equal


class JiraProcessor(Processor):
    """Base. ``prefix`` begins the names of its events; ``subject`` is where their payload has the object."""

    prefix: ClassVar[str]
    subject: ClassVar[str]
    kind: ClassVar[str]

    async def should_process_event(self, event: WebhookEvent) -> bool:
        name = event.payload.get("webhookEvent") if isinstance(event.payload, dict) else None
        return isinstance(name, str) and name.startswith(self.prefix)

    async def authenticate(self, payload: Any, headers: Mapping[str, str]) -> bool:
        secret = self.context.config.webhook_secret
        if secret is None:
            return True  # nothing of the payload is believed; see `gone`
        own = hmac.new(secret.get_secret_value().encode(), self.event.body, hashlib.sha256).hexdigest()
        return equal(f"sha256={own}", headers.get("x-hub-signature", ""))

    async def validate_payload(self, payload: Any) -> bool:
        subject = payload.get(self.subject)
        return isinstance(subject, dict) and self.id_of(subject) is not None

    def ordering_key(self, event: WebhookEvent) -> str:
        return f"{self.kind}/{self.id_of(event.payload[self.subject])}"

    async def get_matching_kinds(self, event: WebhookEvent) -> list[str]:
        return [self.kind]

    async def handle_event(self, payload: Any, resource: Resource) -> WebhookEventRawResults:
        subject = payload[self.subject]
        try:
            found = await self.current(JiraClient(self.context), subject)
        except ThirdPartyMissing:
            found = None
        if found is None:
            return WebhookEventRawResults([], self.gone(subject))
        return WebhookEventRawResults([found]) if self.selected(found) else WebhookEventRawResults([], [found])

    def gone(self, *items: RawItem) -> list[RawItem]:
        """Items of the payload that are deleted. Without a secret anybody could have written them: none."""
        return list(items) if self.context.config.webhook_secret is not None else []

    def id_of(self, subject: RawItem) -> str | None:
        """What the object is asked for with."""
        value = subject.get("id")
        text = str(value)
        return text if isinstance(value, str | int) and text.isdecimal() else None

    def selected(self, item: RawItem) -> bool:
        """Whether the selector would have fetched it."""
        return True

    @abstractmethod
    async def current(self, jira: JiraClient, subject: RawItem) -> RawItem | None:
        """The object as it is now; none when the selector would not fetch it.

        Raises:
            ThirdPartyMissing: it is gone.
        """


class IssueProcessor(JiraProcessor):
    """Issues. One that moved to another project leaves its old key behind."""

    prefix, subject, kind = "jira:issue_", "issue", "issue"

    async def current(self, jira: JiraClient, subject: RawItem) -> RawItem | None:
        selector = self.context.selector
        return await found_issue(jira, selector.jql, str(subject["id"]), fields=selector.fields, expand=selector.expand)

    async def handle_event(self, payload: Any, resource: Resource) -> WebhookEventRawResults:
        results = await super().handle_event(payload, resource)
        changes = (payload.get("changelog") or {}).get("items") or []
        old = [change.get("fromString") for change in changes if change.get("field") == "Key"]
        results.deleted_raw_results += self.gone(*({**payload["issue"], "key": key} for key in old if key))
        return results


async def found_issue(jira: JiraClient, jql: str, issue_id: str, **params: Any) -> RawItem | None:
    """The issue if ``jql`` finds it. A query with an id that does not exist is refused, like a wrong one.

    Raises:
        ThirdPartyMissing: it is gone.
        ThirdPartyRejected: the query is wrong.
    """
    try:
        return await jira.matches(jql, issue_id, **params)
    except ThirdPartyRejected:
        await jira.get(f"issue/{issue_id}", fields="summary")
        raise


class ProjectProcessor(JiraProcessor):
    """Projects."""

    prefix, subject, kind = "project_", "project", "project"

    async def current(self, jira: JiraClient, subject: RawItem) -> RawItem | None:
        found: RawItem = await jira.get(f"project/{subject['id']}", expand=self.context.selector.expand)
        return found if not found.get("archived") and not found.get("deleted") else None


class UserProcessor(JiraProcessor):
    """Users: Cloud knows them by account, Data Center by key."""

    prefix, subject, kind = "user_", "user", "user"

    def id_of(self, subject: RawItem) -> str | None:
        value = subject.get("accountId") or subject.get("key")
        return value if isinstance(value, str) else None

    async def current(self, jira: JiraClient, subject: RawItem) -> RawItem | None:
        cloud = await jira.is_cloud()
        found: RawItem = await jira.get("user", **{"accountId" if cloud else "key": self.id_of(subject)})
        return found


class BoardProcessor(JiraProcessor):
    """Boards."""

    prefix, subject, kind = "board_", "board", "board"

    def selected(self, item: RawItem) -> bool:
        wanted = self.context.selector.type
        return wanted is None or item.get("type") == wanted

    async def current(self, jira: JiraClient, subject: RawItem) -> RawItem | None:
        return await jira.agile(f"board/{subject['id']}")


class SprintProcessor(JiraProcessor):
    """Sprints."""

    prefix, subject, kind = "sprint_", "sprint", "sprint"

    def selected(self, item: RawItem) -> bool:
        wanted = self.context.selector.state
        return not wanted or item.get("state") in wanted

    async def current(self, jira: JiraClient, subject: RawItem) -> RawItem | None:
        sprint = await jira.agile(f"sprint/{subject['id']}")
        board = sprint.get("originBoardId")
        return {**sprint, "__board": await _board(jira, board)} if board else sprint


async def _board(jira: JiraClient, number: int) -> RawItem | None:
    """The board of a sprint, unless it is gone."""
    try:
        found = await jira.agile(f"board/{number}")
    except ThirdPartyMissing:
        return None
    return {name: found.get(name) for name in ("id", "name", "type")}


class ReleaseProcessor(JiraProcessor):
    """Versions."""

    prefix, subject, kind = "jira:version_", "version", "release"

    def selected(self, item: RawItem) -> bool:
        wanted = self.context.selector.status
        return not wanted or status_of(item) in wanted

    async def current(self, jira: JiraClient, subject: RawItem) -> RawItem | None:
        version = await jira.get(f"version/{subject['id']}")
        project = await jira.get(f"project/{version['projectId']}")
        return {**version, "__project": {name: project.get(name) for name in ("id", "key", "name")}}


class WorklogProcessor(JiraProcessor):
    """Work logged."""

    prefix, subject, kind = "worklog_", "worklog", "worklog"

    async def validate_payload(self, payload: Any) -> bool:
        worklog = payload.get(self.subject)
        return await super().validate_payload(payload) and str(worklog.get("issueId", "")).isdecimal()

    async def current(self, jira: JiraClient, subject: RawItem) -> RawItem | None:
        issue_id = str(subject["issueId"])
        issue = await found_issue(jira, self.context.selector.jql, issue_id, fields="summary,project")
        if issue is None:
            return None
        worklog = await jira.get(f"issue/{issue_id}/worklog/{subject['id']}")
        owner = {"id": issue["id"], "key": issue["key"], "fields": issue.get("fields")}
        return {**worklog, "__issue": owner}


PROCESSORS: tuple[type[JiraProcessor], ...] = (
    IssueProcessor,
    ProjectProcessor,
    UserProcessor,
    BoardProcessor,
    SprintProcessor,
    ReleaseProcessor,
    WorklogProcessor,
)
