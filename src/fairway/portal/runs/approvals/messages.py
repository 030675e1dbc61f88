"""What approvers and requesters are told: JSON, Slack blocks, mail (contract 7.8)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fairway.kit.clock import rfc3339
from fairway.kit.jsonio import dumps_text
from fairway.portal.runs.approvals.mail import Mail
from fairway.portal.runs.approvals.repository import Answer
from fairway.portal.runs.model import Run

_INPUTS = 20
_VALUE = 300
_HEADER = 150
"""Characters of a Slack header block."""
_SECTION = 3000
"""Characters of a Slack text object."""
_NAMED = 30


def run_link(base_url: str, run_id: str) -> str:
    """The page of a run."""
    return f"{base_url}/runs/{run_id}"


def json_message(
    run: Run, document: Mapping[str, Any], asked: Sequence[Answer], expires_at: int | None, base_url: str
) -> dict[str, Any]:
    """``approvalNotification`` of format ``json``: the run as the API shows it, the action as it was when the run was
    made, everybody who is asked, and where to decide."""
    action = {key: run.definition.get(key) for key in ("identifier", "title", "icon", "trigger", "invocationMethod")}
    return {
        "event": "approval_requested",
        "run": document,
        "action": {**action, "requiredApproval": run.required_approval},
        "approvers": [{"email": each.email, "userId": each.user_id} for each in asked],
        "expiresAt": None if expires_at is None else rfc3339(expires_at),
        "links": {
            "run": run_link(base_url, run.id),
            "approval": f"{base_url}/v1/actions/runs/{run.id}/approval",
        },
    }


def slack_message(run: Run, asked: Sequence[Answer], expires_at: int | None, base_url: str) -> dict[str, Any]:
    """``approvalNotification`` of format ``slack``: blocks, and a text for where blocks are not shown."""
    title, link = _title(run), run_link(base_url, run.id)
    inputs = "\n".join(f"*{_escape(name)}*: {_escape(value)}" for name, value in _inputs(run))
    names = ", ".join(_escape(each.email) for each in asked[:_NAMED]) + (" …" if len(asked) > _NAMED else "")
    facts = [f"*Started by*\n{_escape(_starter(run))}"]
    if run.entity:
        facts.append(f"*On*\n{_escape(run.entity)}")
    if expires_at is not None:
        facts.append(f"*Until*\n{rfc3339(expires_at)}")
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": f"Approve: {title}"[:_HEADER]}},
        {"type": "section", "fields": [_mrkdwn(each) for each in facts]},
    ]
    if inputs:
        blocks.append({"type": "section", "text": _mrkdwn(inputs)})
    button = {"type": "button", "style": "primary", "url": link, "text": {"type": "plain_text", "text": "Review"}}
    blocks += [
        {"type": "context", "elements": [_mrkdwn(f"Asked: {names}")]},
        {"type": "actions", "elements": [button]},
    ]
    return {"text": _escape(f"{_starter(run)} asks for approval of {title}: {link}"), "blocks": blocks}


def request_mail(run: Run, to: str, expires_at: int | None, base_url: str) -> Mail:
    """What an approver gets."""
    lines = [f'{_starter(run)} started "{_title(run)}", which needs approval.']
    if run.entity:
        lines.append(f"On: {run.entity}")
    lines += [f"{name}: {value}" for name, value in _inputs(run)]
    if expires_at is not None:
        lines.append(f"Approve or decline until {rfc3339(expires_at)}.")
    lines += ["", f"Approve or decline: {run_link(base_url, run.id)}"]
    about = f" ({run.entity})" if run.entity else ""
    return Mail(to, f"Approve: {_title(run)}{about}", "\n".join(lines) + "\n", _key(run, to, "asked"))


def decided_mail(run: Run, to: str, by: str, base_url: str) -> Mail:
    """What the requester gets."""
    verb = "declined" if run.status == "DECLINED" else "approved"
    said = (run.approval or {}).get("description")
    lines = [f'"{_title(run)}" was {verb} by {by}.', *([said] if said else []), "", run_link(base_url, run.id)]
    return Mail(to, f"{verb.capitalize()}: {_title(run)}", "\n".join(lines) + "\n", _key(run, to, "decided"))


def _key(run: Run, to: str, kind: str) -> str:
    return f"{run.id}.{kind}.{hashlib.sha256(to.encode()).hexdigest()[:20]}"


def _title(run: Run) -> str:
    return str(run.definition.get("title") or run.action)


def _starter(run: Run) -> str:
    return run.creator_email or run.created_by


def _inputs(run: Run) -> Iterator[tuple[str, str]]:
    """The first inputs as people see them; sealed ones are masked there."""
    for name, value in list(run.properties.items())[:_INPUTS]:
        named = isinstance(value, dict) and "identifier" in value
        shown = value.get("title") or value["identifier"] if named else value
        text = shown if isinstance(shown, str) else dumps_text(shown)
        flat = " ".join(text.split())
        yield name, flat if len(flat) <= _VALUE else flat[: _VALUE - 1] + "…"


def _mrkdwn(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text if len(text) <= _SECTION else text[: _SECTION - 1] + "…"}


def _escape(text: str) -> str:
    """Slack reads these three letters as its own: links, mentions, ``<!channel>``."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
