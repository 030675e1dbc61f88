"""Which template expressions see secrets.

Whatever an expression makes of a secret is a secret: in lower case, cut, encoded, or as the answer to a comparison.
So an expression that can look at ``.secrets`` is masked as a whole in what is stored and shown, and any other one is
evaluated without secrets at hand, so that nothing of them can come out of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fairway.jq.template_text import Expression, parse, whole
from fairway.portal.actions.definition.secrets import sees_secrets

_SPREAD = "spreadValue()"

__all__ = ["sees_secrets", "spread_programs"]


def spread_programs(value: Any) -> Iterator[str]:
    """The expressions whose result is merged into the object they stand in."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(item, str) and _only(key) == _SPREAD and (program := _only(item)) is not None:
                yield program
            yield from spread_programs(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from spread_programs(item)


def _only(text: str) -> str | None:
    found: Expression | None = whole(parse(text)) if "{{" in text else None
    return None if found is None else found.text
