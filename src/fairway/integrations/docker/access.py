"""How the engine is reached."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fairway.integration.http import ClientTls
from fairway.kit.errors import InvalidRequest

_FILES = ("ca.pem", "cert.pem", "key.pem")


def address_of(config: Any) -> tuple[str, ClientTls | None]:
    """The address and certificates that the settings mean.

    Raises:
        InvalidRequest: the address is of no kind that is understood.
    """
    given, tls = str(config.docker_host).strip().rstrip("/"), _tls(config)
    scheme, _, rest = given.partition("://")
    if scheme == "tcp" and rest:
        return f"{'https' if tls is not None else 'http'}://{rest}", tls
    if scheme in ("unix", "http", "https") and rest:
        return given, tls if scheme == "https" else None
    raise InvalidRequest(
        f'`dockerHost` is "{given[:200]}"; it must be unix:///var/run/docker.sock, tcp://HOST:PORT or https://HOST:PORT.'
        " Over ssh, forward the socket first"
    )


def _tls(config: Any) -> ClientTls | None:
    """A folder as of ``DOCKER_CERT_PATH``, or the texts."""
    if config.certificates_folder:
        folder = Path(config.certificates_folder).expanduser()
        missing = [name for name in _FILES if not (folder / name).is_file()]
        if missing:
            raise InvalidRequest(f'The folder "{folder}" of `certificatesFolder` lacks {", ".join(missing)}')
        return ClientTls(ca_file=folder / "ca.pem", certificate_file=folder / "cert.pem", key_file=folder / "key.pem")
    key = config.client_key.get_secret_value() if config.client_key is not None else None
    found = ClientTls(ca=config.ca_certificate, certificate=config.client_certificate, key=key)
    return None if found == ClientTls() else found
