"""Search objects in a webhook's mapping: their values are jq, their other words may be written bare or quoted.

In mappings of integrations every leaf is a program (``combinator: '"and"'``); in webhooks people also write
``combinator: and``. Both mean the same here.
"""

from __future__ import annotations

import json
import re
from typing import Any

_WORDS = ("combinator", "property", "operator")
_BARE = re.compile(r"\$?[A-Za-z0-9@_=-]+|=|!=|<=?|>=?")


def is_search(value: Any) -> bool:
    """Is this a search object?"""
    return isinstance(value, dict) and "rules" in value


def as_programs(value: Any) -> Any:
    """The object with every bare word made a program that gives it."""
    if isinstance(value, list):
        return [as_programs(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _word(item) if key in _WORDS else as_programs(item) if key == "rules" else item
        for key, item in value.items()
    }


def _word(value: Any) -> Any:
    bare = isinstance(value, str) and _BARE.fullmatch(value.strip())
    return json.dumps(value.strip()) if bare else value
