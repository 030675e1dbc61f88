"""What goes wrong with third parties.

::

    ThirdPartyError              what was asked of whom is in the message, without secrets
    +-- ThirdPartyUnavailable    no answer, or only overload, after all attempts      (retriable)
    |   +-- ThirdPartyLimited    the rate limit ends later than anybody waits for     (retriable)
    +-- ThirdPartyRefused        401 or 403: the credentials, or what they may do
    +-- ThirdPartyMissing        404 or 410
    +-- ThirdPartyRejected       another 4xx
    +-- ThirdPartyBroken         an answer that makes no sense: no JSON, endless pages
"""

from __future__ import annotations

from typing import ClassVar

from fairway.kit.errors import FairwayError


class ThirdPartyError(FairwayError):
    """``url`` is safe to show; ``answered`` is the status, if there was an answer."""

    status = 502
    code = "third_party_error"

    def __init__(self, message: str, *, url: str = "", answered: int | None = None, cause: str | None = None) -> None:
        super().__init__(message, cause=cause)
        self.url = url
        self.answered = answered


class ThirdPartyUnavailable(ThirdPartyError):
    """It may work later."""

    status = 503
    code = "third_party_unavailable"
    retriable: ClassVar[bool] = True


class ThirdPartyLimited(ThirdPartyUnavailable):
    """Too many requests; ``seconds`` is when it may work again."""

    code = "third_party_limited"

    def __init__(self, message: str, *, url: str, seconds: float) -> None:
        super().__init__(message, url=url, answered=429)
        self.seconds = seconds


class ThirdPartyRefused(ThirdPartyError):
    """The credentials are bad (401), or may not do this (403)."""

    code = "third_party_refused"


class ThirdPartyMissing(ThirdPartyError):
    """What was asked for is not there."""

    code = "third_party_missing"


class ThirdPartyRejected(ThirdPartyError):
    """The request is wrong."""

    code = "third_party_rejected"


class ThirdPartyBroken(ThirdPartyError):
    """The answer cannot be used."""

    code = "third_party_broken"
