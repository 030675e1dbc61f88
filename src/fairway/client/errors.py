"""From an error answer to the error family of the kit: a caller catches ``NotFound`` wherever it was noticed."""

from __future__ import annotations

from typing import Any

from fairway.client.retry import NO_ANSWER
from fairway.kit import errors
from fairway.kit.errors import FairwayError

_BY_STATUS: dict[int, type[FairwayError]] = {
    NO_ANSWER: errors.Unavailable,
    400: errors.MalformedBody,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    413: errors.PayloadTooLarge,
    422: errors.InvalidRequest,
    429: errors.RateLimited,
    501: errors.NotImplementedYet,
    502: errors.Unavailable,
    503: errors.Unavailable,
    504: errors.Unavailable,
}
_BY_CODE: dict[str, type[FairwayError]] = {
    "has_dependents": errors.HasDependents,
    "invalid_credentials": errors.InvalidCredentials,
    "invalid_permissions": errors.InvalidPermissions,
}


def error_of(status: int, body: Any) -> FairwayError:
    """The error that an answer with ``status`` stands for; ``body`` may be anything, as proxies answer too."""
    told: dict[str, Any] = body if isinstance(body, dict) else {}
    code = told.get("error")
    details = told.get("details")
    kind = _BY_CODE.get(str(code)) or _BY_STATUS.get(status) or FairwayError
    return kind(
        str(told.get("message") or f"The portal answered with status {status}"),
        code=code if isinstance(code, str) else None,
        details=details if isinstance(details, dict) else None,
    )
