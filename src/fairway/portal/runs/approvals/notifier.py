"""Tells approvers that they are asked, and requesters what was decided: a job for each recipient (contract 7.8)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol

from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import FairwayError
from fairway.kit.http import DestinationRefused, HttpClient
from fairway.kit.jsonio import dumps
from fairway.portal.access.finding import emails_of
from fairway.portal.actions.access.model import Approver
from fairway.portal.caller import Caller
from fairway.portal.runs import repository as runs
from fairway.portal.runs.approvals import repository
from fairway.portal.runs.approvals.mail import SETTING, Mailer, MailRefused
from fairway.portal.runs.approvals.messages import decided_mail, json_message, request_mail, slack_message
from fairway.portal.runs.approvals.steps import RunSteps
from fairway.portal.runs.model import Run
from fairway.portal.storage import Database, Tx
from fairway.portal.storage.jobs import Job, JobHandler, enqueue
from fairway.wire.signatures import signature_headers

KIND = "run.approval.notify"
LANE = "notifications"
MAX_ATTEMPTS = 8
"""With pauses that double from 2 s: about eight minutes."""
_TIMEOUT_SECONDS = 15.0
_ANSWER_BYTES = 16_384


class SigningSecret(Protocol):
    """The secret that signs what the organisation sends (contract 15.11)."""

    async def signing_secret(self) -> str:
        """The secret of the first active credential pair."""
        ...


class Undeliverable(Exception):
    """A message that nobody will take, however often it is sent."""


class Notifier:
    """One job for each recipient, so that a bad address holds up nobody else."""

    def __init__(
        self, db: Database, clock: Clock, http: HttpClient, mailer: Mailer, secret: SigningSecret, base_url: str,
        system: Caller,
    ) -> None:  # fmt: skip
        self._db = db
        self._clock = clock
        self._http = http
        self._mailer = mailer
        self._secret = secret
        self._base_url = base_url
        self._system = system
        self._given: RunSteps | None = None

    def use(self, steps: RunSteps) -> None:
        """Tells who writes logs of runs."""
        self._given = steps

    @property
    def _steps(self) -> RunSteps:
        assert self._given is not None, "use() was not called"
        return self._given

    @property
    def job_handler(self) -> JobHandler:
        """Sends one message."""
        return JobHandler(KIND, self._run, MAX_ATTEMPTS, self._given_up, LANE)

    async def ask_in(self, tx: Tx, run: Run, approvers: Sequence[Approver], now: int) -> None:
        """Has everybody told, however they were found. Without ``approvalNotification`` by e-mail."""
        notification = run.definition.get("approvalNotification") or {"type": "email"}
        if notification.get("type") == "webhook":
            await enqueue(tx, KIND, f"{run.id}:webhook", {"runId": run.id, "kind": "webhook"}, now=now)
        elif not self._mailer.configured:
            text = f"Approvers were not told by e-mail: {SETTING} is not set. The run waits for them all the same"
            await self._log(tx, run.id, text)
        else:
            for each in approvers:
                payload = {"runId": run.id, "kind": "asked", "email": each.email}
                await enqueue(tx, KIND, f"{run.id}:asked:{each.email}", payload, now=now)

    async def decided_in(self, tx: Tx, run: Run, now: int) -> None:
        """Has the requester told, when mail is configured."""
        if self._mailer.configured and run.creator_email:
            payload = {"runId": run.id, "kind": "decided", "email": run.creator_email}
            await enqueue(tx, KIND, f"{run.id}:decided", payload, now=now)

    async def _run(self, job: Job) -> None:
        run_id, kind = str(job.payload["runId"]), job.payload["kind"]
        run = await self._db.read(lambda tx: runs.find(tx, run_id))
        if run is None or (kind != "decided" and run.status != "WAITING_FOR_APPROVAL"):
            return
        try:
            await self._send(run, kind, job.payload.get("email"))
        except (Undeliverable, MailRefused, DestinationRefused) as error:
            await self._db.write(partial(self._tell_failure, job=job, reason=_reason(error)))
        except FairwayError as error:
            if job.attempts == 1:
                reason = f"{_reason(error)}; it is tried again"
                await self._db.write(partial(self._tell_failure, job=job, reason=reason))
            raise

    async def _send(self, run: Run, kind: str, email: str | None) -> None:
        if kind == "webhook":
            await self._post(run)
            await self._db.write(lambda tx: repository.notified(tx, run.id, None, self._now()))
        elif kind == "decided":
            await self._mailer.send(decided_mail(run, str(email), await self._decider(run), self._base_url))
        else:
            request = await self._db.read(lambda tx: repository.find_request(tx, run.id))
            expires_at = None if request is None else request.expires_at
            await self._mailer.send(request_mail(run, str(email), expires_at, self._base_url))
            await self._db.write(lambda tx: repository.notified(tx, run.id, [str(email)], self._now()))

    async def _post(self, run: Run) -> None:
        """Posts to the webhook of the action as it was when the run was made, signed (contract 7.7)."""
        notification = run.definition["approvalNotification"]
        body = dumps(await self._message(run, notification))
        headers = signature_headers(await self._secret.signing_secret(), body, int(self._clock.now().timestamp()))
        answer = await self._http.request(
            "POST", str(notification["url"]), headers={"content-type": "application/json", **headers}, body=body,
            timeout_seconds=_TIMEOUT_SECONDS, max_answer_bytes=_ANSWER_BYTES,
        )  # fmt: skip
        if answer.status in (408, 425, 429) or answer.status >= 500:
            raise FairwayError(f"the receiver answered {answer.status}", code="remote_unavailable")
        if not answer.ok:
            raise Undeliverable(f"the receiver answered {answer.status}")

    async def _message(self, run: Run, notification: dict[str, Any]) -> dict[str, Any]:
        request = await self._db.read(lambda tx: repository.find_request(tx, run.id))
        asked = await self._db.read(lambda tx: repository.answers(tx, run.id))
        expires_at = None if request is None else request.expires_at
        if notification.get("format") == "slack":
            return slack_message(run, asked, expires_at, self._base_url)
        return json_message(run, self._steps.document(run), asked, expires_at, self._base_url)

    async def _decider(self, run: Run) -> str:
        user_id = str((run.approval or {}).get("userId"))
        return (await self._db.read(lambda tx: emails_of(tx, [user_id]))).get(user_id, user_id)

    async def _given_up(self, tx: Tx, job: Job, reason: str) -> None:
        await self._tell_failure(tx, job=job, reason=f"given up after {job.attempts} attempts")

    async def _tell_failure(self, tx: Tx, *, job: Job, reason: str) -> None:
        run_id = str(job.payload["runId"])
        if await runs.find(tx, run_id) is None:
            return
        to = job.payload.get("email") or "the approval webhook"
        await self._log(tx, run_id, f"Could not tell {to}: {reason}")

    async def _log(self, tx: Tx, run_id: str, message: str) -> None:
        await self._steps.log_in(tx, run_id, message, level="WARN", by=self._system)

    def _now(self) -> int:
        return to_millis(self._clock.now())


def _reason(error: Exception) -> str:
    return error.message if isinstance(error, FairwayError) else str(error)
