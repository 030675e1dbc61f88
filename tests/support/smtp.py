"""A mail server on a socket: takes messages, and refuses what it is told to."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import cast


@dataclass
class MailBox:
    """What a server was sent, and how it behaves."""

    refusals: Mapping[str, str] = field(default_factory=dict)
    """Answer to RCPT by recipient, such as ``550 no such user``."""
    greeting: str = "220 test"
    silent: bool = False
    """Accepts connections and says nothing."""
    url: str = ""
    messages: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.silent:
            await reader.read()
            return
        writer.write(f"{self.greeting}\r\n".encode())
        to: list[str] = []
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            verb = line.partition(" ")[0].upper()
            answer = "250 ok"
            if verb == "EHLO":
                answer = "250-test\r\n250-AUTH PLAIN\r\n250 SMTPUTF8"
            elif verb == "AUTH":
                _, user, password = base64.b64decode(line.split()[-1]).decode().split("\0")
                self.logins.append((user, password))
                answer = "235 welcome" if password == "right" else "535 no"
            elif verb == "RCPT":
                name = line[line.index("<") + 1 : line.index(">")]
                answer = self.refusals.get(name, answer)
                to += [name] if answer.startswith("250") else []
            elif verb == "DATA":
                writer.write(b"354 go on\r\n")
                self._take(await reader.readuntil(b"\r\n.\r\n"), to)
                to = []
            elif verb == "QUIT":
                writer.write(b"221 bye\r\n")
                return
            writer.write(f"{answer}\r\n".encode())

    def _take(self, body: bytes, to: list[str]) -> None:
        raw = body[:-3].replace(b"\r\n..", b"\r\n.")
        self.raw.append(raw)
        self.messages.append(cast(EmailMessage, message_from_bytes(raw, policy=default)))
        self.recipients += to


@asynccontextmanager
async def mail_server(box: MailBox | None = None) -> AsyncIterator[MailBox]:
    """The box; its ``url`` leads to it while the block runs."""
    box = box or MailBox()
    server = await asyncio.start_server(box.serve, "127.0.0.1", 0)
    box.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield box
    finally:
        server.close()
