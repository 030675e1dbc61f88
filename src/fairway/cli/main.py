"""The commands. Imports of the programs are local to each command, so that help costs nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairway import __version__
from fairway.cli import admin, agent, gitops, integration, options
from fairway.cli.output import emit, run

if TYPE_CHECKING:
    from fairway.portal.services import Portal

app = typer.Typer(
    help="Fairway: the open, self-hosted internal developer portal.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich help costs 0.2 s of imports
)
app.add_typer(admin.app, name="admin")
app.add_typer(agent.app, name="agent")
app.add_typer(gitops.app, name="gitops")
app.add_typer(integration.app, name="integration")


@app.command()
def version() -> None:
    """Prints the version."""
    emit({"version": __version__}, __version__)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 picks a free one.")] = None,
    data_dir: options.DataDir = None,
    database_url: options.DatabaseUrl = None,
    demo: Annotated[bool | None, typer.Option("--demo/--no-demo", help="Fill an empty catalog with a demo.")] = None,
) -> None:
    """Starts the portal: API, background work and, by default, a SQLite file."""
    from fairway.kit.logs import configure_logging
    from fairway.portal import server

    async def main() -> None:
        settings = options.settings_of(host=host, port=port, data_dir=data_dir, database_url=database_url, demo=demo)
        configure_logging(settings.log_level, settings.log_format)
        await server.serve(settings, when_ready)

    run(main)


async def when_ready(portal: Portal) -> None:
    """Tells where the portal is and how to get in; fills the demo when asked."""
    address = f"http://{portal.settings.host}:{portal.settings.port}"
    typer.echo(f"Fairway {__version__} listens on {address} (API docs: {address}/docs)")
    for notice in portal.notices:
        typer.echo(notice)
    if portal.settings.demo:
        from fairway.demo import fill

        async with options.client_at(address, portal.settings, user_agent="fairway-demo") as client:
            typer.echo(await fill(client, portal.clock.now()))


@app.command()
def worker(data_dir: options.DataDir = None, database_url: options.DatabaseUrl = None) -> None:
    """Runs background work apart from the API; start the server with FAIRWAY_WORKER=false then."""
    from fairway.kit.logs import configure_logging
    from fairway.portal.worker import work

    async def main() -> None:
        settings = options.settings_of(data_dir=data_dir, database_url=database_url)
        configure_logging(settings.log_level, settings.log_format)
        await work(settings)

    run(main)


@app.command()
def apply(
    file: Annotated[list[Path], typer.Option("--file", "-f", help="YAML or JSON file, or a folder of them.")],
    plan_only: Annotated[bool, typer.Option("--plan", help="Print the plan and stop.")] = False,
    url: options.Url = None,
    client_id: options.ClientId = None,
    client_secret: options.ClientSecret = None,
) -> None:
    """Makes a portal hold what files describe: prints a plan, then applies it."""
    from fairway.cli.apply import apply_files

    run(lambda: apply_files(options.client_of(url, client_id, client_secret), file, plan_only=plan_only))


@app.command()
def export(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File; standard output by default.")] = None,
    entities: Annotated[bool, typer.Option(help="Entities too, not only the model.")] = False,
    url: options.Url = None,
    client_id: options.ClientId = None,
    client_secret: options.ClientSecret = None,
) -> None:
    """Writes what a portal holds as YAML that `fairway apply` reads; equal portals give equal files."""
    from fairway.cli.apply import export_file

    run(lambda: export_file(options.client_of(url, client_id, client_secret), output, with_entities=entities))
