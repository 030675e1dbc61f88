"""The argument that says which integration is meant."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def located(text: str) -> Path:
    """The folder meant by an argument: a path, or the name of a built-in integration.

    Raises:
        typer.BadParameter: it is neither.
    """
    from fairway.integrations import locate
    from fairway.kit.errors import NotFound

    try:
        return locate(str(text))
    except NotFound as error:
        raise typer.BadParameter(error.message) from None


Folder = Annotated[
    Path,
    typer.Argument(
        help="The integration: its folder, with main.py and .port, or the name of a built-in one.",
        parser=located,
        metavar="FOLDER",
    ),
]
