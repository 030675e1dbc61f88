"""``fairway integration``: third-party systems become entities."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairway.cli import integration_events, integration_run
from fairway.cli.integration_folder import Folder
from fairway.cli.output import emit, run

if TYPE_CHECKING:
    from fairway.integration.check.preview import Previewed
    from fairway.integration.check.report import Checked

app = typer.Typer(
    help="Integrations: third-party systems become entities.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command(name="run")(integration_run.run_command)
app.command(name="probe")(integration_run.probe_command)
app.command(name="events")(integration_events.events_command)
app.add_typer(integration_run.defaults, name="defaults")


@app.command()
def check(folder: Folder = Path(".")) -> None:
    """Checks an integration without starting it, and tells its place on the quality scale.

    Exit code 1 when it does not reach bronze.
    """
    from fairway.integration.check.checker import check_folder
    from fairway.jq import Engine

    async def main() -> Checked:
        engine = Engine()
        try:
            return await check_folder(folder, engine)
        finally:
            await engine.aclose()

    checked = run(main)
    _tell_check(checked)
    if checked.tier is None:
        raise typer.Exit(1)


@app.command(name="list")
def list_builtin(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, on a terminal too.")] = False,
) -> None:
    """Lists the integrations that ship with Fairway: type, title, kinds and place on the quality scale."""
    import json

    from fairway.cli.output import is_terminal
    from fairway.integration.check.checker import check_folder
    from fairway.integration.folder import load_integration
    from fairway.integrations import builtin
    from fairway.jq import Engine

    async def main() -> list[dict[str, Any]]:
        engine = Engine()
        try:
            return [
                _listed(load_integration(folder).spec.title, await check_folder(folder, engine))
                for folder in builtin().values()
            ]
        finally:
            await engine.aclose()

    found = run(main)
    if as_json or not is_terminal():
        for each in found:
            typer.echo(json.dumps(each))
        return
    rows = [("TYPE", "TITLE", "QUALITY", "KINDS")]
    rows += [(each["type"], each["title"] or "", each["tier"] or "-", ", ".join(each["kinds"])) for each in found]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        typer.echo("  ".join([*(row[column].ljust(widths[column]) for column in range(3)), row[3]]))


def _listed(title: str | None, checked: Checked) -> dict[str, Any]:
    kinds = list(dict.fromkeys([*checked.mapped, *checked.served]))
    return {"type": checked.type, "title": title, "version": checked.version, "kinds": kinds, "tier": checked.tier}


@app.command()
def new(
    name: Annotated[
        str, typer.Argument(help="Its type: lower-case letters, digits and hyphens, such as acme-tickets.")
    ],
    path: Annotated[
        Path | None, typer.Option(help="Folder to make; default: the name, with underscores, in the working directory.")
    ] = None,
    kind: Annotated[str, typer.Option(help="The first kind, such as ticket.")] = "item",
    live: Annotated[bool, typer.Option("--live", help="With a processor of live events.")] = False,
) -> None:
    """Starts an integration: a folder that works, with a test, a mapping and a README that says what to do next."""
    from fairway.cli.output import reported_errors
    from fairway.integration.scaffold import Names, write_integration
    from fairway.integrations import builtin
    from fairway.kit.errors import Conflict

    with reported_errors():
        names = Names(name, kind)
        if name in builtin():
            raise Conflict(f'"{name}" is the name of a built-in integration; choose another one')
        folder = path or Path(names.folder)
        files = write_integration(folder, names, live=live)
    lines = [f"{folder / file}" for file in files]
    follow = f"Next: fairway integration check {folder}; {folder / 'README.md'} has the other steps"
    emit({"folder": str(folder), "files": [str(file) for file in files]}, "\n".join([*lines, follow]))


@app.command()
def preview(
    folder: Folder,
    kind: Annotated[str, typer.Option(help="Kind of the raw items.")],
    payload: Annotated[Path, typer.Option(help="JSON or YAML file with a raw item or a list of them.")],
    mapping: Annotated[
        Path | None, typer.Option(help="Mapping, as a file; default: the integration's own default mapping.")
    ] = None,
) -> None:
    """Shows the entities that a mapping makes of raw items, and what becomes of the others.

    Exit code 1 when items failed or the mapping has problems.
    """
    from fairway.integration.check.examples import items_of
    from fairway.integration.check.preview import preview as look
    from fairway.integration.folder import load_integration
    from fairway.integration.manifest.documents import read_document
    from fairway.jq import Engine

    async def main() -> Previewed:
        loaded = load_integration(folder)
        document = read_document(mapping) if mapping else loaded.resources.every_kind
        engine = Engine()
        try:
            return await look(engine, loaded.integration, document, kind, items_of(payload))
        finally:
            await engine.aclose()

    previewed = run(main)
    _tell_preview(previewed)
    if not previewed.sound:
        raise typer.Exit(1)


def _tell_check(checked: Checked) -> None:
    for finding in checked.findings:
        record = {"rule": finding.rule, "tier": finding.tier, "holds": finding.holds, "broken": finding.broken}
        sign = "ok  " if finding.holds else "FAIL"
        lines = [f"{sign} {finding.tier:6} {finding.rule}: {finding.asks}", *(f"       {at}" for at in finding.broken)]
        emit(record, "\n".join(lines))
    served, mapped = ", ".join(checked.served) or "none", ", ".join(checked.mapped) or "none"
    emit(
        {
            "type": checked.type, "version": checked.version, "tier": checked.tier, "served": checked.served,
            "mapped": checked.mapped, "native": checked.native, "libjq": checked.libjq,
        },
        f"{checked.type} {checked.version}: {checked.tier or 'below bronze'}; kinds served: {served}; "
        f"mapped: {mapped}; expressions: {checked.native} native, {checked.libjq} by libjq",
    )  # fmt: skip


def _tell_preview(previewed: Previewed) -> None:
    import json

    from fairway.integration.check.checker import told

    for problem in previewed.problems:
        emit({"problem": problem.where, "message": problem.message, "program": problem.program}, told(problem))
    for resource, batch in previewed.outcomes:
        for entity in batch.entities:
            document = entity.document
            emit({"resource": resource.name, "entity": document}, json.dumps(document, indent=2, ensure_ascii=False))
        for problem in batch.problems:
            record = {"problem": problem.where, "message": problem.message, "program": problem.program}
            emit({"resource": resource.name, **record, "item": problem.item}, f"{resource.name}: {told(problem)}")
        for null, count in batch.nulls.items():
            absent = {"resource": resource.name, "null": null.field, "program": null.program, "count": count}
            emit(absent, f"{resource.name}: {null.field} was null {count} times (`{null.program}`)")
        counts = batch.counts
        told_counts = {name: getattr(counts, name) for name in ("raw", "mapped", "filtered", "dropped", "failed")}
        text = ", ".join(f"{count} {name}" for name, count in told_counts.items())
        emit({"resource": resource.name, **told_counts}, f"{resource.name}: {text}")
