"""How the API server is reached, and as whom."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from fairway.integration.http import ClientTls, FileToken, ThirdPartyHttp
from fairway.kit.pacing import Lane


@dataclass(frozen=True, slots=True)
class Access:
    """One way in. ``name`` is what the place where it was found calls the cluster."""

    url: str
    name: str | None = None
    tls: ClientTls | None = None
    token: str | None = field(default=None, repr=False)
    token_file: Path | None = None
    basic: tuple[str, str] | None = field(default=None, repr=False)

    def open(self, http: ThirdPartyHttp, lane: Lane | None) -> ThirdPartyHttp:
        """A client of the API server."""
        token = _file_token(self.token_file) if self.token_file is not None and self.token is None else None
        headers: dict[str, str] = {}
        if self.token is not None:
            headers["authorization"] = f"Bearer {self.token}"
        elif self.basic is not None:
            headers["authorization"] = "Basic " + base64.b64encode(":".join(self.basic).encode()).decode()
        return http.view(self.url, headers=headers, token=token, lane=lane, tls=self.tls)


@lru_cache(maxsize=16)
def _file_token(path: Path) -> FileToken:
    """One reader of a file, so that limits and the token that was read are kept."""
    return FileToken(path)
