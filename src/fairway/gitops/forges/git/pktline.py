"""Packets of git's wire protocol: four hexadecimal digits of length, then the payload. ``gitprotocol-common(5)``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fairway.gitops.forges.errors import ForgeBroken

FLUSH, DELIMITER, END = b"0000", b"0001", b"0002"
_MARKS = {0: FLUSH, 1: DELIMITER, 2: END}
_LONGEST = 65_520
"""Bytes of a packet with its length."""


class Packet(NamedTuple):
    """A payload, or one of the marks with nothing in it."""

    mark: bytes | None
    payload: bytes

    @property
    def line(self) -> bytes:
        """The payload without its line end."""
        return self.payload.removesuffix(b"\n")


def packet(payload: bytes) -> bytes:
    """One payload as a packet."""
    return b"%04x%b" % (len(payload) + 4, payload)


def after_flush(data: bytes) -> bytes:
    """What follows the first flush mark: behind an advertisement, the answer.

    Raises:
        ForgeBroken: there is none.
    """
    at = 0
    while at < len(data):
        head = data[at : at + 4]
        if head == FLUSH:
            return data[at + 4 :]
        if not head.isalnum():
            break
        try:
            at += max(4, int(head, 16))
        except ValueError:
            break
    raise ForgeBroken("A git server's answer broke off before it began")


def packets(data: bytes, start: int = 0) -> Iterator[Packet]:
    """The packets of an answer.

    Raises:
        ForgeBroken: it is no sequence of packets, or the server reports an error in it.
    """
    at = start
    while at < len(data):
        head = data[at : at + 4]
        try:
            length = int(head, 16)
        except ValueError:
            raise ForgeBroken(f"A git server answered something else than git's protocol: {head!r}") from None
        if length in _MARKS:
            at += 4
            yield Packet(_MARKS[length], b"")
            continue
        if not 4 <= length <= _LONGEST or at + length > len(data):
            raise ForgeBroken("A git server's answer broke off in the middle of a packet")
        payload = data[at + 4 : at + length]
        if payload.startswith(b"ERR "):
            raise ForgeBroken(f"The git server says: {payload[4:].decode(errors='replace').strip()[:300]}")
        yield Packet(None, payload)
        at += length
