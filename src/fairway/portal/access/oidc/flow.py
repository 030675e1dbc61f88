"""What a login remembers between leaving for the provider and coming back, sealed in a cookie."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from fairway.kit.crypto import SecretBox
from fairway.kit.errors import FairwayError
from fairway.kit.jsonio import dumps_text, loads

LIFETIME_SECONDS = 600
_CONTEXT = "oidc login"
_LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x1f]*")


@dataclass(frozen=True, slots=True)
class Pending:
    """A login under way."""

    state: str
    nonce: str
    verifier: str
    target: str
    """Path to show afterwards."""
    expires_at: float

    @classmethod
    def begin(cls, target: str, now: float) -> Pending:
        """Fresh random values. A target outside this portal becomes its front page."""
        local = target if _LOCAL_PATH.fullmatch(target) else "/"
        state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
        return cls(state, nonce, verifier, local, now + LIFETIME_SECONDS)

    def seal(self, box: SecretBox) -> str:
        """The cookie's value."""
        values = [self.state, self.nonce, self.verifier, self.target, self.expires_at]
        return base64.urlsafe_b64encode(box.seal(dumps_text(values), _CONTEXT).encode()).decode()

    @classmethod
    def open(cls, cookie: str, box: SecretBox) -> Pending | None:
        """From the cookie's value; none when it is not ours."""
        try:
            return cls(*loads(box.open(base64.urlsafe_b64decode(cookie).decode(), _CONTEXT)))
        except (FairwayError, ValueError):
            return None

    def location(self, endpoint: str, client_id: str, redirect_uri: str, scopes: str) -> str:
        """Where the browser goes to sign in."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": redirect_uri,
            "scope": scopes,
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"
