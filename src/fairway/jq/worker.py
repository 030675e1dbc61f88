"""The child process that runs libjq. Run as a script, with the standard library and ``jq`` only.

It reads requests on standard input and answers on standard output, both as frames of four length bytes and content.
A request is a JSON header ``{op, source, documents, careful}`` followed by that many frames of JSON text; an answer is
one frame per document, whose first byte tells what it is: ``v`` a JSON text, ``e`` an error, ``o`` output too large.

The process gives away what it does not need (files, processes, environment, memory, CPU time), because the language
it runs can loop forever, allocate without bound and import files.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from typing import Any

import jq

_CACHED = 256
_FLUSH_BYTES = 32_768
_FLUSH_SECONDS = 0.02
_CPU_SECONDS = 5


def read_exact(size: int) -> bytes:
    """``size`` bytes of standard input; ends the process when the parent has gone."""
    parts: list[bytes] = []
    while size:
        part = os.read(0, min(size, 1 << 20))
        if not part:
            sys.exit(0)
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def read_frame() -> bytes:
    """The next frame's content."""
    return read_exact(int.from_bytes(read_exact(4), "big"))


def write_all(data: bytes | bytearray) -> None:
    """Writes ``data`` to standard output."""
    sent = 0
    with memoryview(data) as view:
        while sent < len(view):
            sent += os.write(1, view[sent:])


def frame(content: bytes) -> bytes:
    """``content`` with its length in front."""
    return len(content).to_bytes(4, "big") + content


def lower(kind: int, value: int, *, final: bool = True) -> None:
    """Sets a limit, within what the system allows; a ``final`` one cannot be raised again."""
    hard = resource.getrlimit(kind)[1]
    soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (soft, soft if final else hard))


def confine(memory_bytes: int) -> None:
    """Limits from here on: memory, no further files, no files written, no processes, no core."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            lower(resource.RLIMIT_AS, int(statm.read().split()[0]) * resource.getpagesize() + memory_bytes)
    except FileNotFoundError:
        # No /proc, no Linux: such systems do not enforce this limit anyway; time still is.
        pass
    lower(resource.RLIMIT_NOFILE, 3)
    lower(resource.RLIMIT_FSIZE, 0)
    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_NPROC, 0)


def grant_cpu() -> None:
    """A few more seconds of CPU. Should the parent die in the middle of a runaway program, this one ends by itself."""
    lower(resource.RLIMIT_CPU, int(time.process_time()) + _CPU_SECONDS, final=False)


class Server:
    """Compiles programs once and answers requests one after the other."""

    def __init__(self, output_bytes: int) -> None:
        self._output_bytes = output_bytes
        self._programs: dict[str, Any] = {}

    def compiled(self, source: str) -> Any:
        """The program for ``source``; the oldest ones are forgotten."""
        program = self._programs.pop(source, None)
        if program is None:
            program = jq.compile(source)
            if len(self._programs) >= _CACHED:
                del self._programs[next(iter(self._programs))]
        self._programs[source] = program
        return program

    def answer(self, program: Any, document: bytes) -> bytes:
        """The answer for one document."""
        try:
            text = next(iter(program.input_text(document.decode())), None)
        except ValueError as error:
            return b"e" + str(error).encode()
        if text is None:
            return b"e" + b"the program gave no output"
        data: bytes = text.encode(errors="replace")
        return b"v" + data if len(data) <= self._output_bytes else b"o"

    def run(self, header: dict[str, Any]) -> None:
        """Answers every document; results leave in groups unless each may be the last one (``careful``)."""
        documents = [read_frame() for _ in range(header["documents"])]
        grant_cpu()
        try:
            program = self.compiled(header["source"])
        except ValueError as error:
            write_all(b"".join(frame(b"e" + str(error).encode()) for _ in documents))
            return
        pending = bytearray()
        flushed = time.monotonic()
        for document in documents:
            pending += frame(self.answer(program, document))
            if header["careful"] or len(pending) > _FLUSH_BYTES or time.monotonic() - flushed > _FLUSH_SECONDS:
                write_all(pending)
                pending.clear()
                grant_cpu()
                flushed = time.monotonic()
        write_all(pending)

    def check(self, sources: list[str]) -> None:
        """Answers ``v`` when every source compiles, else the reason."""
        grant_cpu()
        try:
            for source in sources:
                jq.compile(source)
        except ValueError as error:
            write_all(frame(b"e" + str(error).encode()))
        else:
            write_all(frame(b"v"))

    def serve(self) -> None:
        """Until standard input ends."""
        while True:
            header = json.loads(read_frame())
            if header["op"] == "run":
                self.run(header)
            else:
                self.check(header["sources"])


def main() -> None:
    """Warms libjq up, confines the process and serves."""
    memory_bytes, output_bytes = int(sys.argv[1]), int(sys.argv[2])
    jq.compile(". as $x | [$x | tojson, now]").input_text("1").first()
    confine(memory_bytes)
    write_all(frame(b"ready"))
    Server(output_bytes).serve()


if __name__ == "__main__":
    main()
