"""The one error family.

::

    FairwayError                 500 internal_error
    +-- InvalidRequest           422 invalid_request      (also every domain code answered with 422)
    |   +-- MalformedBody        400 invalid_request
    |   +-- InvalidPermissions   422 invalid_permissions
    +-- Unauthorized             401 unauthorized
    |   +-- InvalidCredentials   401 invalid_credentials
    +-- Forbidden                403 forbidden
    +-- NotFound                 404 not_found
    +-- Conflict                 409 conflict
    |   +-- HasDependents        409 has_dependents
    +-- Gone                     410 gone
    +-- PayloadTooLarge          413 payload_too_large
    +-- RateLimited              429 rate_limited
    +-- NotImplementedYet        501 not_implemented
    +-- Unavailable              503 unavailable          (retriable)

Codes are those of the catalog API contract, sections 1.4 and 15.18. ``message`` is for the user and says what was
wrong, where, and what would be right; ``cause`` is for the log only.
"""

from __future__ import annotations

from typing import Any, ClassVar


class FairwayError(Exception):
    """A failure with a machine code, an HTTP status, a text for the user and a cause for the log."""

    status: ClassVar[int] = 500
    code: str = "internal_error"
    retriable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        details: dict[str, Any] | None = None,
        cause: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.details = details
        self.cause = cause

    def envelope(self) -> dict[str, Any]:
        """The body of the answer, shaped as contract section 1.4 asks."""
        body: dict[str, Any] = {"ok": False, "error": self.code, "message": self.message}
        if self.details:
            body["details"] = self.details
        return body


class InvalidRequest(FairwayError):
    """The body, a parameter or a domain rule does not hold."""

    status = 422
    code = "invalid_request"


class MalformedBody(InvalidRequest):
    """The body is not JSON at all."""

    status = 400


class InvalidPermissions(InvalidRequest):
    """A permission patch names fields that the blueprint lacks."""

    code = "invalid_permissions"


class Unauthorized(FairwayError):
    """No principal, or one that no longer counts."""

    status = 401
    code = "unauthorized"


class InvalidCredentials(Unauthorized):
    """Client id, secret, e-mail or password do not match."""

    code = "invalid_credentials"


class Forbidden(FairwayError):
    """The principal is known and may not do this; ``details`` carries the decision's reason."""

    status = 403
    code = "forbidden"


class NotFound(FairwayError):
    """The thing does not exist, or the caller may not know that it does."""

    status = 404
    code = "not_found"


class Conflict(FairwayError):
    """It exists already, or its state forbids the change."""

    status = 409
    code = "conflict"


class HasDependents(Conflict):
    """Something still points here."""

    code = "has_dependents"


class Gone(FairwayError):
    """A route of an older API that is no longer served."""

    status = 410
    code = "gone"


class PayloadTooLarge(FairwayError):
    """The body is over its limit."""

    status = 413
    code = "payload_too_large"


class RateLimited(FairwayError):
    """Too many requests in the window."""

    status = 429
    code = "rate_limited"
    retriable = True


class NotImplementedYet(FairwayError):
    """An operation of the reference that Fairway does not offer."""

    status = 501
    code = "not_implemented"


class Unavailable(FairwayError):
    """A dependency (database, broker, identity provider) does not answer now."""

    status = 503
    code = "unavailable"
    retriable = True
