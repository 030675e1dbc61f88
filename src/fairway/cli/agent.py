"""``fairway agent``: carries out invocations inside a private network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairway.cli.output import emit, reported_errors, run

if TYPE_CHECKING:
    from fairway.agent.identity import Identity

GAVE_UP = 3
"""Exit code after failing for POLLING_MAX_FAILURE_DURATION_SECONDS."""

app = typer.Typer(
    help="Gets invocations from a portal, carries them out in this network, and reports what became of them.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

EnvFile = Annotated[Path | None, typer.Option(help="Dotenv file; default: .env here or in a parent folder.")]


@app.callback()
def agent(
    context: typer.Context,
    explain: Annotated[
        Path | None, typer.Option(help="Print what would be sent for the message in this file, and send nothing.")
    ] = None,
    response: Annotated[
        Path | None, typer.Option(help="With --explain: the target's answer, as {statusCode, headers, text}.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="The same as `fairway agent check`.")] = False,
    env_file: EnvFile = None,
) -> None:
    """Runs the agent until SIGTERM; settings are environment variables (docs/reference/agent-settings.md)."""
    context.obj = env_file
    if context.invoked_subcommand is not None:
        return
    if explain is not None:
        _explain(env_file, explain, response)
    elif check:
        _check(env_file)
    else:
        _run(env_file)


@app.command(name="check")
def check_command(context: typer.Context) -> None:
    """Checks settings, mapping file, certificates, and the credentials at the portal; exit code 1 when one is wrong."""
    _check(context.obj)


@app.command(name="dead-letters")
def dead_letters(
    context: typer.Context,
    redrive: Annotated[
        str | None, typer.Option(help="Send this one again (its id or its run's), or `all` of them.")
    ] = None,
    remove: Annotated[str | None, typer.Option(help="Forget this one, or `all` of them.")] = None,
) -> None:
    """Lists what could not be delivered. Runs are better redriven at the portal, which follows them."""
    from fairway.agent.redrive import manage

    identity = _identity(context.obj)

    async def main() -> None:
        async for record in manage(identity, redrive=redrive, remove=remove):
            emit(record, "  ".join(str(value) for value in record.values() if value not in (None, "")))

    run(main)


def _identity(env_file: Path | None) -> Identity:
    """Settings and environment, with logs configured."""
    import os

    from fairway.agent.environment import Environment
    from fairway.agent.identity import Identity
    from fairway.agent.settings import load_settings
    from fairway.kit.logs import configure_logging

    with reported_errors():
        environment = Environment(os.environ)
        settings = load_settings(environment, env_file)
        identity = Identity(settings, environment)
        level = "ERROR" if settings.log_level == "CRITICAL" else settings.log_level
        configure_logging(level, settings.log_format, identity.clean)
        return identity
    raise AssertionError("unreachable")


def _run(env_file: Path | None) -> None:
    from fairway.agent.runtime.streamer import GaveUp
    from fairway.kit.logs import get_logger

    identity = _identity(env_file)

    async def main() -> int:
        import asyncio
        import signal

        from fairway.agent.program import Agent

        program = Agent(identity)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, program.stop)
        try:
            await program.run()
        except GaveUp as error:
            get_logger(__name__).error("gave_up", problem=error.message)
            return GAVE_UP
        return 0

    code = run(main)
    if code:
        raise typer.Exit(code)


def _explain(env_file: Path | None, message: Path, response: Path | None) -> None:
    identity = _identity(env_file)

    async def main() -> None:
        from fairway.agent.assembly import build_executor, read_mappings

        sample = _read(message)
        answer = None if response is None else _read(response)
        executor = build_executor(identity, read_mappings(identity.settings, identity.environment))
        try:
            found = await executor.explain(sample, answer)
        finally:
            await executor.aclose()
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False, default=str))

    run(main)


def _read(path: Path) -> Any:
    from fairway.kit.errors import InvalidRequest

    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidRequest(f'"{path}" cannot be read as JSON: {error}') from None


def _check(env_file: Path | None) -> None:
    identity = _identity(env_file)

    async def main() -> bool:
        from fairway.agent.checking import check

        good = True
        async for finding in check(identity):
            good = good and finding.level != "error"
            emit(
                {"check": finding.what, "level": finding.level, "message": finding.message},
                f"{finding.level:7} {finding.what}: {finding.message}",
            )
        return good

    if not run(main):
        raise typer.Exit(1)
