"""Which addresses the agent connects to: private ones are its purpose, metadata services are not."""

from __future__ import annotations

from fairway.kit.http import DestinationPolicy


class TargetPolicy:
    """The portal's policy on addresses, with a switch for link-local ones."""

    def __init__(self, *, private_networks: bool = True, link_local: bool = False) -> None:
        self._policy = DestinationPolicy(private_networks=private_networks)
        self._private_networks = private_networks
        self._link_local = link_local

    def refusal(self, host: str) -> str | None:
        """Why a numeric address is refused, none when it is allowed."""
        reason = self._policy.refusal(host)
        if reason is None:
            return None
        if "link-local" in reason:
            return None if self._link_local else f"{reason} (FAIRWAY_AGENT_ALLOW_LINK_LOCAL)"
        return reason if "turned off" not in reason else "private networks are turned off for this agent"
