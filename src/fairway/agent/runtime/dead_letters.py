"""What could not be delivered, kept on disk until somebody looks at it: sealed, a file each, bounded in all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairway.agent.model import Invocation, Report
from fairway.agent.runtime.state import Seal, invocation_of, invocation_record, open_private, private_folder
from fairway.kit.errors import FairwayError, NotFound
from fairway.kit.ids import random_id
from fairway.kit.logs import get_logger

_SUFFIX = ".letter"
_CONTEXT = "dead-letter"

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One of them."""

    id: str
    at: float
    """Seconds since the epoch."""
    reason: str
    attempts: int
    invocation: Invocation

    def document(self) -> dict[str, Any]:
        """For lists: without the message, which may hold secrets."""
        return {
            "id": self.id,
            "at": self.at,
            "kind": self.invocation.kind,
            "runId": self.invocation.id,
            "action": self.invocation.action,
            "attempts": self.attempts,
            "reason": self.reason,
        }


class DeadLetters:
    """Agents that share a state folder share these. The oldest give way when there are too many bytes."""

    def __init__(self, folder: Path, seal: Seal, most_bytes: int) -> None:
        self._folder = private_folder(folder / "dead-letters")
        self._seal = seal
        self._most_bytes = most_bytes

    def keep(self, report: Report) -> None:
        """Keeps the invocation of a report that says it is dead."""
        now = time.time_ns()  # names in the order in which they were written, many within a millisecond
        name = f"{now // 10**9}.{now % 10**9:09d}-{random_id('d_')}"
        record = {
            "invocation": invocation_record(report.invocation),
            "reason": report.summary or "",
            "attempts": report.attempts,
        }
        descriptor = open_private(self._folder / f"{name}{_SUFFIX}")
        with open(descriptor, "w") as file:
            file.write(self._seal.line(record, _CONTEXT))
        self._make_room()

    def all(self) -> Iterator[DeadLetter]:
        """Oldest first; those that this secret cannot open are logged."""
        for path in self._paths():
            letter = self._read(path)
            if letter is not None:
                yield letter

    def find(self, letter_id: str) -> DeadLetter:
        """One of them.

        Raises:
            NotFound: there is none.
        """
        for letter in self.all():
            if letter_id in (letter.id, letter.invocation.id):
                return letter
        raise NotFound(f'There is no dead letter "{letter_id}" in "{self._folder}"')

    def remove(self, letter: DeadLetter) -> None:
        """It was delivered, or nobody wants it any more."""
        (self._folder / f"{letter.id}{_SUFFIX}").unlink(missing_ok=True)

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{_SUFFIX}"))

    def _read(self, path: Path) -> DeadLetter | None:
        try:
            record = self._seal.value(path.read_text(), _CONTEXT)
        except (OSError, ValueError, FairwayError) as error:
            log.warning("dead_letter_unreadable", file=str(path), problem=str(error))
            return None
        name = path.name.removesuffix(_SUFFIX)
        invocation = invocation_of(record["invocation"])
        return DeadLetter(name, float(name.partition("-")[0]), record["reason"], record["attempts"], invocation)

    def _make_room(self) -> None:
        sizes = []
        for path in self._paths():
            with suppress(OSError):  # another agent may have removed it
                sizes.append((path, path.stat().st_size))
        total = sum(size for _, size in sizes)
        for path, size in sizes[:-1]:
            if total <= self._most_bytes:
                return
            log.warning("dead_letter_dropped", file=path.name)
            path.unlink(missing_ok=True)
            total -= size
