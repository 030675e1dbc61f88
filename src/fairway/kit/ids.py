"""Random identifiers."""

from __future__ import annotations

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits


def random_id(prefix: str = "", length: int = 16) -> str:
    """``prefix`` and ``length`` random letters and digits; 16 of them carry 95 bits."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(length))
