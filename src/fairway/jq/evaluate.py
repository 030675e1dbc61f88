"""Runs compiled programs within their budget."""

from __future__ import annotations

from typing import Any

from fairway.jq.limits import Limits
from fairway.jq.program import Program
from fairway.jq.result import Result


def first_compiled(program: Program, document: Any, limits: Limits) -> Result | None:
    """The first output, or ``None`` when only libjq can tell."""
    return None


def all_compiled(program: Program, document: Any, limit: int, limits: Limits) -> Result | None:
    """Up to ``limit`` outputs as one result's value, or ``None`` when only libjq can tell."""
    return None
