"""What the log of a run says about its approval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairway.kit.clock import rfc3339
from fairway.portal.access.decisions import who
from fairway.portal.actions.access.model import Approver, Panel
from fairway.portal.caller import Caller
from fairway.portal.runs.approvals.tally import Standing

EXPIRED = "Approval expired"
NOBODY = "Nobody can approve"
_NAMED = 20


def asked(required: Mapping[str, Any], approvers: Sequence[Approver], expires_at: int | None) -> str:
    """Who was asked, and how many of them are needed."""
    names = ", ".join(each.email for each in approvers[:_NAMED])
    more = f" and {len(approvers) - _NAMED} more" if len(approvers) > _NAMED else ""
    until = "" if expires_at is None else f", until {rfc3339(expires_at)}"
    return f"Waits for approval by {how_many(required)} {names}{more}{until}"


def how_many(required: Mapping[str, Any]) -> str:
    """In a sentence before names."""
    if required.get("type") == "ALL":
        return "all of"
    quorum = int(required.get("quorum") or 1)
    return "any one of" if quorum == 1 else f"{quorum} of"


def impossible(panel: Panel, at: Standing) -> str:
    """Why a run cannot be approved at all."""
    unknown = [each.email for each in panel.approvers if each.user_id is None]
    reason = f"{at.needed} must approve" if at.needed > 1 else "the approve permission names nobody who can"
    others = f"; nobody has the e-mail {', '.join(unknown[:_NAMED])}" if unknown else ""
    return (
        f"This run needs approval, but {reason}{others}. Whoever starts a run cannot approve it. "
        "Change the approve permission of the action, and start it again"
    )


def unknown_people(approvers: Sequence[Approver]) -> str | None:
    """A warning about e-mails that nobody has."""
    unknown = [each.email for each in approvers if each.user_id is None]
    if not unknown:
        return None
    return f"Asked, but nobody has this e-mail yet, so they cannot decide: {', '.join(unknown[:_NAMED])}"


def decision(caller: Caller, verb: str, grant: str, description: str | None, at: Standing) -> str:
    """One approval or refusal."""
    said = f": {description}" if description else ""
    if verb == "DECLINED":
        return f"Declined by {who(caller)}{said}"
    return f"Approved by {who(caller)} ({grant}; {at.given} of {at.needed}){said}"
