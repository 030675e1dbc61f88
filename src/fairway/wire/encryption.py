"""Encrypted inputs on the wire (contract 6.4; agent contract 9): AES-256-GCM under the organisation's client secret."""

from __future__ import annotations

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fairway.kit.errors import InvalidRequest

_IV = 16
_TAG = 16
_KEY = 32


def encrypt_input(text: str, client_secret: str) -> str:
    """Base64 of IV (16 bytes), ciphertext and tag (16 bytes)."""
    iv = secrets.token_bytes(_IV)
    return base64.b64encode(iv + AESGCM(_key(client_secret)).encrypt(iv, text.encode(), None)).decode()


def decrypt_input(sealed: str, client_secret: str) -> str:
    """The text that :func:`encrypt_input` was given.

    Raises:
        InvalidRequest: it is no such text, or it was sealed under another secret.
    """
    try:
        raw = base64.b64decode(sealed, validate=True)
        if len(raw) < _IV + _TAG:
            raise InvalidRequest("The encrypted value is shorter than its initialisation vector and tag")
        return AESGCM(_key(client_secret)).decrypt(raw[:_IV], raw[_IV:], None).decode()
    except ValueError:  # of base64, of text that is not ASCII, of what was sealed
        raise InvalidRequest("The encrypted value is not base64 of a sealed text") from None
    except InvalidTag:
        raise InvalidRequest("The encrypted value was sealed under another client secret, or changed") from None


def _key(client_secret: str) -> bytes:
    key = client_secret.encode()[:_KEY]
    if len(key) < _KEY:
        raise InvalidRequest(f"A client secret of {len(key)} bytes cannot seal inputs; {_KEY} are needed")
    return key
