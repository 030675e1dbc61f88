"""Proxies from the environment, as the usual tools read it: ``HTTPS_PROXY``, ``ALL_PROXY``, ``NO_PROXY`` and their
lower-case forms, which win. Nothing is read from netrc files."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from yarl import URL

from fairway.kit.errors import InvalidRequest

_SCHEMES = ("http", "https")


class Proxies:
    """Which proxy a URL is reached through.

    Raises:
        InvalidRequest: a proxy's URL cannot be used.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        every = _read(environment, "all_proxy")
        self._proxies = {scheme: _proxy(_read(environment, f"{scheme}_proxy") or every) for scheme in _SCHEMES}
        exceptions = (part.strip().lower() for part in _read(environment, "no_proxy").split(","))
        self._exceptions = [part for part in exceptions if part]

    def for_url(self, url: URL) -> URL | None:
        """The proxy, none for a direct connection."""
        proxy = self._proxies.get(url.scheme)
        return None if proxy is None or self._excepted(url) else proxy

    def _excepted(self, url: URL) -> bool:
        host = (url.host or "").lower().rstrip(".")
        return any(_covers(rule, host, url.port) for rule in self._exceptions)


def _covers(rule: str, host: str, port: int | None) -> bool:
    if rule == "*":
        return True
    if _in_network(rule, host):
        return True
    name, colon, wanted = rule.rpartition(":")
    if colon and wanted.isdigit() and (":" not in name or name.startswith("[")):
        if int(wanted) != port:
            return False
        rule = name
    rule = rule.removeprefix("*").lstrip(".").strip("[]")
    return host == rule or host.endswith("." + rule)


def _in_network(rule: str, host: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(rule.strip("[]"), strict=False)
    except ValueError:
        return False


def _read(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name) or environment.get(name.upper()) or ""


def _proxy(text: str) -> URL | None:
    if not text:
        return None
    try:
        url = URL(text if "://" in text else f"http://{text}")
        usable = url.scheme in _SCHEMES and bool(url.host)
    except ValueError:
        usable = False
    if not usable:
        # the text may hold a password, so it is not shown
        raise InvalidRequest("A proxy of the environment is no http or https URL; SOCKS proxies are not supported")
    return url
