"""From one state of a run to the next: pure functions, the rules of contract 7.3 to 7.5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from fairway.kit.errors import Conflict, InvalidRequest
from fairway.kit.jsonio import dumps_text
from fairway.portal.runs.changes import NewLine, Patch
from fairway.portal.runs.documents import presentable_response
from fairway.portal.runs.model import Finish, Run
from fairway.wire.runs import TERMINAL, RunStatus


def patched(run: Run, patch: Patch, by: str, now: int) -> tuple[Run, list[NewLine]]:
    """The run after a PATCH, and lines for its log: a ``message`` becomes the summary of a run that has none.

    Raises:
        InvalidRequest: the run has ended otherwise, or waits for approval and is said to have succeeded.
    """
    lines: list[NewLine] = []
    summary = run.summary if patch.summary is None else patch.summary
    if patch.message is not None:
        text = _told(patch.message)
        if summary:
            lines = [NewLine(text)] if text else []
        else:
            summary = text
    after = replace(
        run,
        status_label=run.status_label if patch.status_label is None else patch.status_label or None,
        link=run.link if patch.link is None else list(patch.link),
        summary=summary,
        external_run_id=run.external_run_id if patch.external_run_id is None else patch.external_run_id or None,
    )
    return _moved(after, run, _asked(run, patch.status), by, now), lines


def logged(run: Run, line: NewLine, by: str, now: int) -> Run:
    """The run after a log line: one with ``terminationStatus`` ends it, once.

    Raises:
        InvalidRequest: a second line ends the run, or the run has ended otherwise.
    """
    after = run if line.status_label is None else replace(run, status_label=line.status_label or None)
    if line.termination is None:
        return _moved(after, run, run.status, by, now)
    if run.terminal_log:
        raise InvalidRequest(
            f'Run "{run.id}" was ended by an earlier log line; "terminationStatus" can be sent only once'
        )
    return _moved(replace(after, terminal_log=True), run, _asked(run, line.termination), by, now)


def finished(run: Run, finish: Finish, by: str, now: int) -> Run:
    """The run after its backend spoke; as it was when it has ended already."""
    if run.terminal:
        return run
    after = replace(
        run,
        status_label=finish.label or run.status_label,
        summary=finish.summary or run.summary,
        link=run.link if finish.link is None else list(finish.link),
        external_run_id=finish.external_run_id or run.external_run_id,
        response=run.response if finish.response is None else presentable_response(finish.response),
    )
    return _moved(after, run, finish.status or run.status, by, now)


def answered(run: Run, response: Any, by: str, now: int) -> Run:
    """The run with the answer of its backend."""
    return _moved(replace(run, response=response), run, run.status, by, now)


def decided(run: Run, status: RunStatus, description: str | None, by: str, now: int) -> Run:
    """The run after an approval (``IN_PROGRESS``) or its refusal (``DECLINED``).

    Raises:
        Conflict: the run does not wait (contract 15.16).
    """
    if run.status != "WAITING_FOR_APPROVAL":
        raise Conflict(f'Run "{run.id}" does not wait for approval: it is {run.status}')
    state = "APPROVED" if status == "IN_PROGRESS" else "DECLINED"
    approval = {"description": description or "", "userId": by, "state": state}
    return _moved(replace(run, approval=approval), run, status, by, now)


def reopened(run: Run, by: str, now: int) -> Run:
    """A run that failed because it could not be delivered, in progress once more."""
    opened = replace(run, status_label=None, summary="", ended_at=None, terminal_log=False)
    return replace(opened, status="IN_PROGRESS", updated_by=by, updated_at=max(now, run.updated_at))


def _asked(run: Run, status: str | None) -> RunStatus:
    """The status that a client asks for, where the run can take it."""
    if status in (None, "IN_PROGRESS", run.status):
        return run.status
    if run.terminal:
        raise InvalidRequest(f'Run "{run.id}" has ended with {run.status}; it cannot become {status}')
    if status not in ("SUCCESS", "FAILURE"):
        raise InvalidRequest(f'Run "{run.id}" is {run.status}; a client can only end it with SUCCESS or FAILURE')
    if run.status == "WAITING_FOR_APPROVAL" and status == "SUCCESS":
        raise InvalidRequest(f'Run "{run.id}" waits for approval; FAILURE withdraws it, SUCCESS is not possible')
    return cast(RunStatus, status)


def _moved(after: Run, before: Run, status: RunStatus, by: str, now: int) -> Run:
    """Stamped, when anything has changed."""
    after = replace(after, status=status)
    if after == before:
        return before
    stamped = replace(after, updated_by=by, updated_at=max(now, before.updated_at))
    if status not in TERMINAL or before.ended_at is not None:
        return stamped
    return replace(stamped, ended_at=now, pending=False, claimed_until=0, claimed_by=None)


def _told(message: Mapping[str, Any] | str) -> str:
    """A message for people: the text itself, or that of an object's only key."""
    if isinstance(message, str):
        return message
    values = list(message.values())
    return values[0] if len(values) == 1 and isinstance(values[0], str) else dumps_text(message) if message else ""
