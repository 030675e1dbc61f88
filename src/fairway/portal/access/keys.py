"""Keys derived from the installation's secret key, one per purpose."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import jwt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_ALGORITHM = "HS256"


class Keys:
    """What access signs and hashes with."""

    def __init__(self, secret_key: bytes) -> None:
        self._secret_key = secret_key
        self._credential = self._derive("credential")
        self._csrf = self._derive("csrf")
        self.access_tokens = Signer(self._derive("access token"))
        self.links = Signer(self._derive("one-time link"))

    def hash_secret(self, secret: str) -> str:
        """Keyed hash of a client secret. Slow hashes are for passwords that people choose: these have 64 random
        characters, and a token call should not cost 50 ms of CPU."""
        return hmac.new(self._credential, secret.encode(), hashlib.sha256).hexdigest()

    def csrf_token(self, session_token: str) -> str:
        """The token that a page of this session sends along with every change."""
        return hmac.new(self._csrf, session_token.encode(), hashlib.sha256).hexdigest()

    def _derive(self, purpose: str) -> bytes:
        info = f"fairway {purpose}".encode()
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(self._secret_key)


class Signer:
    """Signs and reads JWTs (HS256) of one purpose."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, claims: dict[str, Any]) -> str:
        """Equal claims give an equal token."""
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def read(self, token: str) -> dict[str, Any] | None:
        """The claims, none when the signature is not ours. The caller compares ``exp`` with its own clock."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False},
            )
        except jwt.PyJWTError:
            return None
        return claims


def hash_session(token: str) -> str:
    """How a session is stored."""
    return hashlib.sha256(token.encode()).hexdigest()
