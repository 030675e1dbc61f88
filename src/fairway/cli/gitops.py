"""``fairway gitops``: spec files in repositories as the source of truth for entities."""

from __future__ import annotations

import json
import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairway.cli.output import is_terminal, reported_errors

if TYPE_CHECKING:
    from fairway.gitops.check.checker import Checked

app = typer.Typer(
    help="Keeps entities in step with the spec files (port.yml) of repositories.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Format(StrEnum):
    """How findings are printed."""

    HUMAN = "human"
    JSON = "json"
    SARIF = "sarif"


Blueprints = Annotated[
    Path | None,
    typer.Option(
        help="File or folder with blueprints, as `fairway export` writes them; checks properties and relations."
    ),
]


@app.command()
def check(
    paths: Annotated[list[Path], typer.Argument(help="Spec files, or folders to look for them in.")],
    output_format: Annotated[
        Format, typer.Option("--format", help="human, json, or sarif for code scanning.")
    ] = Format.HUMAN,
    blueprints: Blueprints = None,
    spec_path: Annotated[
        list[str] | None, typer.Option(help="Glob of spec files in folders; more of them add, `!` in front excludes.")
    ] = None,
    root: Annotated[
        Path | None, typer.Option(help="The repository's root; default: the nearest folder upwards that holds .git.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail, too.")] = False,
) -> None:
    """Checks spec files without a portal or a forge; exit code 1 when something is wrong."""
    from fairway.gitops.check.blueprints import load_shapes
    from fairway.gitops.check.checker import check as check_paths
    from fairway.gitops.diagnostics import Severity
    from fairway.gitops.patterns import Patterns

    with reported_errors():
        shapes = None if blueprints is None else load_shapes(blueprints)
        patterns = Patterns.of(spec_path) if spec_path else None
        checked = check_paths(paths, shapes, patterns, root)
    _print(checked, output_format)
    if checked.count(Severity.ERROR) or (strict and checked.count(Severity.WARNING)):
        raise typer.Exit(1)


@app.command()
def schema(blueprints: Blueprints = None) -> None:
    """Prints a JSON Schema of spec files, for completion in editors."""
    from fairway.gitops.check.blueprints import load_shapes
    from fairway.gitops.check.editor_schema import editor_schema

    with reported_errors():
        shapes = None if blueprints is None else load_shapes(blueprints)
        typer.echo(json.dumps(editor_schema(shapes), indent=2, ensure_ascii=False))


StateFile = Annotated[Path | None, typer.Option("--state", help="The ledger's file; GITOPS_STATE.")]
Plan = Annotated[str, typer.Argument(help="Its id, from `plans` or the report.")]
ReportFile = Annotated[Path | None, typer.Option("--report", help="File for a JSON report; GITOPS_REPORT.")]


@app.command()
def sync(
    state: StateFile = None,
    report: ReportFile = None,
    dry_run: Annotated[
        bool | None, typer.Option("--dry-run", help="Write nothing, tell what would be; GITOPS_DRY_RUN.")
    ] = None,
) -> None:
    """Brings the catalog to what all repositories say, once. Settings are environment variables
    (docs/reference/gitops-settings.md), those of the published Bitbucket script among them.

    Exit codes: 0 all done, 2 some repositories or definitions failed, 3 deletions wait for approval, 4 credentials or
    settings are wrong, 5 forge or portal cannot be reached.
    """
    from fairway.cli.gitops_sync import run_sync, settings_of

    raise typer.Exit(run_sync(settings_of(state=state, report=report, dry_run=dry_run)))


@app.command()
def watch(
    state: StateFile = None,
    report: ReportFile = None,
    interval: Annotated[
        str | None, typer.Option(help="Pause between passes, such as 30m or 6h; GITOPS_INTERVAL.")
    ] = None,
) -> None:
    """Does what `sync` does again and again, until SIGTERM; what is under way then is finished."""
    from fairway.cli.gitops_sync import run_watch, settings_of

    raise typer.Exit(run_watch(settings_of(state=state, report=report, interval=interval)))


@app.command()
def plans(state: StateFile = None) -> None:
    """Lists deletions that wait for approval, because there were too many at once. Settings are those of `sync`."""
    from fairway.cli.gitops_plans import show_plans
    from fairway.cli.gitops_sync import settings_of

    show_plans(settings_of(state=state))


@app.command()
def approve(plan: Plan, state: StateFile = None) -> None:
    """Carries out a plan, in so far as its deletions are still due."""
    from fairway.cli.gitops_plans import approve as carry_out
    from fairway.cli.gitops_sync import settings_of

    carry_out(settings_of(state=state), plan)


@app.command()
def discard(plan: Plan, state: StateFile = None) -> None:
    """Keeps the entities that a plan would have deleted, without a definition in git."""
    from fairway.cli.gitops_plans import discard as keep
    from fairway.cli.gitops_sync import settings_of

    keep(settings_of(state=state), plan)


@app.command()
def journal(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="So many at most, newest first.")] = 100,
    state: StateFile = None,
) -> None:
    """Lists what was deleted and cleared within 30 days."""
    from fairway.cli.gitops_plans import show_journal
    from fairway.cli.gitops_sync import settings_of

    show_journal(settings_of(state=state), limit)


@app.command()
def restore(
    entry: Annotated[str, typer.Argument(help="Of the journal.")],
    state: StateFile = None,
) -> None:
    """Brings back an entity as it was before git deleted or cleared it."""
    from fairway.cli.gitops_plans import restore as bring_back
    from fairway.cli.gitops_sync import settings_of

    bring_back(settings_of(state=state), entry)


def _print(checked: Checked, output_format: Format) -> None:
    from fairway.gitops.check.documents import json_document, sarif_document
    from fairway.gitops.check.human import render

    if output_format is Format.HUMAN:
        coloured = is_terminal() and not os.environ.get("NO_COLOR")
        for line in render(checked, coloured=coloured, here=Path.cwd()):
            typer.echo(line)
        return
    document = json_document(checked) if output_format is Format.JSON else sarif_document(checked)
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
