"""The portal as an integration uses it: registration, defaults, entities and reports (contract section 5)."""

from fairway.integration.portal_api.api import PortalApi
from fairway.integration.portal_api.defaults import Defaults, DefaultsFailed
from fairway.integration.portal_api.entities import Failure, Listed, Written
from fairway.integration.portal_api.installation import Installation, Registration

__all__ = ["Defaults", "DefaultsFailed", "Failure", "Installation", "Listed", "PortalApi", "Registration", "Written"]
