"""What expressions see as ``env``."""

from __future__ import annotations

from collections.abc import Mapping

HIDDEN = frozenset({"PORT_CLIENT_SECRET"})
"""With it anybody could act as the agent at the portal; a mapping has no use for it."""
_OURS = "FAIRWAY_AGENT_"


def expression_environment(environment: Mapping[str, str], *, expose_secret: bool = False) -> dict[str, str]:
    """The environment without the agent's own secret and settings of ours; ``expose_secret`` gives everything, as the
    original agent does."""
    if expose_secret:
        return dict(environment)
    return {name: value for name, value in environment.items() if name not in HIDDEN and not name.startswith(_OURS)}
