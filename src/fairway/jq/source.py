"""What libjq is given to run: the user's program inside a shell that takes its dangerous builtins away.

The shell alone is no sandbox: a program that closes a parenthesis would escape it. So the program is first compiled by
itself behind a definition (where ``import`` is a syntax error); only then it is placed inside. Two line ends follow it,
because a comment that ends in a backslash continues on the next line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

_SHUT = (
    'def halt: error("halt is not available"); '
    'def halt_error: error("halt_error is not available"); '
    'def halt_error($code): error("halt_error is not available"); '
    'def modulemeta: error("modulemeta is not available"); '
    'def input: error("input is not available"); def inputs: empty; '
    "def debug: .; def debug(f): .; def stderr: .; def input_filename: null; "
    'def input_line_number: error("input_line_number is not available"); def get_search_list: []; '
)
_PLACE = re.compile(r" at <top-level>, line (\d+), column (\d+).*", re.DOTALL)


def prelude(env: Mapping[str, str]) -> str:
    """The shell: ``env`` and ``$ENV`` hold exactly ``env``."""
    return f"{json.dumps(dict(env))} as $ENV | def env: $ENV; {_SHUT}"


def alone(program: str) -> str:
    """The program by itself, to be compiled as a check and never run."""
    return f"def _: .;\n{program}"


def first_outputs(shell: str, programs: Sequence[str]) -> str:
    """One program for the first output of each: a list of ``[0, value]``, ``[1, error]`` or ``[2]`` as JSON text."""
    fields = ", ".join(f"first((try ((\n{text}\n\n) | [0, .]) catch [1, .]), [2])" for text in programs)
    return f"{shell}[{fields}] | tojson"


def all_outputs(shell: str, program: str, limit: int) -> str:
    """One program for up to ``limit`` outputs, in the shape of :func:`first_outputs`: ``[[0, outputs]]``."""
    return f"{shell}[try [0, [limit({limit:d}; (\n{program}\n\n))]] catch [1, .]] | tojson"


def reason(message: str) -> str:
    """libjq's complaint about :func:`alone`, on one line and with the user's line numbers."""
    first = message.removeprefix("jq: error: ").split("\njq: ")[0]
    place = _PLACE.search(first)
    if not place:
        return " ".join(first.split())
    line = max(1, int(place.group(1)) - 1)
    return f"{' '.join(first[: place.start()].split())} (line {line}, column {place.group(2)})"
