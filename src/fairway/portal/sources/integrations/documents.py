"""Checks of what clients write about an integration. Mappings inside ``config`` are opaque (contract 8.2)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from fairway.kit.errors import InvalidRequest
from fairway.portal.http.requests import optional, require
from fairway.portal.sources.integrations.model import READ_ONLY

_TYPES: dict[str, type] = {
    "title": str,
    "installationAppType": str,
    "installationType": str,
    "version": str,
    "config": dict,
    "changelogDestination": dict,
    "actionsProcessingEnabled": bool,
    "incrementalSyncEnabled": bool,
    "arePortResourcesInitialized": bool,
    "processingMode": str,
    "createPortResourcesOrigin": str,
    "spec": dict,
    "oauthBrokerUrl": str,
}
_MAX_IDENTIFIER = 500
_STATUSES = ("running", "completed", "failed", "aborted")
_STATE_KEYS = ("status", "lastResyncStart", "lastResyncEnd", "nextResync", "intervalInMinuets")


def installation_id(body: dict[str, Any]) -> str:
    """The identifier of a new integration.

    Raises:
        InvalidRequest: it is missing, empty or too long.
    """
    value: str = require(body, "installationId", str)
    if not value.strip() or len(value) > _MAX_IDENTIFIER:
        raise InvalidRequest(f'"installationId" must have 1 to {_MAX_IDENTIFIER} characters and not only spaces')
    return value


def document(body: dict[str, Any]) -> dict[str, Any]:
    """The keys of a body that are stored, nulls and unknown ones included.

    Raises:
        InvalidRequest: a known key has the wrong type, or the change-log destination is none.
    """
    for key, kind in _TYPES.items():
        optional(body, key, kind)
    _check_destination(body.get("changelogDestination"))
    return {key: value for key, value in body.items() if key not in READ_ONLY}


def check_same_id(body: dict[str, Any], identifier: str) -> None:
    """Raises:
    InvalidRequest: the body names another installation id.
    """
    sent = body.get("installationId", identifier)
    if sent != identifier:
        raise InvalidRequest(f'The installation id of "{identifier}" cannot be changed to "{sent}"; create a new one')


def resync_state(body: dict[str, Any]) -> dict[str, Any]:
    """The keys of a state report (contract 8.4), others ignored.

    Raises:
        InvalidRequest: ``status`` is none of the four.
    """
    status = body.get("status")
    if status is not None and status not in _STATUSES:
        raise InvalidRequest(f'"status" must be one of {", ".join(_STATUSES)}, not "{status}"')
    for key in ("lastResyncStart", "lastResyncEnd", "nextResync"):
        optional(body, key, str)
    optional(body, "intervalInMinuets", (int, float))
    return {key: body[key] for key in _STATE_KEYS if key in body}


def _check_destination(destination: dict[str, Any] | None) -> None:
    if not destination:
        return
    kind = destination.get("type")
    if kind not in ("KAFKA", "WEBHOOK"):
        raise InvalidRequest(f'"type" in the changelogDestination must be "KAFKA" or "WEBHOOK", not "{kind}"')
    if kind == "WEBHOOK":
        url = require(destination, "url", str, where="changelogDestination")
        if urlsplit(url).scheme not in ("http", "https"):
            raise InvalidRequest(f'"url" in the changelogDestination must be an http or https URL, not "{url[:200]}"')
