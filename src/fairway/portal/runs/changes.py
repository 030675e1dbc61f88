"""What clients may change of a run: the PATCH body of contract 7.3, and log lines of 7.4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairway.kit.errors import InvalidRequest
from fairway.portal.http.requests import optional, require

_STATUSES = ("IN_PROGRESS", "SUCCESS", "FAILURE", "WAITING_FOR_APPROVAL", "DECLINED")
_LEVELS = ("INFO", "WARN", "ERROR", "DEBUG")


@dataclass(frozen=True, slots=True)
class Patch:
    """The known keys of a PATCH body; none where a key is absent or null: a client may send a whole run back."""

    status: str | None = None
    status_label: str | None = None
    link: tuple[str, ...] | None = None
    summary: str | None = None
    external_run_id: str | None = None
    message: Any = None


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line for the log of a run, and what it says about the run's end."""

    message: str
    level: str = "INFO"
    status_label: str | None = None
    termination: str | None = None


def parse_patch(body: dict[str, Any]) -> Patch:
    """The body of ``PATCH /v1/actions/runs/{id}``; unknown keys are ignored.

    Raises:
        InvalidRequest: a key has another type, or the status is none.
    """
    status = optional(body, "status", str)
    if status is not None and status not in _STATUSES:
        raise InvalidRequest(f'"status" must be "SUCCESS" or "FAILURE", not "{status[:50]}"')
    return Patch(
        status,
        optional(body, "statusLabel", str),
        _link(body),
        optional(body, "summary", str),
        optional(body, "externalRunId", str),
        optional(body, "message", (dict, str)),
    )


def parse_line(body: dict[str, Any]) -> NewLine:
    """The body of ``POST /v1/actions/runs/{id}/logs``.

    Raises:
        InvalidRequest: there is no message, or a key has another type.
    """
    message = require(body, "message", str)
    level = optional(body, "level", str) or "INFO"
    if level not in _LEVELS:
        raise InvalidRequest(f'"level" must be one of {", ".join(_LEVELS)}, not "{level[:50]}"')
    return NewLine(message, level, optional(body, "statusLabel", str), _ending(body, "terminationStatus"))


def parse_response(body: dict[str, Any]) -> Any:
    """``response`` of ``PATCH /v1/actions/runs/{id}/response``.

    Raises:
        InvalidRequest: it is absent, a number or a boolean.
    """
    if "response" not in body:
        raise InvalidRequest('"response" is required in the body')
    return optional(body, "response", (dict, list, str))


def _ending(body: dict[str, Any], key: str) -> str | None:
    status: str | None = optional(body, key, str)
    if status not in (None, "SUCCESS", "FAILURE"):
        raise InvalidRequest(f'"{key}" must be "SUCCESS" or "FAILURE", not "{str(status)[:50]}"')
    return status


def _link(body: dict[str, Any]) -> tuple[str, ...] | None:
    link = optional(body, "link", (str, list))
    if link is None:
        return None
    links = [link] if isinstance(link, str) else link
    if not all(isinstance(each, str) for each in links):
        raise InvalidRequest('"link" in the body must be a string or an array of strings')
    return tuple(each for each in links if each)
