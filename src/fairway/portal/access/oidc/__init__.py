"""Single sign-on through an OpenID Connect provider: authorization code flow with PKCE, state and nonce."""

from fairway.portal.access.oidc.service import OidcService

__all__ = ["OidcService"]
