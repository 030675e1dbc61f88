"""What outlives the process: reports that the portal did not take yet, and runs that were begun.

Everything is sealed under the client secret, in files that only their owner may read. Replicas that share a folder take
a slot each, held by a lock that ends with the process; whoever starts takes over what ended processes left.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import orjson

from fairway.agent.model import Invocation, LogLine, Report
from fairway.kit.crypto import SecretBox
from fairway.kit.errors import FairwayError
from fairway.kit.logs import get_logger

_SLOTS = 256
_OUTBOX = "outbox.jsonl"
_JOURNAL = "journal.jsonl"
_MOST_ENDED = 2000
"""Finished entries of a journal before it is written anew."""

log = get_logger(__name__)


class StateUnavailable(FairwayError):
    """The state folder cannot be used."""

    code = "state_unavailable"


def invocation_record(invocation: Invocation) -> dict[str, Any]:
    """An invocation as JSON."""
    return {
        "kind": invocation.kind,
        "id": invocation.id,
        "message": invocation.message,
        "method": invocation.method,
        "key": invocation.key,
        "action": invocation.action,
        "source": invocation.source,
        "problem": invocation.problem,
    }


def report_record(report: Report) -> dict[str, Any]:
    """A report as JSON, with its invocation."""
    return {
        "invocation": invocation_record(report.invocation),
        "status": report.status,
        "summary": report.summary,
        "link": report.link,
        "external_run_id": report.external_run_id,
        "response": report.response,
        "response_status": report.response_status,
        "logs": [[line.message, line.level] for line in report.logs],
        "dead": report.dead,
        "attempts": report.attempts,
    }


def invocation_of(record: dict[str, Any]) -> Invocation:
    """From :func:`invocation_record`."""
    return Invocation(**record)


def report_of(record: dict[str, Any]) -> Report:
    """From :func:`report_record`."""
    logs = tuple(LogLine(message, level) for message, level in record["logs"])
    return Report(**{**record, "invocation": invocation_of(record["invocation"]), "logs": logs})


class Seal:
    """JSON values as lines that only this agent can read."""

    def __init__(self, secret: str) -> None:
        self._box = SecretBox(secret.encode())

    def line(self, value: Any, context: str) -> str:
        """The sealed value, without line end."""
        return self._box.seal(orjson.dumps(value, default=_plain).decode(), context)

    def value(self, line: str, context: str) -> Any:
        """The value of a line.

        Raises:
            FairwayError: it was sealed under another secret.
        """
        try:
            return orjson.loads(self._box.open(line, context))
        except ValueError as error:
            raise FairwayError("A line of the agent's state is damaged", cause=str(error)) from None


def _plain(value: Any) -> Any:
    return dict(value)


def private_folder(path: Path) -> Path:
    """The folder, made for its owner alone.

    Raises:
        StateUnavailable: it cannot be made, or somebody else owns it.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.stat().st_uid != os.getuid():
            raise StateUnavailable(
                f'"{path}" belongs to another user; set FAIRWAY_AGENT_STATE_DIR to a folder of its own'
            )
    except OSError as error:
        raise StateUnavailable(f'"{path}" cannot be used for state ({error}); set FAIRWAY_AGENT_STATE_DIR') from None
    return path


