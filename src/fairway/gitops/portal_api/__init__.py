"""The catalog over a portal's public API."""

from fairway.gitops.portal_api.catalog import USER_AGENT, PortalCatalog

__all__ = ["USER_AGENT", "PortalCatalog"]
