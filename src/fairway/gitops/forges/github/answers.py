"""What GitHub's refusals mean, over REST and over GraphQL. Section 4.2 of the contract."""

from __future__ import annotations

from typing import Any

import orjson

from fairway.gitops.forges.answers import HttpAnswer, Verdict, says_limit

_PERMISSIONS = (
    b"not accessible by",
    b"must have",
    b"saml",
    b"permission",
    b"access blocked",
    b"protected by organization",
    b"ip allow list",
    b"access denied",
    b"write access to repository",
)
"""Words of refusals that come after a good login."""
_LOOKED_AT = 2048
_RATE_LIMITED = b"RATE_LIMIT"


def judge(answer: HttpAnswer) -> Verdict:
    """A limit arrives as 403 or 429; a missing permission as 403, too."""
    if answer.status == 429:
        return Verdict.LIMITED
    if answer.status == 401:
        return Verdict.REFUSED
    if answer.status != 403:
        return Verdict.FINE
    if says_limit(answer):
        return Verdict.LIMITED
    text = answer.body[:_LOOKED_AT].lower()
    return Verdict.NOT_PERMITTED if any(word in text for word in _PERMISSIONS) else Verdict.REFUSED


def judge_graphql(answer: HttpAnswer) -> Verdict:
    """A limit arrives even as 200 with an error."""
    if answer.status != 200 or _RATE_LIMITED not in answer.body:
        return judge(answer)
    try:
        body = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return Verdict.FINE
    limited = any(each.startswith("RATE_LIMIT") for each in error_types(body))
    return Verdict.LIMITED if limited else Verdict.FINE


def error_types(body: Any) -> list[str]:
    """``type`` of each error of a GraphQL answer."""
    errors = body.get("errors") if isinstance(body, dict) else None
    found = [each.get("type") for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    return [str(each) for each in found]
