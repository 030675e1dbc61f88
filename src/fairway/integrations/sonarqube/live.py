"""Events of SonarQube: an analysis has ended. Project, issues and analyses are fetched again."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from fairway.integration.http import ThirdPartyMissing
from fairway.integration.live import Processor, WebhookEvent, WebhookEventRawResults
from fairway.integration.model import RawItem, Resource
from fairway.integrations.sonarqube.client import SonarClient
from fairway.integrations.sonarqube.source import analyses_of, enriched, issues_of
from fairway.kit.crypto import equal

_KEY = re.compile(r"[A-Za-z0-9_.:-]{1,400}")
_EARLIER = timedelta(minutes=5)
"""Issues are closed in the course of an analysis."""


class AnalysisEvent(Processor):
    """Base."""

    kind: ClassVar[str]
    main_only: ClassVar[bool] = True
    """Whether other branches are of no interest."""

    async def should_process_event(self, event: WebhookEvent) -> bool:
        found = event.payload
        if not isinstance(found, dict) or "taskId" not in found:
            return False
        branch = found.get("branch")
        return not self.main_only or not isinstance(branch, dict) or branch.get("isMain") is True

    async def authenticate(self, payload: Any, headers: Mapping[str, str]) -> bool:
        secret = self.context.config.webhook_secret
        if secret is None:
            return True  # nothing but the key is taken from the payload, and no project deleted by it
        own = hmac.new(secret.get_secret_value().encode(), self.event.body, hashlib.sha256).hexdigest()
        return equal(own, headers.get("x-sonar-webhook-hmac-sha256", ""))

    async def validate_payload(self, payload: Any) -> bool:
        project = payload.get("project")
        key = project.get("key") if isinstance(project, dict) else None
        return isinstance(key, str) and _KEY.fullmatch(key) is not None

    def ordering_key(self, event: WebhookEvent) -> str:
        return str(event.payload["project"]["key"])

    async def get_matching_kinds(self, event: WebhookEvent) -> list[str]:
        return [self.kind]


class ProjectProcessor(AnalysisEvent):
    """The project with its measures. A branch that is not the main one changes its list of branches."""

    kind, main_only = "projects_ga", False

    async def handle_event(self, payload: Any, resource: Resource) -> WebhookEventRawResults:
        sonar, key = SonarClient(self.context), payload["project"]["key"]
        found: RawItem | None = None
        try:
            project = await sonar.project(key, self.context.selector.api_filters)
            found = await enriched(self.context, sonar, project) if project is not None else None
        except ThirdPartyMissing:
            self.context.log.info("sonarqube_project_gone", project=key)
        if found is not None:
            return WebhookEventRawResults([found])
        signed = self.context.config.webhook_secret is not None
        return WebhookEventRawResults([], [payload["project"]] if signed else [])


class IssueProcessor(AnalysisEvent):
    """Issues of the project: those that the selector chooses, and those that the analysis closed."""

    kind = "issues"

    async def handle_event(self, payload: Any, resource: Resource) -> WebhookEventRawResults:
        sonar, key, selector = SonarClient(self.context), payload["project"]["key"], self.context.selector
        try:
            project = await sonar.project(key, selector.project_api_filters)
        except ThirdPartyMissing:
            project = None
        if project is None:
            return WebhookEventRawResults()
        chosen = [each async for page in issues_of(sonar, key, selector.api_filters.params()) for each in page]
        known = {issue["key"] for issue in chosen}
        closed = [each async for each in self._closed(sonar, payload) if each["key"] not in known]
        return WebhookEventRawResults(chosen, closed)

    async def _closed(self, sonar: SonarClient, payload: Any) -> AsyncIterator[RawItem]:
        """Those closed since the analysis, latest first."""
        since = _time(payload.get("analysedAt"), self.context.clock.now()) - _EARLIER
        params = {await sonar.components_parameter(): payload["project"]["key"], "s": "CLOSE_DATE", "asc": "false"}
        async for page in sonar.all("issues/search", "issues", **sonar.own, **params, resolved="true"):
            for issue in page:
                if _time(issue.get("closeDate"), since) < since:
                    return
                yield issue


class AnalysisProcessor(AnalysisEvent):
    """The analysis itself."""

    kind = "analysis"

    async def handle_event(self, payload: Any, resource: Resource) -> WebhookEventRawResults:
        sonar, key = SonarClient(self.context), payload["project"]["key"]
        day = (_time(payload.get("analysedAt"), self.context.clock.now()) - timedelta(days=1)).strftime("%Y-%m-%d")
        try:
            if await sonar.project(key, self.context.selector.project_api_filters) is None:
                return WebhookEventRawResults()
            found = [each async for page in analyses_of(sonar, key, day) for each in page]
        except ThirdPartyMissing:
            return WebhookEventRawResults()
        return WebhookEventRawResults(found)


def _time(value: Any, other: datetime) -> datetime:
    """A time of the API, ``2026-11-26T10:00:00+0000``."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else other
    except ValueError:
        return other
    return found if found.tzinfo else other


PROCESSORS: tuple[type[AnalysisEvent], ...] = (ProjectProcessor, IssueProcessor, AnalysisProcessor)
