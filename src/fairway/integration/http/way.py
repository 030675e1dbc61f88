"""How a view of the client reaches its server: a unix socket, certificates of its own."""

from __future__ import annotations

import os
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from yarl import URL

from fairway.integration.http.urls import base_of
from fairway.kit.errors import InvalidRequest

_UNIX = "unix://"
_BESIDE_SOCKET = "http://localhost"
"""What requests over a unix socket carry as their host."""


@dataclass(frozen=True, slots=True)
class ClientTls:
    """Certificates of one view. Files or texts, all PEM; the text counts when both are given.

    ``ca`` are the only authorities that count then; the client's certificate and key may be in one file.
    """

    ca_file: Path | None = None
    ca: str | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    certificate: str | None = None
    key: str | None = field(default=None, repr=False)
    verify: bool = True
    """False: any certificate of the server is good."""
    server_name: str | None = None
    """What the server's certificate is for, when that is not the host of the address."""

    def context(self) -> ssl.SSLContext:
        """As the standard library wants it.

        Raises:
            InvalidRequest: a file or text is no certificate or key.
        """
        try:
            own = self.ca is not None or self.ca_file is not None
            context = ssl.create_default_context(cafile=None if self.ca else self.ca_file, cadata=self.ca)
            if not own:
                context.load_default_certs()
            self._identify(context)
        except (OSError, ssl.SSLError, ValueError) as error:
            places = [str(each) for each in (self.ca_file, self.certificate_file, self.key_file) if each]
            where = f" ({', '.join(places)})" if places else ""
            raise InvalidRequest(f"The certificates of the connection cannot be used{where}: {error}") from None
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _identify(self, context: ssl.SSLContext) -> None:
        if self.certificate is None:
            if self.certificate_file is not None:
                context.load_cert_chain(self.certificate_file, self.key_file, password=_no_password)
            elif self.key_file is not None or self.key is not None:
                raise ValueError("there is a key without a certificate")
            return
        key = self.key if self.key is not None else self.key_file.read_text() if self.key_file is not None else ""
        number, name = tempfile.mkstemp(prefix="fairway-", suffix=".pem")  # the library reads files only; mode 0600
        try:
            with os.fdopen(number, "w") as file:
                file.write(f"{self.certificate.rstrip()}\n{key}")
            context.load_cert_chain(name, password=_no_password)
        finally:
            os.unlink(name)


@dataclass(frozen=True, slots=True)
class Way:
    """``socket`` is the path of a unix socket."""

    socket: str | None = None
    tls: ClientTls | None = None


DIRECT = Way()


def address_of(text: str) -> tuple[URL, str | None]:
    """The base of requests, and the path of a unix socket for ``unix:///path``.

    Raises:
        InvalidRequest: it is no http, https or unix URL, or holds credentials.
    """
    given = text.strip()
    if not given.startswith(_UNIX):
        return base_of(given), None
    path = given.removeprefix(_UNIX).rstrip("/")
    if not path.startswith("/") or "\0" in path:
        raise InvalidRequest(f'"{given[:200]}" names no unix socket; unix:///run/name.sock is one')
    return URL(_BESIDE_SOCKET), path


def _no_password() -> str:
    """Instead of a question on the terminal."""
    raise ValueError("the key is locked with a password, which is not supported")
