"""URLs that the agent may call: patterns such as ``https://*.internal:8443/hooks/*``.

Scheme, host, port and path are compared each by itself, after parsing, so that ``http://allowed@evil`` is a URL of
``evil``. In a host ``*`` stands for any characters, dots included; a pattern without a port means the scheme's own, and
``:*`` any; without a path it means every path.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import translate
from urllib.parse import unquote

from yarl import URL

from fairway.kit.errors import InvalidRequest

_PATTERN = re.compile(r"(?P<scheme>https?|\*)://(?P<host>\[[^\]/]+\]|[^/:@\[\]]+)(?::(?P<port>\d+|\*))?(?P<path>/.*)?")
_PORTS = {"http": 80, "https": 443}


class Allowlist:
    """What one of the patterns matches is allowed; without patterns everything is.

    Raises:
        InvalidRequest: a pattern is none.
    """

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        self._patterns = [UrlPattern(text) for text in patterns]

    def refusal(self, url: URL) -> str | None:
        """Why ``url`` is not allowed, none when it is."""
        if not self._patterns or any(pattern.matches(url) for pattern in self._patterns):
            return None
        return "no pattern of FAIRWAY_AGENT_ALLOWED_URLS allows it"


class UrlPattern:
    """One pattern."""

    def __init__(self, text: str) -> None:
        found = _PATTERN.fullmatch(text.strip())
        if found is None:
            raise InvalidRequest(f'"{text}" is no URL pattern; scheme://host[:port][/path] with * is')
        self._scheme, self._port = found["scheme"], found["port"]
        self._host = re.compile(translate(found["host"].strip("[]").lower()))
        self._path = re.compile(translate(found["path"] or "/*"))

    def matches(self, url: URL) -> bool:
        """Whether the pattern covers ``url``; a path that climbs (``..``) is covered by none."""
        if self._scheme not in ("*", url.scheme) or not self._host.match((url.host or "").lower()):
            return False
        expected = self._port or str(_PORTS.get(url.scheme, ""))
        if expected not in ("*", str(url.port)):
            return False
        path = unquote(url.path)
        return ".." not in re.split(r"[/\\]", path) and self._path.match(path or "/") is not None
