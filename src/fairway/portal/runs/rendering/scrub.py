"""Taking secret values out of texts that others wrote: answers of targets, error messages, inputs (contract 6.7)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "***"
SHORTEST = 4
"""Characters of the shortest secret that is looked for: shorter ones are everywhere by chance."""
_SHORTEST_LINE = 16
_SHORTEST_BASE64 = 5


class Scrubber:
    """Knows some secrets and removes them wherever they stand, as they are or in a usual encoding."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _spellings(secret)}
        self._forms = sorted(forms, key=lambda form: (-len(form), form))

    def text(self, text: str) -> str:
        """``text`` with every secret masked."""
        found = True
        while found:  # a mask may complete another secret; each round makes the text shorter
            found = False
            for form in self._forms:
                if form in text:
                    text, found = text.replace(form, MASK), True
        return text

    def value(self, value: Any) -> Any:
        """A JSON value with every string and key scrubbed; the value itself is left alone."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(key): self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        return value


def holds_mask(value: Any) -> bool:
    """Whether a string or key of a JSON value holds :data:`MASK`."""
    if isinstance(value, str):
        return MASK in value
    if isinstance(value, Mapping):
        return any(MASK in key or holds_mask(item) for key, item in value.items())
    return isinstance(value, list | tuple) and any(holds_mask(item) for item in value)


def _spellings(secret: str) -> Iterator[str]:
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    raw = secret.encode("utf-8", "surrogatepass")
    yield quote(raw, safe="")
    yield quote(raw)
    yield quote_plus(raw)
    yield raw.hex()
    yield from _base64(raw)
    yield from (line.strip() for line in secret.splitlines() if len(line.strip()) >= _SHORTEST_LINE)


def _base64(raw: bytes) -> Iterator[str]:
    """The characters that only the secret decides, at each of the three places it can begin: ``user:secret`` counts."""
    for offset, dropped in ((0, 0), (1, 2), (2, 3)):
        whole = (offset + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            core = encode(b"\0" * offset + raw).decode()[dropped:whole]
            if len(core) >= _SHORTEST_BASE64:
                yield core
