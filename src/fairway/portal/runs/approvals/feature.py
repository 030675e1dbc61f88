"""Everything about approvals that the runs feature builds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairway.kit.clock import Clock
from fairway.kit.crypto import SecretBox
from fairway.kit.http import HttpClient
from fairway.kit.settings import Settings
from fairway.portal.actions.feature import Actions
from fairway.portal.caller import system_caller
from fairway.portal.runs.approvals.expiry import Expiry
from fairway.portal.runs.approvals.lineage import RunLineage
from fairway.portal.runs.approvals.mail import Mailer
from fairway.portal.runs.approvals.notifier import Notifier, SigningSecret
from fairway.portal.runs.approvals.service import ApprovalService
from fairway.portal.runs.approvals.steps import RunSteps
from fairway.portal.runs.approvals.watch import PeopleWatch
from fairway.portal.storage import Database
from fairway.portal.storage.consumers import Consumer
from fairway.portal.storage.jobs import JobHandler


@dataclass(frozen=True, slots=True)
class Approvals:
    """Asking, deciding, telling and giving up."""

    service: ApprovalService
    notifier: Notifier
    expiry: Expiry
    consumers: Sequence[Consumer]

    @property
    def job_handlers(self) -> list[JobHandler]:
        """Notification and expiry."""
        return [self.notifier.job_handler, self.expiry.job_handler]

    def use(self, steps: RunSteps) -> None:
        """Tells where decided runs go on; before anything is asked or decided."""
        self.service.use(steps)
        self.expiry.use(steps)


def build_approvals(
    settings: Settings,
    clock: Clock,
    db: Database,
    actions: Actions,
    http: HttpClient,
    secret: SigningSecret,
    box: SecretBox,
    *,
    org_id: str,
) -> Approvals:
    """Wires the feature; :meth:`Approvals.use` completes it.

    Raises:
        InvalidRequest: FAIRWAY_SMTP_URL or FAIRWAY_MAIL_FROM cannot be read.
    """
    system = system_caller(org_id)
    notifier = Notifier(db, clock, http, Mailer(settings, clock), secret, settings.effective_base_url, system)
    service = ApprovalService(db, clock, actions, notifier, RunLineage(box), org_id)
    return Approvals(service, notifier, Expiry(db, clock, system), [PeopleWatch(db, service).consumer])
