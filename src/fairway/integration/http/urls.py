"""Addresses of third parties: how they are put together, and how they are shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from yarl import URL

from fairway.kit.errors import InvalidRequest
from fairway.kit.http import parse_url

Scalar = str | int | float | bool | None
Params = Mapping[str, Scalar | Sequence[Scalar]] | Sequence[tuple[str, Scalar]]
_PLAIN = re.compile(r"[!-~]+")
"""What needs no quoting and goes out as it was written."""
_SHOWN = frozenset({"page", "per_page", "limit", "offset", "size", "start", "startat", "maxresults", "pagelen"})
"""Parameters that tell pages apart; all others may be secrets."""


def base_of(text: str) -> URL:
    """An address in front of paths, without the slash at its end.

    Raises:
        InvalidRequest: it is no http or https URL, or holds credentials.
    """
    base = parse_url(text.strip().rstrip("/"))
    if base.user is not None or base.password is not None:
        raise InvalidRequest(f'The address of "{base.host}" must not hold credentials; they have settings of their own')
    return base


def joined(base: URL | None, path_or_url: str, params: Params | None) -> URL:
    """A whole URL as it is, a path below ``base``; with ``params`` behind.

    Raises:
        InvalidRequest: a path without a base, or no http or https URL.
    """
    if "://" in path_or_url.partition("?")[0]:
        text = path_or_url
    elif base is None:
        raise InvalidRequest(f'"{path_or_url}" is no whole URL, and the client has no base URL to put in front')
    else:
        text = str(base).rstrip("/") + "/" + path_or_url.lstrip("/")
    query = encoded(params)
    if query:
        text += ("&" if "?" in text else "?") + query
    url = parse_url(text)
    return URL(text, encoded=True) if _PLAIN.fullmatch(text) else url


def encoded(params: Params | None) -> str:
    """Parameters as a query; those that are none are left out, and lists repeat their name."""
    pairs: list[tuple[str, str]] = []
    for name, value in params.items() if isinstance(params, Mapping) else params or ():
        values = value if isinstance(value, list | tuple) else [value]
        pairs.extend((name, _text(each)) for each in values if each is not None)
    return urlencode(pairs)


def shown(url: URL) -> str:
    """Enough to find the request again: no user, no password, no parameters but those of pages."""
    pages = [(name, value) for name, value in url.query.items() if name.lower() in _SHOWN]
    plain = str(url.with_user(None).with_password(None).with_query(None).with_fragment(None)) if url.host else ""
    return plain + ("?" + urlencode(pages) if pages else "")


def _text(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
