"""Which proxy a URL is reached through: ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``.

Lower-case names count too and win, as with other programs.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from yarl import URL


def proxy_for(url: str, environment: Mapping[str, str]) -> str | None:
    """The proxy's URL, none when the target is reached directly. A proxy without scheme speaks http."""
    target = URL(url)
    proxy = _value(environment, f"{target.scheme}_proxy") or _value(environment, "all_proxy")
    if not proxy or target.host is None or _exempt(target, _value(environment, "no_proxy")):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _value(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name) or environment.get(name.upper()) or ""


def _exempt(target: URL, no_proxy: str) -> bool:
    host = (target.host or "").lower()
    return any(_covers(entry.strip().lower(), host, target.port) for entry in no_proxy.split(",") if entry.strip())


def _covers(entry: str, host: str, port: int | None) -> bool:
    if entry == "*":
        return True
    if "/" in entry:
        return _in_network(entry, host)
    name, colon, wanted = entry.rpartition(":")
    if colon and wanted.isdigit() and ":" not in name:
        entry = name
        if int(wanted) != port:
            return False
    entry = entry.strip("[]").removeprefix("*").lstrip(".")
    return host == entry or host.endswith("." + entry)


def _in_network(entry: str, host: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
