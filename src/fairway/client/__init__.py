"""Asynchronous client of a portal's public API, ours or any that speaks the same contract."""

from fairway.client.api import PortalClient
from fairway.client.token import Credentials

__all__ = ["Credentials", "PortalClient"]
