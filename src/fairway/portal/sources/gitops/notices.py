"""What events said of repositories and pull requests, put together until somebody looks. Section 6.2."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal

from fairway.portal.sources.gitops import repository
from fairway.portal.storage import Tx
from fairway.portal.storage.jobs import enqueue, hasten, postpone

NOTICE_JOB = "gitops_notice"
QUIET_MS = 2_000
LONGEST_MS = 30_000
"""How long after the last event of a repository it is looked at, and how long after the first at most."""
NOBODY: Mapping[str, str] = {}
_MOST_AUTHORS = 20
NoticeKind = Literal["push", "request"]


def notice_id(source_id: str, kind: NoticeKind, *names: str) -> str:
    """What a notice is kept under."""
    return hashlib.sha256("\0".join((source_id, kind, *names)).encode(errors="surrogatepass")).hexdigest()[:40]


async def note_push(
    tx: Tx, source_id: str, name: str, ref: str | None, *, now: int, deleted: bool = False,
    authors: Mapping[str, str] = NOBODY,
) -> None:  # fmt: skip
    """A repository, by id or label, has something new on ``ref``, or on any; or it is gone. ``authors``: by commit."""
    key = notice_id(source_id, "push", name)
    known = await repository.notice(tx, key)
    before: dict[str, Any] | None = None if known is None else known.document
    document = {"name": name, "ref": ref, "deleted": deleted, "authors": dict(authors)}
    if before is not None:
        document["authors"] = dict([*before["authors"].items(), *authors.items()][-_MOST_AUTHORS:])
        document["ref"] = ref if before["ref"] == ref else None
        document["deleted"] = deleted or before["deleted"]
    await _put(tx, source_id, key, "push", document, known, now)
    first_at = now if known is None else known.first_at
    await _appoint(tx, key, now, min(now + QUIET_MS, first_at + LONGEST_MS))


async def note_request(tx: Tx, source_id: str, document: dict[str, Any], now: int) -> None:
    """A pull request has a new head; the newest alone counts. ``document``: name, request, head, base, fork."""
    key = notice_id(source_id, "request", document["name"], document["request"] or document["head"])
    known = await repository.notice(tx, key)
    await _put(tx, source_id, key, "request", document, known, now)
    await hasten(tx, NOTICE_JOB, key, {"notice": key}, now=now)


async def _put(
    tx: Tx, source_id: str, key: str, kind: NoticeKind, document: dict[str, Any], known: Any | None, now: int
) -> None:
    version, first_at = (1, now) if known is None else (known.version + 1, known.first_at)
    values = {"id": key, "source": source_id, "kind": kind, "document": document, "version": version}
    await repository.put_notice(tx, {**values, "first_at": first_at})


async def _appoint(tx: Tx, key: str, now: int, due_at: int) -> None:
    if not await postpone(tx, NOTICE_JOB, key, now=now, due_at=due_at):
        await enqueue(tx, NOTICE_JOB, key, {"notice": key}, now=now, due_at=due_at)


async def done(tx: Tx, key: str, version: int, now: int) -> None:
    """Somebody has looked. When more events came meanwhile, somebody looks again; call it behind ``complete_in``."""
    if not await repository.drop_notice(tx, key, version) and await repository.notice(tx, key) is not None:
        await enqueue(tx, NOTICE_JOB, key, {"notice": key}, now=now, due_at=now + QUIET_MS)
