"""A message that becomes no invocation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Skipped:
    """Why a message is passed over."""

    reason: str
    unreadable: bool = False
    """It cannot be understood at all (worth a warning), rather than being meant for somebody else."""
