"""Whether an event comes from the forge: over the raw bytes, before anything is parsed. Section 5.2 of the contract."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from fairway.gitops.forges.base import ForgeKind
from fairway.kit.crypto import equal
from fairway.kit.errors import PayloadTooLarge, Unauthorized

MAX_BODY = 25 * 1024 * 1024
"""Longest event; GitHub's own limit."""
_TOLERANCE_SECONDS = 300
_STANDARD_PREFIX = "whsec_"
_MOST_SIGNATURES = 8

Headers = Mapping[str, str]


def authenticate(kind: ForgeKind, headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> None:
    """Returns when the event is authentic. Any of ``secrets`` is enough, so that they can be changed without a gap;
    without any nothing is authentic.

    Raises:
        PayloadTooLarge: the body is over :data:`MAX_BODY`.
        Unauthorized: it is not authentic; the message does not say how close it was.
    """
    if len(body) > MAX_BODY:
        raise PayloadTooLarge(f"The event holds more than {MAX_BODY} bytes")
    known = [secret for secret in secrets if secret]
    if not known:
        raise Unauthorized("The source has no secret for events, so it accepts none")
    found = {name.lower(): value for name, value in headers.items()}
    if not _CHECKS[kind](found, body, known, now):
        raise Unauthorized("The event's signature or token is missing or wrong")


def git_signature(secret: str, timestamp: str, body: bytes) -> str:
    """``X-Portal-Signature-256`` of a post-receive hook: over ``<X-Portal-Timestamp>.<body>``."""
    return "sha256=" + _hex(secret, timestamp.encode() + b"." + body)


def _bitbucket(headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> bool:
    """A signature counts when there is one; otherwise the hook's own user name and password, or the password alone."""
    given = headers.get("x-hub-signature")
    if given is not None:
        return _signed(given, "sha256=", body, secrets)
    scheme, _, text = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        pair = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    password = pair.partition(b":")[2]
    return _any([equal(each, secret) for secret in secrets for each in (pair, password)])


def _github(headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> bool:
    return _signed(headers.get("x-hub-signature-256"), "sha256=", body, secrets)


def _gitlab(headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> bool:
    """A signature counts when there is one, so that nobody gets around it by leaving it wrong and the token right."""
    if "webhook-signature" in headers:
        return _standard(headers, body, secrets, now)
    given = headers.get("x-gitlab-token")
    return given is not None and _any([equal(_bytes(given), secret) for secret in secrets])


def _standard(headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> bool:
    identifier, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not identifier or not _recent(stamp, now):
        return False
    signed = _bytes(identifier) + b"." + stamp.encode() + b"." + body
    given = headers["webhook-signature"].split()[:_MOST_SIGNATURES]
    wanted = [base64.b64encode(hmac.digest(_key(secret), signed, "sha256")) for secret in secrets]
    return _any([equal(_bytes(each), b"v1," + right) for each in given for right in wanted])


def _key(secret: str) -> bytes:
    """The bytes of a secret; those with the standard's prefix are base64."""
    if secret.startswith(_STANDARD_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_STANDARD_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            pass  # a secret that only begins like one
    return secret.encode()


def _gitea(headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> bool:
    own = headers.get("x-gitea-signature", headers.get("x-forgejo-signature"))
    if own is not None:
        return _signed(own, "", body, secrets)
    return _github(headers, body, secrets, now)


def _git(headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> bool:
    given, stamp = headers.get("x-portal-signature-256"), headers.get("x-portal-timestamp", "")
    if given is None or not _recent(stamp, now):
        return False
    return _signed(given, "sha256=", stamp.encode() + b"." + body, secrets)


_CHECKS = {
    ForgeKind.BITBUCKET_SERVER: _bitbucket,
    ForgeKind.GITHUB: _github,
    ForgeKind.GITLAB: _gitlab,
    ForgeKind.GITEA: _gitea,
    ForgeKind.GIT: _git,
}


def _signed(given: str | None, prefix: str, body: bytes, secrets: Sequence[str]) -> bool:
    if given is None:
        return False
    return _any([equal(_bytes(given), prefix + _hex(secret, body)) for secret in secrets])


def _any(matches: Iterable[bool]) -> bool:
    """Whether one is true. Callers pass lists, so that each secret was compared whichever fits."""
    return any(matches)


def _recent(stamp: str, now: datetime) -> bool:
    plain = stamp.isascii() and stamp.isdigit() and len(stamp) <= 12
    return plain and abs(now.timestamp() - int(stamp)) <= _TOLERANCE_SECONDS


def _hex(secret: str, body: bytes) -> str:
    return hmac.digest(secret.encode(), body, "sha256").hex()


def _bytes(text: str) -> bytes:
    """A header's value as it came, whatever bytes it had."""
    return text.encode(errors="surrogateescape")
