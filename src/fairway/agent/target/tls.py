"""TLS towards targets: authorities, client certificates, and profiles for single targets."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yarl import URL

from fairway.agent.target.allowlist import UrlPattern
from fairway.kit.errors import InvalidRequest

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
_KEYS = {"targets", "caFile", "certFile", "keyFile", "keyPassword", "verify"}


@dataclass(frozen=True, slots=True)
class TlsProfile:
    """How to speak TLS with some targets."""

    targets: tuple[str, ...] = ()
    """URL patterns that it is for; a mapping may also name the profile."""
    ca_file: str = ""
    """Authorities besides those of the environment: a PEM file, or a folder of hashed ones."""
    cert_file: str = ""
    key_file: str = ""
    """Empty: in the certificate's file."""
    key_password: str = ""
    verify: bool = True

    @property
    def files(self) -> tuple[str, ...]:
        """What it is read from."""
        return tuple(filter(None, (self.ca_file, self.cert_file, self.key_file)))


def load_profiles(path: Path, environment: Mapping[str, str]) -> dict[str, TlsProfile]:
    """Profiles by name: ``{"name": {"targets": [...], "caFile", "certFile", "keyFile", "keyPassword", "verify"}}``.
    A ``keyPassword`` of ``env.NAME`` is read from the environment.

    Raises:
        InvalidRequest: the file cannot be read, or is wrong.
    """
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidRequest(f'The TLS profiles in "{path}" cannot be read: {error}') from None
    if not isinstance(document, dict):
        raise InvalidRequest(f'The TLS profiles in "{path}" have to be an object of profiles by name')
    return {name: _profile(name, item, environment) for name, item in document.items()}


def _profile(name: str, item: Any, environment: Mapping[str, str]) -> TlsProfile:
    unknown = sorted(set(item) - _KEYS) if isinstance(item, dict) else ["(no object)"]
    if unknown:
        raise InvalidRequest(f'TLS profile "{name}" has unknown keys: {", ".join(unknown)}')
    texts = {key: item.get(key, "") for key in ("caFile", "certFile", "keyFile", "keyPassword")}
    targets, verify = item.get("targets", []), item.get("verify", True)
    right = all(isinstance(text, str) for text in texts.values()) and isinstance(verify, bool)
    if not right or not isinstance(targets, list) or not all(isinstance(each, str) for each in targets):
        raise InvalidRequest(f'TLS profile "{name}": targets is a list of texts, verify true or false, the rest texts')
    password = texts["keyPassword"]
    if password.startswith("env."):
        password = environment.get(password[4:], "")
    return TlsProfile(tuple(targets), texts["caFile"], texts["certFile"], texts["keyFile"], password, verify)


class TlsStore:
    """Contexts by profile; a context is made anew when one of its files changes, so that certificates can rotate.

    Raises:
        InvalidRequest: a file cannot be used.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        default: TlsProfile | None = None,
        profiles: Mapping[str, TlsProfile] | None = None,
    ) -> None:
        self._authorities = next((environment[name] for name in _BUNDLES if environment.get(name)), "")
        self._profiles = {**(profiles or {}), "": default or TlsProfile()}
        self._patterns = [
            (UrlPattern(text), name) for name, profile in self._profiles.items() for text in profile.targets
        ]
        self._contexts: dict[str, tuple[tuple[int, ...], ssl.SSLContext]] = {}
        for name in self._profiles:
            self._context(name)

    @property
    def names(self) -> Sequence[str]:
        """Profiles that mappings may name."""
        return [name for name in self._profiles if name]

    def context(self, url: URL, name: str = "") -> ssl.SSLContext:
        """The context for ``url``: of the named profile, else of the first whose pattern covers it.

        Raises:
            InvalidRequest: there is no such profile, or its files cannot be used any more.
        """
        if name and name not in self._profiles:
            raise InvalidRequest(f'There is no TLS profile "{name}"')
        return self._context(name or next((each for pattern, each in self._patterns if pattern.matches(url)), ""))

    def _context(self, name: str) -> ssl.SSLContext:
        profile = self._profiles[name]
        stamp = tuple(_stamp(path) for path in (*profile.files, *filter(None, [self._authorities])))
        kept = self._contexts.get(name)
        if kept is None or kept[0] != stamp:
            kept = (stamp, _build(profile, self._authorities, name))
            self._contexts[name] = kept
        return kept[1]


def _build(profile: TlsProfile, authorities: str, name: str) -> ssl.SSLContext:
    where = f'TLS profile "{name}"' if name else "TLS to targets"
    try:
        # authorities of the environment replace the system's, as they do for the usual tools
        context = ssl.create_default_context(cafile=_file(authorities), capath=_folder(authorities))
        if profile.ca_file:
            context.load_verify_locations(_file(profile.ca_file), _folder(profile.ca_file))
        if profile.cert_file:
            context.load_cert_chain(profile.cert_file, profile.key_file or None, profile.key_password or "")
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        files = ", ".join(f'"{path}"' for path in filter(None, (authorities, *profile.files)))
        raise InvalidRequest(f"{where}: {files} cannot be used: {error}") from None
    if not profile.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _folder(path: str) -> str | None:
    return path if path and Path(path).is_dir() else None


def _file(path: str) -> str | None:
    return path if path and not Path(path).is_dir() else None


def _stamp(path: str) -> int:
    try:
        return Path(path).stat().st_mtime_ns
    except OSError:
        return 0
