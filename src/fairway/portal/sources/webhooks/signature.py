"""Does a payload carry the signature that its webhook asks for? Over the raw bytes, in constant time (contract 9.3)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairway.kit.crypto import equal

_DIGESTS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}


@dataclass(frozen=True, slots=True)
class Verdict:
    """``reason`` says why the payload is refused, for people."""

    checked: bool
    valid: bool
    reason: str | None = None

    def shown(self) -> dict[str, Any]:
        """As records and previews show it."""
        return {"checked": self.checked, "valid": self.valid, "reason": self.reason}


def verify(security: Mapping[str, Any], headers: Mapping[str, str], body: bytes) -> Verdict:
    """Without a secret nothing is checked and everything is valid."""
    secret = security.get("secret")
    if not secret:
        return Verdict(checked=False, valid=True)
    name = str(security.get("signatureHeaderName") or "").lower()
    given = headers.get(name)
    if given is None:
        return Verdict(True, False, f'The request has no header "{name}" with a signature')
    prefix = security.get("signaturePrefix") or ""
    if not given.startswith(prefix):
        return Verdict(True, False, f'The value of header "{name}" does not start with "{prefix}"')
    algorithm = security.get("signatureAlgorithm") or "plain"
    expected, signature = _expected(algorithm, secret, body), given[len(prefix) :]
    if equal(expected, signature if algorithm == "plain" else signature.lower()):
        return Verdict(True, True)
    return Verdict(True, False, f'The {algorithm} signature in header "{name}" does not match the payload')


def _expected(algorithm: str, secret: str, body: bytes) -> str:
    if algorithm == "plain":
        return secret
    return hmac.new(secret.encode(), body, _DIGESTS[algorithm]).hexdigest()
