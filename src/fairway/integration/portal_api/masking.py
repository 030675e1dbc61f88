"""Secrets leave neither in examples nor in logs: whole values are hidden, known ones and what looks like one (14.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

HIDDEN = "[REDACTED]"
_SHORTEST = 8
"""A shorter setting would hide words that merely contain it (section 14.5)."""
_DEEPEST = 64
_PATTERNS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bAIza[0-9A-Za-z_-]{35}"
    r"|\bgh[pousr]_[0-9A-Za-z]{36,}"
    r"|\bgithub_pat_[0-9A-Za-z_]{50,}"
    r"|\bglpat-[0-9A-Za-z_-]{20,}"
    r"|\bxox[abeoprs]-[0-9A-Za-z-]{10,}"
    r"|\bsk_live_[0-9A-Za-z]{16,}"
    r"|\beyJ[0-9A-Za-z_-]{8,}\.eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]+"
    r"|(?<=://)[^/\s:@]{1,256}:[^/\s@]{1,256}(?=@)",
    re.DOTALL,
)


class Masking:
    """``secrets`` are values of settings."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({each for each in secrets if len(each) >= _SHORTEST}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def text(self, value: str) -> str:
        """``value`` without secrets."""
        if self._known is not None:
            value = self._known.sub(HIDDEN, value)
        return _PATTERNS.sub(HIDDEN, value)

    def clean(self, value: Any, depth: int = 0) -> Any:
        """A copy of JSON without secrets; what is nested too deep is left out."""
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        if depth >= _DEEPEST:
            return None
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.clean(inner, depth + 1) for key, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.clean(inner, depth + 1) for inner in value]
        return self.text(str(value))
