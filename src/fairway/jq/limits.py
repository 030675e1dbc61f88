"""Limits of one evaluation and of the machinery around it."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers of contract 15.23, and a few that keep the engine itself bounded."""

    seconds: float = 1.0
    """Wall time of one evaluation."""
    output_bytes: int = 4 * MIB
    """Size of one evaluation's output as JSON text."""
    memory_bytes: int = 256 * MIB
    """Memory one evaluation may take in a worker, on top of the idle worker."""
    steps: int = 500_000
    """Budget of a compiled program: elements visited plus characters built."""
    program_chars: int = 65_536
    """Longest program text."""
    cached_programs: int = 4_096
    """Programs an engine remembers."""
    waiting_calls: int = 1_000
    """Calls that may wait for a worker before further ones are refused."""
    batch_documents: int = 256
    """Documents that cross the process border in one message."""
    batch_bytes: int = 8 * MIB
    """Size of such a message, unless one document alone is larger."""
    overruns_per_batch: int = 3
    """Documents that may overrun before the rest of a call's documents is given up."""
    start_seconds: float = 20.0
    """Time a worker has to come up; generous, because a busy machine is no fault of the program."""
