"""Looks through a received pack before anything unpacks it: a few kilobytes can hold gigabytes. Contract section 14."""

from __future__ import annotations

import zlib

from fairway.gitops.forges.errors import ForgeBroken, ForgeUnavailable
from fairway.gitops.forges.git.objects import delta_result_size, entry_header
from fairway.gitops.forges.git.settings import GitLimits

_TRAILER = 20
_OFS_DELTA, _REF_DELTA = 6, 7
_MOST_OBJECTS = 2_000_000


class PackTooBig(ForgeBroken):
    """A pack, or an object in it, is over its limit."""


def check_pack(pack: bytes, limits: GitLimits) -> int:
    """How many objects there are.

    Raises:
        PackTooBig: an object, or all of them, unpack to more than ``limits`` allow.
        ForgeUnavailable: it is cut off.
        ForgeBroken: it is no pack.
    """
    if pack[:4] != b"PACK" or len(pack) < 12 + _TRAILER:
        raise ForgeBroken("A git server sent something else than a pack")
    count = int.from_bytes(pack[8:12], "big")
    if count > _MOST_OBJECTS:
        raise PackTooBig(f"A pack holds {count} objects; at most {_MOST_OBJECTS} are read")
    at, total = 12, 0
    try:
        for _ in range(count):
            size, at = _entry(pack, at, limits.object_bytes)
            total += size
            if total > limits.unpacked_bytes:
                raise PackTooBig(f"A pack unpacks to more than {limits.unpacked_bytes} bytes")
    except (IndexError, zlib.error):
        raise ForgeUnavailable("A pack arrived cut off or damaged") from None
    return count


def _entry(pack: bytes, at: int, most: int) -> tuple[int, int]:
    """The size that an entry unpacks to, and where the next begins."""
    kind, size, at = entry_header(pack, at)
    if kind == _OFS_DELTA:
        while pack[at] & 0x80:
            at += 1
        at += 1
    elif kind == _REF_DELTA:
        at += _TRAILER
    if size > most:
        raise PackTooBig(f"An object of {size} bytes is in a pack; at most {most} are read")
    unpacked, at = _inflate(pack, at, size)
    if kind in (_OFS_DELTA, _REF_DELTA):
        size = delta_result_size(unpacked)
        if size > most:
            raise PackTooBig(f"An object of {size} bytes is in a pack; at most {most} are read")
    return size, at


def _inflate(pack: bytes, at: int, size: int) -> tuple[bytes, int]:
    stream, parts, found = zlib.decompressobj(), [], 0
    while not stream.eof:
        if at >= len(pack):
            raise IndexError
        piece = pack[at : at + min(65_536, size + (size >> 8) + 64)]
        at += len(piece)
        while piece and not stream.eof:
            part = stream.decompress(piece, size + 1 - found)
            found += len(part)
            parts.append(part)
            if found > size:
                raise ForgeBroken("An object of a pack is longer than the pack says")
            piece = stream.unconsumed_tail
            if not part and not stream.eof and piece:
                raise ForgeBroken("An object of a pack is longer than the pack says")
    return b"".join(parts), at - len(stream.unused_data)
