"""Opens encrypted inputs where a mapping names their paths (contract 9)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fairway.kit.errors import InvalidRequest
from fairway.wire.encryption import decrypt_input

_IV = 12
_TAG = 16
NODE_BODY = ("context", "nodeConfig", "body")
"""Where a node run's configured body stands in its message."""


class DecryptionFailed(InvalidRequest):
    """An input that a mapping wants opened cannot be; nothing is sent then, since a target would take the ciphertext
    for the value."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A message and a configured body with their secrets in the clear."""

    message: Mapping[str, Any]
    body: Any
    secrets: tuple[str, ...] = ()


class Opener:
    """Opens what was sealed under the client secret, or in the browser for ``private_key`` (PEM)."""

    def __init__(self, private_key: bytes | None = None, password: bytes | None = None) -> None:
        self._key = _rsa(private_key, password) if private_key else None

    def open(
        self, message: Mapping[str, Any], body: Any, paths: Sequence[tuple[str, ...]], client_secret: str, *, node: bool
    ) -> Opened:
        """The message with the values at ``paths`` opened, and the configured body with the same values.

        Raises:
            DecryptionFailed: a value is there and cannot be opened.
        """
        secrets: list[str] = []
        for path in paths:
            value = _get(message, path)
            if value is None:
                continue
            plain = self._plain(value, client_secret, ".".join(path))
            secrets.append(plain)
            message = _set(message, path, plain)
            inside = path[len(NODE_BODY) :] if node and path[: len(NODE_BODY)] == NODE_BODY else () if node else path
            if inside and _get(body, inside) == value:
                body = _set(body, inside, plain)
        return Opened(message, body, tuple(secrets))

    def _plain(self, value: Any, client_secret: str, path: str) -> str:
        if not isinstance(value, str):
            raise DecryptionFailed(f'"{path}" cannot be decrypted: it is {type(value).__name__}, not an encrypted text')
        try:
            return decrypt_input(value, client_secret)
        except InvalidRequest as error:
            opened = self._client_side(value)
            if opened is None:
                raise DecryptionFailed(f'"{path}" cannot be decrypted: {error.message}') from None
            return opened

    def _client_side(self, value: str) -> str | None:
        """``iv[12] || RSA-OAEP-SHA256 wrapped key || AES-256-GCM data and tag``; none when it is not that."""
        if self._key is None:
            return None
        wrapped = (self._key.key_size + 7) // 8
        try:
            raw = base64.b64decode(value, validate=True)
            if len(raw) < _IV + wrapped + _TAG:
                return None
            oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
            key = self._key.decrypt(raw[_IV : _IV + wrapped], oaep)
            return AESGCM(key).decrypt(raw[:_IV], raw[_IV + wrapped :], None).decode()
        except (binascii.Error, ValueError, InvalidTag):
            return None


def _rsa(pem: bytes, password: bytes | None) -> rsa.RSAPrivateKey:
    try:
        key = load_pem_private_key(pem, password)
    except (ValueError, TypeError) as error:
        raise InvalidRequest(f"The private key for encrypted inputs cannot be read: {error}") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise InvalidRequest("The private key for encrypted inputs has to be an RSA key in PEM form")
    return key


def _get(value: Any, path: Sequence[str]) -> Any:
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and _index(step, value) is not None:
            value = value[int(step)]
        else:
            return None
    return value


def _set(value: Any, path: Sequence[str], leaf: Any) -> Any:
    """``value`` with ``leaf`` at ``path``, which exists; only what lies on the path is copied."""
    if not path:
        return leaf
    step, rest = path[0], path[1:]
    if isinstance(value, Mapping):
        return {**value, step: _set(value[step], rest, leaf)}
    at = int(step)
    return [*value[:at], _set(value[at], rest, leaf), *value[at + 1 :]]


def _index(step: str, value: list[Any]) -> int | None:
    return int(step) if step.isascii() and step.isdigit() and int(step) < len(value) else None
