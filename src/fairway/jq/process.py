"""The parent's end of one worker process: blocking calls with a deadline, made from a thread or at compile time."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from fairway.jq.limits import Limits
from fairway.kit import jsonio

_SCRIPT = Path(__file__).with_name("worker.py")
_GRACE = 0.15
"""Seconds above the limit before a worker is killed: the limit is the program's, the border's cost is ours."""


class WorkerLostError(Exception):
    """The worker died (memory) or was killed (time); ``answers`` came in before."""

    def __init__(self, reason: str, answers: list[bytes], *, foreign: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.answers = answers
        self.foreign = foreign
        """Somebody else killed the worker, so the program is not to blame."""


class WorkerProcess:
    """One child. Not for concurrent use: the pool hands it to one thread at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._child = self._spawn(limits)
        assert self._child.stdin
        assert self._child.stdout
        self._to, self._from = self._child.stdin.fileno(), self._child.stdout.fileno()
        os.set_blocking(self._to, False)
        os.set_blocking(self._from, False)
        self._buffer = bytearray()
        try:
            self._collect(1, [], limits.start_seconds)
        except WorkerLostError:
            self.kill()
            raise WorkerLostError("its worker did not start", []) from None

    @staticmethod
    def _spawn(limits: Limits) -> subprocess.Popen[bytes]:
        """A child without our environment, our files and our terminal's signals."""
        return subprocess.Popen(  # noqa: S603 - our own interpreter and script
            [sys.executable, "-I", str(_SCRIPT), str(limits.memory_bytes), str(limits.output_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd="/",
            env={"TZ": "UTC", "LC_ALL": "C.UTF-8", "PATH": os.defpath},
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    def alive(self) -> bool:
        """Whether the child still runs."""
        return self._child.poll() is None

    def run(self, source: str, documents: Sequence[bytes], *, careful: bool) -> list[bytes]:
        """One answer per document.

        Raises:
            WorkerLostError: the worker is gone; the answers that came in before are attached.
        """
        header = {"op": "run", "source": source, "documents": len(documents), "careful": careful}
        self._send([jsonio.dumps(header), *documents])
        answers: list[bytes] = []
        self._collect(len(documents), answers, self._limits.seconds + _GRACE)
        return answers

    def check(self, sources: Sequence[str]) -> bytes:
        """The worker's verdict on program texts: ``v``, or ``e`` and the reason."""
        self._send([jsonio.dumps({"op": "check", "sources": list(sources)})])
        answers: list[bytes] = []
        self._collect(1, answers, self._limits.seconds + _GRACE)
        return answers[0]

    def interrupt(self) -> None:
        """Ends the child from another thread: the one that waits for its answer sees it die, and cleans up."""
        self._child.kill()

    def kill(self) -> None:
        """Ends the child at once, with its pipes; harmless when it has gone."""
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe:
                pipe.close()

    def _send(self, frames: Sequence[bytes]) -> None:
        data = memoryview(b"".join(part for frame in frames for part in (len(frame).to_bytes(4, "big"), frame)))
        deadline = time.monotonic() + self._limits.seconds + self._limits.start_seconds
        poll = select.poll()
        poll.register(self._to, select.POLLOUT)
        try:
            while data:
                if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                    raise WorkerLostError("the worker does not take requests", [])
                data = data[os.write(self._to, data) :]
        except BrokenPipeError:
            raise self._death([]) from None

    def _collect(self, count: int, answers: list[bytes], seconds: float) -> None:
        """Appends ``count`` frames to ``answers``; ``seconds`` may pass between two arrivals."""
        poll = select.poll()
        poll.register(self._from, select.POLLIN)
        deadline = time.monotonic() + seconds
        while len(answers) < count:
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise WorkerLostError(f"it ran longer than {self._limits.seconds:g} s", answers)
            data = os.read(self._from, 1 << 20)
            if not data:
                raise self._death(answers)
            self._buffer += data
            if self._take_frames(answers):
                deadline = time.monotonic() + seconds

    def _death(self, answers: list[bytes]) -> WorkerLostError:
        """Why the child closed its pipes: libjq aborts when memory is refused; SIGKILL comes from elsewhere."""
        try:
            foreign = self._child.wait(1.0) == -signal.SIGKILL
        except subprocess.TimeoutExpired:
            foreign = False
        reason = f"it took more than {self._limits.memory_bytes >> 20} MiB of memory"
        return WorkerLostError("its worker was killed" if foreign else reason, answers, foreign=foreign)

    def _take_frames(self, answers: list[bytes]) -> bool:
        at, before, buffer = 0, len(answers), self._buffer
        while len(buffer) - at >= 4:
            end = at + 4 + int.from_bytes(buffer[at : at + 4], "big")
            if end > len(buffer):
                break
            answers.append(bytes(buffer[at + 4 : end]))
            at = end
        del buffer[:at]
        return len(answers) > before
