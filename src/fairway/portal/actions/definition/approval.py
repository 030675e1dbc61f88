"""``requiredApproval`` and ``approvalNotification`` (contract 6.2), and what Fairway adds to the first."""

from __future__ import annotations

from typing import Any

from fairway.kit.errors import InvalidRequest
from fairway.portal.actions.definition.words import MAX_EXPIRY_SECONDS
from fairway.portal.catalog.properties.shape import Object, a_text, an_object, at, flags, one_of, only, required
from fairway.portal.catalog.properties.vocabulary import kind_of, shown


def check_approval(document: Object) -> None:
    """Both keys.

    Raises:
        InvalidRequest: naming the path of what is wrong.
    """
    wanted = document.get("requiredApproval")
    if isinstance(wanted, dict):
        _check_required(wanted, "requiredApproval")
    elif wanted is not None and not isinstance(wanted, bool):
        raise InvalidRequest(f'requiredApproval must be a boolean or an object with "type", not {kind_of(wanted)}')
    if document.get("approvalNotification") is not None:
        _check_notification(document["approvalNotification"], "approvalNotification")


def _check_required(value: Object, where: str) -> None:
    only(value, ("type", "quorum", "expiresInSeconds", "allowSelfApproval"), where)
    kind = one_of(required(value, "type", where), ("ANY", "ALL"), at(where, "type"))
    _whole(value, "quorum", where, 1000)
    _whole(value, "expiresInSeconds", where, MAX_EXPIRY_SECONDS)
    flags(value, where, "allowSelfApproval")
    if kind == "ALL" and value.get("quorum") is not None:
        raise InvalidRequest(f'{where}.quorum: with type "ALL" everybody has to approve; a quorum goes with "ANY"')


def _whole(parent: Object, key: str, where: str, most: int) -> None:
    value = parent.get(key)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most):
        raise InvalidRequest(f"{where}.{key} must be a whole number from 1 to {most}, not {shown(value)}")


def _check_notification(value: Any, where: str) -> None:
    kind = one_of(required(an_object(value, where), "type", where), ("email", "webhook"), at(where, "type"))
    if kind == "email":
        only(value, ("type",), where)
        return
    only(value, ("type", "url", "format"), where)
    url = a_text(required(value, "url", where), at(where, "url"), 10_000)
    if not url.lower().startswith(("http://", "https://")):
        raise InvalidRequest(f"{where}.url must be an http or https URL, not {shown(url)}")
    if value.get("format") is not None:
        one_of(value["format"], ("json", "slack"), at(where, "format"))
