"""Webhooks of forges: a workflow or a pipeline tells its end, and the run that started it ends (contract 6.6).

No principal: the signature, or the token, that the forge was given stands for one.
"""

from __future__ import annotations

from fairway.kit.crypto import equal
from fairway.kit.errors import NotFound, Unauthorized
from fairway.kit.jsonio import parse_body
from fairway.kit.settings import Settings
from fairway.portal.caller import system_caller
from fairway.portal.runs.delivery import repository
from fairway.portal.runs.delivery.credentials import plain
from fairway.portal.runs.delivery.github.events import signature_fits, workflow_event
from fairway.portal.runs.delivery.gitlab.events import pipeline_event
from fairway.portal.runs.delivery.reports import RunReports
from fairway.portal.runs.model import Finish, Run
from fairway.portal.storage import Database, Tx


class ForgeEvents:
    """Takes in what forges tell."""

    def __init__(self, db: Database, settings: Settings, runs: RunReports, org_id: str) -> None:
        self._db = db
        self._runs = runs
        self._github = plain(settings.github_webhook_secret)
        self._gitlab = plain(settings.gitlab_webhook_token)
        self._org_id = org_id

    async def from_github(self, signature: str, body: bytes) -> int:
        """How many runs a signed ``workflow_run`` event was about; other events are about none.

        Raises:
            NotFound: this portal has no webhook secret.
            Unauthorized: the signature is not the secret's.
            MalformedBody: it is no JSON.
        """
        if not self._github:
            raise NotFound("This portal takes no events from GitHub: FAIRWAY_GITHUB_WEBHOOK_SECRET is not set")
        if not signature_fits(self._github, body, signature):
            raise Unauthorized("X-Hub-Signature-256 is not the signature of this body under the webhook's secret")
        event = workflow_event(parse_body(body))
        if event is None:
            return 0
        return await self._db.write(lambda tx: self._apply(tx, "GITHUB", event.external_id, event.our_id, event.finish))

    async def from_gitlab(self, token: str, body: bytes) -> int:
        """How many runs a pipeline event has ended. Raises like :meth:`from_github`."""
        if not self._gitlab:
            raise NotFound("This portal takes no events from GitLab: FAIRWAY_GITLAB_WEBHOOK_TOKEN is not set")
        if not equal(token, self._gitlab):
            raise Unauthorized("X-Gitlab-Token is not the token of this portal's webhook")
        event = pipeline_event(parse_body(body))
        if event is None:
            return 0
        return await self._db.write(lambda tx: self._apply(tx, "GITLAB", event.external_id, None, event.finish))

    async def _apply(self, tx: Tx, kind: str, external_id: str, run_id: str | None, finish: Finish) -> int:
        runs = [
            run for run in await repository.in_progress(tx, external_id, run_id)
            if (run.payload or {}).get("type") == kind and run.external_run_id in (None, external_id)
        ]  # fmt: skip
        for run in runs:
            await self._runs.finish_in(tx, system_caller(self._org_id), run.id, _told(run, external_id, finish))
        return len(runs)


def _told(run: Run, external_id: str, finish: Finish) -> Finish:
    """Only the link and the id, where the action does not want the end to be reported."""
    if (run.payload or {}).get("reportWorkflowStatus") is False:
        return Finish(link=finish.link, external_run_id=external_id)
    return finish
