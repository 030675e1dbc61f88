"""From program text to a Python function, when the program lies in the covered subset."""

from __future__ import annotations

from fairway.jq.dialect import translate
from fairway.jq.program import Program


def compile_program(text: str) -> Program:
    """The program for ``text``; not ``compiled`` when it uses anything that is not covered, or is not jq at all."""
    return Program(text, translate(text))
