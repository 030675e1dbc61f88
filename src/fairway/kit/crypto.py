"""Sealing of secrets at rest and signatures over bytes."""

from __future__ import annotations

import base64
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fairway.kit.errors import FairwayError

_NONCE = 12


class SecretBox:
    """Authenticated encryption (AES-256-GCM) under a key derived from the installation's secret key.

    ``context`` binds a sealed text to its place, so that one row's secret cannot be pasted into another.
    """

    def __init__(self, secret_key: bytes) -> None:
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"fairway secret box").derive(secret_key)
        self._cipher = AESGCM(key)

    def seal(self, plain: str, context: str) -> str:
        """Base64 text that only :meth:`open` with the same context can read."""
        nonce = secrets.token_bytes(_NONCE)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, plain.encode(), context.encode())).decode()

    def open(self, sealed: str, context: str) -> str:
        """The plain text.

        Raises:
            FairwayError: the text was sealed under another key or for another place.
        """
        raw = base64.b64decode(sealed)
        try:
            return self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], context.encode()).decode()
        except InvalidTag:
            raise FairwayError(
                "A stored secret cannot be decrypted; was FAIRWAY_SECRET_KEY changed?", cause=f"sealed for {context}"
            ) from None


def hmac_base64(key: str, message: bytes) -> str:
    """Base64 HMAC-SHA256: the signature of outgoing webhooks (contract 7.7)."""
    return base64.b64encode(hmac.digest(key.encode(), message, "sha256")).decode()


def equal(left: str | bytes, right: str | bytes) -> bool:
    """Comparison in constant time."""
    # Headers may hold bytes that are no text, which stand as surrogates.
    left_bytes = left.encode(errors="surrogatepass") if isinstance(left, str) else left
    right_bytes = right.encode(errors="surrogatepass") if isinstance(right, str) else right
    return hmac.compare_digest(left_bytes, right_bytes)
