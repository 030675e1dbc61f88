"""What runs ask of the rooms around them, as one argument."""

from __future__ import annotations

from dataclasses import dataclass

from fairway.portal.actions.access.service import ActionAccess
from fairway.portal.actions.forms.service import FormService
from fairway.portal.actions.service import ActionService
from fairway.portal.catalog.wiring import Catalog
from fairway.portal.runs.approvals.service import ApprovalService


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Definitions, forms and permissions of actions, the catalog, and approvals."""

    actions: ActionService
    forms: FormService
    access: ActionAccess
    catalog: Catalog
    approvals: ApprovalService
