"""How certificates of servers are checked."""

from __future__ import annotations

import ssl
from pathlib import Path

from fairway.kit.errors import InvalidRequest


def trust(ca_file: Path | None = None, *, verify: bool = True, strict: bool | None = None) -> ssl.SSLContext | bool:
    """What to give to aiohttp as ``ssl``; ``True`` is its own default.

    Args:
        ca_file: certificate authorities to trust beside those of the system.
        verify: false: any certificate is good.
        strict: whether authorities must keep to RFC 5280 to the letter, which those of TLS-inspecting proxies often do
            not; None: as the interpreter does.

    Raises:
        InvalidRequest: the file is no bundle of certificates.
    """
    if not verify:
        return False
    if ca_file is None and strict is None:
        return True
    try:
        context = ssl.create_default_context()
        if ca_file is not None:
            context.load_verify_locations(ca_file)
    except (OSError, ssl.SSLError) as error:
        raise InvalidRequest(f'"{ca_file}" cannot be used as a bundle of certificate authorities: {error}') from None
    if strict is not None:
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if strict:
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context
