"""E-mail over SMTP, with the standard library in a thread: a few messages a minute need no library of their own."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import parse_qs, unquote, urlsplit

from fairway.kit.clock import Clock
from fairway.kit.errors import FairwayError, InvalidRequest, Unavailable
from fairway.kit.settings import Settings

SETTING = "FAIRWAY_SMTP_URL"
_TIMEOUT_SECONDS = 15.0
"""For each step of the conversation."""
_PARALLEL = 4
_TLS = ("required", "optional", "never")


class MailRefused(FairwayError):
    """The server will not take this message, now or later."""

    code = "mail_refused"


class MailUnavailable(Unavailable):
    """The server does not take the message now."""

    code = "mail_unavailable"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes."""

    host: str
    port: int
    user: str
    password: str
    implicit_tls: bool
    starttls: str
    """``required``, ``optional`` (used when the server offers it) or ``never``."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A message to one person."""

    to: str
    subject: str
    text: str
    key: str
    """The same for a message that is sent again: mail programs show it once."""


class Mailer:
    """Sends mail, when a server is configured."""

    def __init__(self, settings: Settings, clock: Clock, timeout_seconds: float = _TIMEOUT_SECONDS) -> None:
        url = settings.smtp_url.get_secret_value() if settings.smtp_url else ""
        self._server = parse_server(url) if url else None
        self._sender = parse_sender(settings.mail_from)
        self._clock = clock
        self._timeout = timeout_seconds
        self._room = asyncio.Semaphore(_PARALLEL)

    @property
    def configured(self) -> bool:
        """Whether there is a server."""
        return self._server is not None

    async def send(self, mail: Mail) -> None:
        """Hands one message to the server.

        Raises:
            MailRefused: the server or the address is such that trying again does not help.
            MailUnavailable: no server is configured, or it does not take the message now.
        """
        if self._server is None:
            raise MailUnavailable(f"{SETTING} is not set")
        message = self._message(mail)
        async with self._room:
            await asyncio.to_thread(_send, self._server, message, self._timeout)

    def _message(self, mail: Mail) -> EmailMessage:
        """Values go through the header classes, which refuse line breaks; the subject loses its own before that."""
        message = EmailMessage(policy=SMTP)
        try:
            message["From"] = self._sender
            message["To"] = Address(addr_spec=mail.to)
            message["Subject"] = one_line(mail.subject)
            message["Date"] = format_datetime(self._clock.now())
            message["Message-ID"] = f"<{mail.key}@{self._sender.domain}>"
            message["Auto-Submitted"] = "auto-generated"
        except (ValueError, IndexError) as error:
            raise MailRefused(f'"{mail.to[:100]}" is not an e-mail address that mail can be sent to') from error
        message.set_content(mail.text)
        return message


def parse_server(url: str) -> MailServer:
    """``smtp[s]://[user:password@]host[:port][?starttls=required|optional|never]``. A password is only sent encrypted
    unless told ``never``.

    Raises:
        InvalidRequest: it is none; the message does not repeat it, because it holds a password.
    """
    hint = f'{SETTING} must look like "smtp://user:password@host:587" or "smtps://user:password@host:465"'
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidRequest(hint) from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path not in ("", "/"):
        raise InvalidRequest(hint)
    password = unquote(parts.password or "")
    starttls = parse_qs(parts.query).get("starttls", ["required" if password else "optional"])[-1]
    if starttls not in _TLS:
        raise InvalidRequest(f"{SETTING}: starttls must be one of {', '.join(_TLS)}")
    implicit = parts.scheme == "smtps"
    standard = 465 if implicit else 587 if password else 25
    return MailServer(parts.hostname, port or standard, unquote(parts.username or ""), password, implicit, starttls)


def parse_sender(text: str) -> Address:
    """``name@host`` or ``Name <name@host>``.

    Raises:
        InvalidRequest: it is none.
    """
    name, spec = parseaddr(text)
    try:
        return Address(name, addr_spec=spec)
    except (ValueError, IndexError):
        raise InvalidRequest(
            f'FAIRWAY_MAIL_FROM must be an address such as "Fairway <fairway@example.com>", not "{text}"'
        ) from None


def one_line(text: str) -> str:
    """Text for a header: no line breaks, no control characters, not too long."""
    return "".join(letter if letter.isprintable() else " " for letter in " ".join(text.split()))[:200]


def _send(server: MailServer, message: EmailMessage, timeout: float) -> None:
    """In a thread; every step has its time-out."""
    try:
        with _connect(server, timeout) as connection:
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        raise _failure(code, text) from None
    except smtplib.SMTPAuthenticationError as error:
        raise MailUnavailable(f"The mail server does not take the user of {SETTING} ({error.smtp_code})") from None
    except smtplib.SMTPResponseException as error:
        raise _failure(error.smtp_code, error.smtp_error) from None
    except smtplib.SMTPNotSupportedError as error:
        raise MailRefused(f"The mail server cannot take this message: {error}") from None
    except (smtplib.SMTPException, OSError) as error:
        raise MailUnavailable(f'The mail server "{server.host}" does not answer: {error}') from None


def _connect(server: MailServer, timeout: float) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.implicit_tls:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=timeout, context=context)
    connection = smtplib.SMTP(server.host, server.port, timeout=timeout)
    try:
        connection.ehlo_or_helo_if_needed()
        if server.starttls == "required" or (server.starttls == "optional" and connection.has_extn("starttls")):
            connection.starttls(context=context)
            connection.ehlo()
    except BaseException:
        connection.close()
        raise
    return connection


def _failure(code: int, text: bytes | str) -> FairwayError:
    """5xx is for good, 4xx is for now (RFC 5321, 4.2.1)."""
    said = text.decode(errors="replace") if isinstance(text, bytes) else text
    reason = f"The mail server answered {code} {one_line(said)}"
    return MailRefused(reason) if code >= 500 else MailUnavailable(reason)
