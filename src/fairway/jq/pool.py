"""A few workers, started when first needed, replaced when lost, never more than one thread at each."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from fairway.jq.limits import Limits
from fairway.jq.process import WorkerLostError, WorkerProcess

_CLOSED = b"lthe expression engine is closed"


class WorkerPool:
    """Blocking evaluation on worker processes; safe to call from several threads."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._idle: list[WorkerProcess] = []
        self._all: set[WorkerProcess] = set()
        self._closed = False

    @property
    def pids(self) -> list[int]:
        """Process ids of the living workers."""
        with self._lock:
            return [worker.pid for worker in self._all if worker.alive()]

    def evaluate(self, source: str, documents: Sequence[bytes]) -> list[bytes]:
        """One answer per document as the worker gives it, or ``l`` and the reason when the document overran a limit."""
        answers: list[bytes] = []
        careful, overruns, retried = len(documents) == 1, 0, False
        while len(answers) < len(documents):
            if overruns >= self._limits.overruns_per_batch:
                given_up = b"lgiven up, because other documents of this batch ran over a limit"
                return answers + [given_up] * (len(documents) - len(answers))
            chunk = self._chunk(documents, len(answers))
            try:
                answers += self._run(source, chunk, careful=careful or len(chunk) == 1)
            except WorkerLostError as lost:
                answers += lost.answers
                if lost.foreign and not retried:
                    retried = True
                elif careful or len(chunk) == 1:
                    answers.append(b"l" + lost.reason.encode())
                    overruns += 1
                careful = True
            except PoolClosedError:
                return answers + [_CLOSED] * (len(documents) - len(answers))
        return answers

    def check(self, sources: Sequence[str]) -> bytes:
        """The verdict on program texts: ``v``, ``e`` and libjq's message, or ``l`` when compiling overran a limit."""
        for last in (False, True):
            try:
                worker = self._acquire()
                try:
                    answer = worker.check(sources)
                except WorkerLostError:
                    self._discard(worker)
                    raise
            except WorkerLostError as lost:
                if lost.foreign and not last:
                    continue
                return b"l" + lost.reason.encode()
            except PoolClosedError:
                return _CLOSED
            self._release(worker)
            return answer
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Ends every worker; calls under way and later ones are answered with an error.

        The pipes of a worker that is at work are left to the thread that reads them: closed under its hands, their
        numbers could already be somebody else's files.
        """
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            busy, self._all = self._all.difference(idle), set()
        for worker in idle:
            worker.kill()
        for worker in busy:
            worker.interrupt()

    def _chunk(self, documents: Sequence[bytes], start: int) -> Sequence[bytes]:
        size, end = 0, start
        while end < len(documents) and end - start < self._limits.batch_documents:
            size += len(documents[end])
            if size > self._limits.batch_bytes and end > start:
                break
            end += 1
        return documents[start:end]

    def _run(self, source: str, documents: Sequence[bytes], *, careful: bool) -> list[bytes]:
        worker = self._acquire()
        try:
            answers = worker.run(source, documents, careful=careful)
        except WorkerLostError:
            self._discard(worker)
            raise
        self._release(worker)
        return answers

    def _acquire(self) -> WorkerProcess:
        with self._lock:
            if self._closed:
                raise PoolClosedError
            while self._idle:
                worker = self._idle.pop()
                if worker.alive():
                    return worker
                self._all.discard(worker)
        return self._admit(WorkerProcess(self._limits))

    def _admit(self, worker: WorkerProcess) -> WorkerProcess:
        with self._lock:
            if not self._closed:
                self._all.add(worker)
                return worker
        worker.kill()
        raise PoolClosedError

    def _release(self, worker: WorkerProcess) -> None:
        with self._lock:
            if worker in self._all:
                self._idle.append(worker)
                return
        worker.kill()

    def _discard(self, worker: WorkerProcess) -> None:
        with self._lock:
            self._all.discard(worker)
        worker.kill()


class PoolClosedError(Exception):
    """The pool was closed while a call was waiting."""
