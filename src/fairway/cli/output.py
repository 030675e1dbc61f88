"""What commands print: tables and text on a terminal, one JSON object a line everywhere else."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import typer

T = TypeVar("T")


def is_terminal() -> bool:
    """Whether a person reads along."""
    return sys.stdout.isatty()


def emit(record: Mapping[str, Any], text: str) -> None:
    """One result: ``text`` for a person, ``record`` for a program."""
    typer.echo(text if is_terminal() else json.dumps(record, default=str))


@contextmanager
def reported_errors() -> Iterator[None]:
    """Ends the command with a message instead of a trace when the fault is the user's or the surroundings'."""
    from pydantic import ValidationError

    from fairway.kit.errors import FairwayError

    try:
        yield
    except FairwayError as error:
        _fail({"ok": False, "error": error.code, "message": error.message}, error.message)
    except ValidationError as error:
        problems = [f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
        _fail({"ok": False, "error": "invalid_settings", "message": "; ".join(problems)}, "\n".join(problems))


def _fail(record: Mapping[str, Any], text: str) -> None:
    typer.echo(f"Error: {text}" if sys.stderr.isatty() else json.dumps(record), err=True)
    raise typer.Exit(1)


def run(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Runs a command's coroutine on the fast event loop, with errors reported."""
    import uvloop

    with reported_errors():
        return uvloop.run(main())
    raise AssertionError("unreachable")
