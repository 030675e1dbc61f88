"""``fairway integration events``: live events that were given up, and trying them again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairway.cli.integration_folder import Folder
from fairway.cli.output import emit, run

if TYPE_CHECKING:
    from fairway.integration.live import JournalledEvent


def events_command(
    folder: Folder = Path("."),
    replay: Annotated[bool, typer.Option("--replay", help="Try them again, from the start.")] = False,
    only: Annotated[list[int] | None, typer.Option("--id", help="With --replay: only this one; repeatable.")] = None,
) -> None:
    """Lists live events that were given up, with the reason; the process may run meanwhile."""
    from fairway.integration.live import Journal
    from fairway.integration.runtime import journal_path, load_bundle
    from fairway.kit.clock import SystemClock

    async def main() -> tuple[list[JournalledEvent], int]:
        journal = Journal(journal_path(load_bundle(folder, os.environ)), SystemClock())
        await journal.open()
        try:
            return await journal.dead(), await journal.replay(only) if replay else 0
        finally:
            await journal.aclose()

    dead, replayed = run(main)
    for each in dead:
        record = {"event": "given_up", "id": each.id, "path": each.path, "attempts": each.attempts, "error": each.error}
        emit(record, f"{each.id}  {each.path}  {each.attempts} attempts  {each.error}")
    if replay:
        emit({"event": "replayed", "count": replayed}, f"{replayed} are tried again")
