"""Types of setting values."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field

_DURATION = re.compile(r"(\d+)\s*([mhd]?)", re.IGNORECASE)
_MINUTES = {"": 1, "m": 1, "h": 60, "d": 24 * 60}


def minutes(value: Any) -> Any:
    """``15``, ``"15m"``, ``"1h"`` as minutes."""
    if isinstance(value, str):
        match = _DURATION.fullmatch(value.strip())
        if match is None:
            raise ValueError("must be a number of minutes, or such as 30m or 2h")
        return int(match[1]) * _MINUTES[match[2].lower()]
    return value


def url(value: Any) -> Any:
    """An absolute URL without slashes at its end."""
    if not isinstance(value, str):
        return value
    text = value.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        sound = bool(parts.scheme and parts.hostname) and not re.search(r"\s", text) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise ValueError("must be an absolute URL, such as https://host.example")
    return text


def json_text(value: Any) -> Any:
    """Text that is JSON as its value: so do variables carry lists and objects."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def listed(value: Any) -> Any:
    """A list, as JSON or comma-separated."""
    value = json_text(value)
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Minutes = Annotated[int, BeforeValidator(minutes), Field(ge=1)]
Url = Annotated[str, BeforeValidator(url)]
OptionalUrl = Annotated[str | None, BeforeValidator(url)]
Listed = Annotated[tuple[str, ...], BeforeValidator(listed)]
