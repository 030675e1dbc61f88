"""``fairway apply`` and ``fairway export``."""

from __future__ import annotations

from pathlib import Path

import typer

from fairway.apply import dump, execute, load, make_plan, read_state
from fairway.cli.output import emit
from fairway.client import PortalClient


async def apply_files(client: PortalClient, files: list[Path], *, plan_only: bool) -> None:
    """Prints the plan, then applies it."""
    wanted = load(files)
    async with client as portal:
        found = await read_state(portal, with_entities=bool(wanted.get("entities")))
        plan = make_plan(wanted, found)
        for change in plan:
            emit({"plan": change.record()}, change.line())
        if not plan:
            emit({"done": 0}, "Nothing to do: the portal holds what the files describe.")
        if plan_only or not plan:
            return
        done = 0
        async for _ in execute(portal, plan):
            done += 1
        emit({"done": done}, f"Applied {done} changes.")


async def export_file(client: PortalClient, output: Path | None, *, with_entities: bool) -> None:
    """Writes the portal's documents to a file or to standard output."""
    async with client as portal:
        text = dump(await read_state(portal, with_entities=with_entities))
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text)
        emit({"written": str(output)}, f"Wrote {output}")
