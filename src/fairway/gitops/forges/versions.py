"""Versions of contents that forges and we compute alike."""

from __future__ import annotations

import hashlib


def blob_id(content: bytes) -> str:
    """Git's id of a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