def open_private(path: Path, flags: int = os.O_APPEND) -> int:
    """A descriptor of a file that only its owner may read; links are not followed."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | flags, 0o600)


@dataclass
class Leftovers:
    """What ended processes left."""

    reports: list[Report]
    begun: list[Invocation]


class State:
    """One process's slot. ``begin``/``end`` note runs that were begun; reports go to the outbox."""

    def __init__(self, folder: Path, seal: Seal) -> None:
        self._root = private_folder(folder)
        self._seal = seal
        self._lock, self._slot = self._take_slot()
        self._journal = open_private(self._slot / _JOURNAL)
        self._begun: dict[str, str] = {}
        self._ended = 0

    def close(self) -> None:
        """Gives the slot up."""
        os.close(self._journal)
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def take_over(self) -> Leftovers:
        """Reads and removes what this slot and those without process hold; the caller has it from now on, and writes it
        again (:meth:`begin`, :meth:`keep`) before it is forgotten here."""
        found = Leftovers([], [])
        for lock, slot in self._abandoned():
            found.reports += [report_of(each) for each in self._read(slot / _OUTBOX, "outbox")]
            found.begun += self._unfinished(slot / _JOURNAL)
            self.begin(found.begun)
            self.keep(found.reports)
            if slot != self._slot:
                for name in (_OUTBOX, _JOURNAL):
                    (slot / name).unlink(missing_ok=True)
                os.close(lock)
        return found

    def begin(self, invocations: Iterable[Invocation]) -> None:
        """Notes runs before they are acknowledged: after that only this agent knows of them."""
        lines = []
        for each in invocations:
            if each.id is None or each.id in self._begun:
                continue
            self._begun[each.id] = line = self._seal.line(invocation_record(each), "journal")
            lines.append(f"+{line}\n")
        if lines:
            os.write(self._journal, "".join(lines).encode())

    def end(self, ids: Iterable[str]) -> None:
        """These are reported, or not ours."""
        ended = [each for each in ids if self._begun.pop(each, None) is not None]
        if not ended:
            return
        os.write(self._journal, "".join(f"-{each}\n" for each in ended).encode())
        self._ended += len(ended)
        if self._ended > _MOST_ENDED:
            self._compact()

    def keep(self, reports: Iterable[Report]) -> None:
        """Replaces the outbox by these reports."""
        lines = [self._seal.line(report_record(each), "outbox") for each in reports]
        self._replace(self._slot / _OUTBOX, lines)

    def _compact(self) -> None:
        self._replace(self._slot / _JOURNAL, [f"+{line}" for line in self._begun.values()])
        os.close(self._journal)
        self._journal = open_private(self._slot / _JOURNAL)
        self._ended = 0

    def _replace(self, path: Path, lines: list[str]) -> None:
        if not lines and not path.exists():
            return
        beside = path.with_suffix(".new")
        descriptor = open_private(beside, os.O_TRUNC)
        with os.fdopen(descriptor, "w") as file:
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)

    def _unfinished(self, path: Path) -> list[Invocation]:
        begun: dict[str, Invocation] = {}
        for line in _lines(path):
            if line.startswith("-"):
                begun.pop(line[1:], None)
            elif (value := self._value(line[1:], "journal", path)) is not None:
                invocation = invocation_of(value)
                begun[invocation.id or ""] = invocation
        return list(begun.values())

    def _read(self, path: Path, context: str) -> Iterator[dict[str, Any]]:
        for line in _lines(path):
            if (value := self._value(line, context, path)) is not None:
                yield value

    def _value(self, line: str, context: str, path: Path) -> dict[str, Any] | None:
        try:
            value: dict[str, Any] = self._seal.value(line, context)
        except (FairwayError, ValueError) as error:
            # the last line of a killed process may be cut; other reasons are a changed secret
            log.warning("state_line_unreadable", file=str(path), problem=str(error))
            return None
        return value

    def _take_slot(self) -> tuple[int, Path]:
        for number in range(_SLOTS):
            lock, slot = self._try_lock(number)
            if lock is not None:
                return lock, slot
        raise StateUnavailable(f'{_SLOTS} agents use "{self._root}" already; set FAIRWAY_AGENT_STATE_DIR')

    def _abandoned(self) -> Iterator[tuple[int, Path]]:
        yield self._lock, self._slot
        for path in sorted(self._root.glob("slot-*")):
            if path != self._slot:
                lock, slot = self._try_lock(int(path.name.removeprefix("slot-")))
                if lock is not None:
                    yield lock, slot

    def _try_lock(self, number: int) -> tuple[int | None, Path]:
        slot = private_folder(self._root / f"slot-{number}")
        lock = open_private(slot / "lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return None, slot
        return lock, slot


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
