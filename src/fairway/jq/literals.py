"""Programs that are nothing but a text, as mappings name blueprints."""

from __future__ import annotations

import json


def literal(program: str) -> str | None:
    """The text that a program stands for, in double quotes or in the single ones of mappings; ``None`` for others."""
    text = program.strip()
    if len(text) > 1 and text[0] == text[-1] == "'" and '"' not in text:
        text = f'"{text[1:-1]}"'
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, str) else None
