"""From bytes to text. Section 2.1 of the contract."""

from __future__ import annotations

import codecs
import re

from fairway.gitops.model import Mark
from fairway.gitops.spec.limits import MAX_BYTES
from fairway.gitops.spec.problems import Problem, Unreadable

_OTHERS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_UNPRINTABLE = re.compile("[^\\t\\n\\r\\x20-\\x7e\\x85\\xa0-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""What YAML does not allow in a stream."""
_SAVE = "Save the file as UTF-8"


def decode(content: bytes) -> str:
    """The text of a spec file, without byte order mark.

    Raises:
        Unreadable: too big, or not UTF-8 text.
    """
    if len(content) > MAX_BYTES:
        raise Unreadable(size_problem(len(content)))
    for mark, name in _OTHERS:
        if content.startswith(mark):
            message = f"The file is {name}, not UTF-8: it starts with the byte 0x{content[0]:02X} at offset 0"
            raise Unreadable(Problem("E_ENCODING", message, Mark(1, 1), _SAVE))
    text = _utf8(content).removeprefix("\ufeff")
    if (found := _UNPRINTABLE.search(text)) is not None:
        raise Unreadable(_control(text, found))
    return text


def size_problem(size: int) -> Problem:
    """A file over the limit."""
    message = f"The file has {size} bytes; at most {MAX_BYTES} are read"
    return Problem("E_SIZE", message, Mark(1, 1), "Split the entities over several spec files")


def place(text: str, index: int) -> Mark:
    """Line and column of a character."""
    start = text.rfind("\n", 0, index) + 1
    return Mark(text.count("\n", 0, start) + 1, index - start + 1)


def _utf8(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start].decode().removeprefix("\ufeff")
        message = f"The byte 0x{content[error.start]:02X} at offset {error.start} is not UTF-8"
        raise Unreadable(Problem("E_ENCODING", message, place(before, len(before)), _SAVE)) from None


def _control(text: str, found: re.Match[str]) -> Problem:
    char, mark = found.group(), place(text, found.start())
    if char == "\0":
        offset = len(text[: found.start()].encode())
        message = f"The byte 0x00 at offset {offset} is not text"
        return Problem("E_ENCODING", message, mark, _SAVE)
    hint = (
        f'Remove it, or write "\\x{ord(char):02x}" in a text between double quotes' if ord(char) < 256 else "Remove it"
    )
    return Problem("E_YAML", f"The character U+{ord(char):04X} is not allowed in YAML", mark, hint)
