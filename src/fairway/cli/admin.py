"""``fairway admin``: operations on an installation, run beside its database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairway.cli import options
from fairway.cli.output import emit, run

app = typer.Typer(
    help="Operations on an installation, run beside its database.", no_args_is_help=True, rich_markup_mode=None
)

Target = Annotated[Path, typer.Argument(help="File to write; it must not exist.")]
Source = Annotated[Path, typer.Argument(help="File to read.")]


@app.command()
def backup(file: Target, data_dir: options.DataDir = None, database_url: options.DatabaseUrl = None) -> None:
    """Writes a consistent backup while the portal runs: a SQLite file, or an archive of a PostgreSQL database."""
    from fairway.portal.admin import backup as backups

    settings = options.settings_of(data_dir=data_dir, database_url=database_url)
    run(lambda: backups.backup(settings, file))
    _written(file)


@app.command()
def restore(file: Source, data_dir: options.DataDir = None, database_url: options.DatabaseUrl = None) -> None:
    """Reads a backup into an empty database."""
    from fairway.portal.admin import backup as backups

    settings = options.settings_of(data_dir=data_dir, database_url=database_url)
    run(lambda: backups.restore(settings, file))
    emit(
        {"restored": str(file)},
        f"Restored {file}. Start the portal with the secret key of the installation it is from.",
    )


@app.command(name="export")
def export_archive(file: Target, data_dir: options.DataDir = None, database_url: options.DatabaseUrl = None) -> None:
    """Writes everything as a portable archive, which `import` reads into a database of either kind."""
    from fairway.portal.admin import backup as backups

    settings = options.settings_of(data_dir=data_dir, database_url=database_url)
    run(lambda: backups.export(settings, file))
    _written(file)


@app.command(name="import")
def import_archive(file: Source, data_dir: options.DataDir = None, database_url: options.DatabaseUrl = None) -> None:
    """Reads a portable archive into an empty database of either kind."""
    restore(file, data_dir, database_url)


@app.command()
def doctor(data_dir: options.DataDir = None, database_url: options.DatabaseUrl = None) -> None:
    """Checks an installation; the exit code is 1 when something is broken."""
    from fairway.kit.clock import SystemClock
    from fairway.portal.admin.doctor import examine

    settings = options.settings_of(data_dir=data_dir, database_url=database_url)
    findings = run(lambda: examine(settings, SystemClock()))
    for finding in findings:
        mark = {"ok": "ok  ", "warning": "WARN", "failure": "FAIL"}[finding.verdict]
        emit(
            {"check": finding.check, "verdict": finding.verdict, "text": finding.text},
            f"{mark}  {finding.check}: {finding.text}",
        )
    if any(finding.verdict == "failure" for finding in findings):
        raise typer.Exit(1)


@app.command()
def create_user(
    email: Annotated[str, typer.Argument(help="E-mail of the user.")],
    role: Annotated[list[str], typer.Option(help="Admin, Member or BLUEPRINT-moderator; repeatable.")] = ["Member"],  # noqa: B006 typer copies it
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, envvar="FAIRWAY_NEW_PASSWORD")
    ] = "",
    data_dir: options.DataDir = None,
    database_url: options.DatabaseUrl = None,
) -> None:
    """Makes a user who can sign in at once."""
    from fairway.cli.accounts import create_user as create

    settings = options.settings_of(data_dir=data_dir, database_url=database_url)
    run(lambda: create(settings, email, password, role))
    emit({"created": email, "roles": role}, f"{email} can sign in now.")


@app.command()
def rotate_credentials(
    owner: Annotated[str, typer.Argument(help="A client id, or the e-mail of a user.")],
    data_dir: options.DataDir = None,
    database_url: options.DatabaseUrl = None,
) -> None:
    """Replaces a secret; the old one and its tokens stop counting. Restart running portals to drop their caches."""
    from fairway.cli.accounts import rotate

    settings = options.settings_of(data_dir=data_dir, database_url=database_url)
    issued = run(lambda: rotate(settings, owner))
    emit(issued, f"Client id {issued['clientId']}, client secret {issued['clientSecret']}")


def _written(file: Path) -> None:
    note = "Keep the secret key (FAIRWAY_SECRET_KEY or secret.key in the data dir) with it, in a safe place."
    emit({"written": str(file), "bytes": file.stat().st_size}, f"Wrote {file}. {note}")
