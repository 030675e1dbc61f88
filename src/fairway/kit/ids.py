"""Random identifiers."""

from __future__ import annotations

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits
# Four bytes of every letter; the eight bytes left over are dropped, so that every letter is equally likely.
_LETTERS = (_ALPHABET * 4).encode() + b"." * 8
_SPARE = bytes(range(248, 256))


def random_id(prefix: str = "", length: int = 16) -> str:
    """``prefix`` and ``length`` random letters and digits; 16 of them carry 95 bits."""
    letters = b""
    while len(letters) < length:
        letters += secrets.token_bytes(length + 8).translate(_LETTERS, _SPARE)
    return prefix + letters[:length].decode()
