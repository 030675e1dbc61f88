"""``file://`` values: which file they mean, and what becomes of its content. Section 2.6 of the contract."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from fairway.gitops.model import EntityKey, Mark
from fairway.gitops.spec.limits import MAX_REFERENCE_PATH
from fairway.gitops.spec.problems import Problem
from fairway.gitops.spec.wording import quoted

SCHEME = "file://"


@dataclass(frozen=True, slots=True)
class FileReference:
    """A value that is the content of another file of the repository."""

    path: str
    """Normalised, from the root of the repository."""
    key: EntityKey
    property: str
    mark: Mark
    """Where the value is."""


def locate(value: str, spec_path: str, mark: Mark) -> str | Problem:
    """The path from the repository's root that a ``file://`` value of the file ``spec_path`` means."""
    written = value.removeprefix(SCHEME)
    wrong = _wrong(written)
    if wrong is None:
        base = posixpath.dirname(spec_path) if written.startswith(("./", "../")) else ""
        parts: list[str] = [part for part in base.split("/") if part]
        for part in written.split("/"):
            if part == "..":
                if not parts:
                    wrong = "leads out of the repository"
                    break
                parts.pop()
            elif part not in ("", "."):
                parts.append(part)
        if wrong is None and not parts:
            wrong = "names no file"
        if wrong is None and any(part.lower() == ".git" for part in parts):
            wrong = 'leads into ".git", which is no part of the repository\'s content'
        if wrong is None:
            return "/".join(parts)
    hint = 'Write "file://docs/readme.md" from the root, or "file://./readme.md" from beside this file'
    return Problem("E_FILE_REF_PATH", f"{quoted(value)} {wrong}", mark, hint)


def _wrong(written: str) -> str | None:
    if not written.strip("/"):
        return "names no file"
    if len(written) > MAX_REFERENCE_PATH:
        return f"is longer than {MAX_REFERENCE_PATH} characters"
    if written.endswith(("/", "/.", "/..")) or written in (".", ".."):
        return "names a folder, not a file"
    if not written.isprintable():
        return "holds control characters"
    return None
