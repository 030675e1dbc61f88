"""Requests to services in the agent's network."""

from fairway.agent.target.allowlist import Allowlist
from fairway.agent.target.client import Delivery, Request, TargetClient, TargetFailed, TargetSettings
from fairway.agent.target.policy import TargetPolicy
from fairway.agent.target.retry import Retry
from fairway.agent.target.tls import TlsProfile, TlsStore, load_profiles

__all__ = [
    "Allowlist",
    "Delivery",
    "Request",
    "Retry",
    "TargetClient",
    "TargetFailed",
    "TargetPolicy",
    "TargetSettings",
    "TlsProfile",
    "TlsStore",
    "load_profiles",
]
