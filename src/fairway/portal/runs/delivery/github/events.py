"""What a workflow run means for ours, whether it was asked for or told by GitHub's webhook."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairway.kit.crypto import equal
from fairway.portal.runs.model import Finish

_GOOD = frozenset({"success", "neutral", "skipped"})
_OUR_ID = re.compile(r"\b(?:r|wfnr)_[A-Za-z0-9]{8,40}\b")


@dataclass(frozen=True, slots=True)
class WorkflowEvent:
    """A ``workflow_run`` event."""

    external_id: str
    our_id: str | None
    """Our run's id, when the workflow run carries it in its name."""
    finish: Finish


def conclusion(run: Mapping[str, Any]) -> Finish | None:
    """How a workflow run ended, none while it runs."""
    if run.get("status") != "completed":
        return None
    ended = str(run.get("conclusion") or "unknown")
    link = [str(run["html_url"])] if run.get("html_url") else None
    log = f"The workflow run {run.get('id')} ended: {ended}"
    if ended in _GOOD:
        return Finish("SUCCESS", label=ended, link=link, logs=(log,))
    return Finish("FAILURE", label=ended, summary=f"The workflow ended with {ended}", link=link, logs=(log,))


def workflow_event(body: Any) -> WorkflowEvent | None:
    """The event of a webhook's body, none when it is of another kind."""
    run = body.get("workflow_run") if isinstance(body, Mapping) else None
    if not isinstance(run, Mapping) or run.get("id") is None or run.get("event") != "workflow_dispatch":
        return None
    external_id = str(run["id"])
    named = _OUR_ID.search(f"{run.get('display_title') or ''} {run.get('name') or ''}")
    link = [str(run["html_url"])] if run.get("html_url") else None
    finish = conclusion(run) or Finish(link=link, external_run_id=external_id)
    return WorkflowEvent(external_id, named.group() if named else None, finish)


def signature_fits(secret: str, body: bytes, header: str) -> bool:
    """Whether ``X-Hub-Signature-256`` is the secret's over the body."""
    return equal("sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(), header)
