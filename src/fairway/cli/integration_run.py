"""``fairway integration run`` and ``defaults``: what they print, and how they end."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairway.cli.integration_folder import Folder
from fairway.cli.lasting import ended, until_signal
from fairway.cli.output import emit, is_terminal

if TYPE_CHECKING:
    from fairway.integration.model import SyncReport
    from fairway.integration.resync import Change, Resync
    from fairway.integration.runtime import Bundle

_REFRESH_SECONDS = 0.2
_LINE_SECONDS = 10.0

defaults = typer.Typer(
    help="Blueprints, mapping, actions, scorecards and pages of an integration.", rich_markup_mode=None
)


def run_command(
    folder: Folder = Path("."),
    once: Annotated[bool, typer.Option("--once", "-O", help="One sync, then end with its exit code.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="One sync that prints what it would change, and changes nothing.")
    ] = False,
    kinds: Annotated[
        str | None, typer.Option(help="With --once or --dry-run: only these kinds, comma-separated.")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", "-p", help="Port of the HTTP server; 0 picks a free one.")
    ] = None,
    log_level: Annotated[str | None, typer.Option("--log-level", "-l", help="DEBUG, INFO, WARNING or ERROR.")] = None,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit code 0 even when the sync failed.")] = False,
) -> None:
    """Runs an integration until SIGTERM, or makes one sync.

    Exit codes: 0 completed, 1 failed, 2 wrong configuration or portal, 3 given up.
    """
    bundle = _bundle(folder, {"application": {"port": port, "log_level": log_level}})
    from fairway.integration.runtime import RunOptions, run_integration

    progress = Progress()
    options = RunOptions(
        once=once,
        kinds=frozenset(filter(None, kinds.split(","))) if kinds else None,
        dry_run=show_change if dry_run else None,
        begun=progress.follow,
        ended=progress.ended,
        listening=_listening,
    )
    code = _until_signal(lambda stop: run_integration(bundle, os.environ, stop, options))
    raise typer.Exit(0 if exit_zero and code != 2 else code)


def probe_command(folder: Folder = Path(".")) -> None:
    """Asks the third party whether it can be reached and read; the portal is not asked.

    Exit codes: 0 it can, 1 it cannot, 2 wrong configuration.
    """
    bundle = _bundle(folder, {})
    from fairway.integration.runtime import FAILED, probe
    from fairway.kit.errors import FairwayError, InvalidRequest

    async def main(stop: asyncio.Event) -> int:
        try:
            await probe(bundle, os.environ, stop)
        except InvalidRequest:
            raise
        except FairwayError as error:
            raise ended(error, FAILED) from None
        emit({"event": "probed", "integration": bundle.installation.type}, "The third party answers and lets us in")
        return 0

    raise typer.Exit(_until_signal(main))


@defaults.command(name="install")
def install(folder: Folder = Path(".")) -> None:
    """Registers the installation with its default resources; nothing is done twice."""
    bundle = _bundle(folder, {})
    from fairway.integration.runtime import install_defaults

    async def main(_: asyncio.Event) -> int:
        found = await install_defaults(bundle)
        resources = (found.get("config") or {}).get("resources") or ()
        name = str(found.get("installationId"))
        emit(
            {"event": "installed", "integration": name, "resources": len(resources)},
            f'"{name}" is registered, with {len(resources)} resources in its mapping',
        )
        return 0

    raise typer.Exit(_until_signal(main))


@defaults.command(name="add")
def add(
    folder: Folder,
    kinds: Annotated[list[str], typer.Argument(help="Kinds that are not in the default mapping.")],
) -> None:
    """Adds kinds to the mapping of a registered installation, with their blueprints; nothing is done twice."""
    bundle = _bundle(folder, {})
    from fairway.integration.runtime import add_kinds

    async def main(_: asyncio.Event) -> int:
        added, blueprints = await add_kinds(bundle, kinds)
        emit(
            {"event": "added", "kinds": added, "blueprints": blueprints},
            f"Added {len(added)} kinds to the mapping, and {len(blueprints)} blueprints",
        )
        return 0

    raise typer.Exit(_until_signal(main))


@defaults.command(name="clean")
def clean(
    folder: Folder = Path("."),
    force: Annotated[bool, typer.Option("--force", "-f", help="Delete their entities too.")] = False,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Return when that is done.")] = False,
    destroy: Annotated[bool, typer.Option("--destroy", "-d", help="Delete the installation as well.")] = False,
) -> None:
    """Deletes the default blueprints; exit code 1 when one has to stay."""
    bundle = _bundle(folder, {})
    from fairway.integration.runtime import clean_defaults

    async def main(_: asyncio.Event) -> int:
        problems = await clean_defaults(bundle, entities=force, wait=wait, destroy=destroy)
        for problem in problems:
            emit({"event": "kept", "message": problem}, problem)
        emit({"event": "cleaned", "problems": len(problems)}, "Some had to stay" if problems else "Done")
        return 1 if problems else 0

    raise typer.Exit(_until_signal(main))


class Progress:
    """One line that is written over on a terminal; a JSON line now and then everywhere else."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def follow(self, resync: Resync) -> None:
        """Begins."""
        self._task = asyncio.ensure_future(self._show(resync))

    async def _show(self, resync: Resync) -> None:
        while True:
            await asyncio.sleep(_REFRESH_SECONDS if is_terminal() else _LINE_SECONDS)
            if resync.current is not None:
                self._line(resync.current)

    def _line(self, report: SyncReport) -> None:
        counts = [each.counts for each in report.kinds]
        raw, loaded = sum(each.raw for each in counts), sum(each.loaded for each in counts)
        unchanged, active = sum(each.unchanged for each in counts), _active(report)
        if is_terminal():
            text = f"{', '.join(active) or 'ending'}: {raw} items, {unchanged} unchanged, {loaded} written"
            sys.stdout.write(f"\r\x1b[K{text}")
            sys.stdout.flush()
        else:
            record = {"event": "progress", "kinds": active, "items": raw, "unchanged": unchanged, "written": loaded}
            emit(record, "")

    def ended(self, report: SyncReport) -> None:
        """Shows how a run ended."""
        if is_terminal():
            sys.stdout.write("\r\x1b[K")
        show_report(report)


def _active(report: SyncReport) -> list[str]:
    from fairway.integration.model import State

    return [each.resource.name for each in report.kinds if each.state is State.SYNCING]


def show_report(report: SyncReport) -> None:
    """Kinds with counts and problems, what was kept, and the end."""
    from fairway.integration.runtime.status import report_document

    document = report_document(report)
    for kind in document["kinds"]:
        counts = ", ".join(f"{count} {name}" for name, count in kind["counts"].items()) or "nothing"
        emit({"event": "kind", **kind}, f"{kind['name']}: {kind['state']}: {counts} in {kind['seconds']:.1f} s")
        if is_terminal():
            for problem in kind["problems"]:
                typer.echo(f"  {problem['where']}: {problem['message']} {problem['item'] or ''}".rstrip())
    for kept in document["kept"]:
        text = f'{kept["count"]} entities of "{kept["blueprint"]}" were kept: {kept["reason"]}'
        emit({"event": "kept", **kept}, text)
    summary = {key: document[key] for key in ("id", "trigger", "state", "seconds", "problem", "deleted")}
    text = f"{report.state.value.replace('_', ' ')} in {report.seconds:.1f} s, {report.deleted} deleted"
    emit({"event": "ended", **summary}, text + (f": {report.problem}" if report.problem else ""))


def show_change(change: Change) -> None:
    """A line of a dry run."""
    sign = "-" if change.action == "delete" else "+"
    place = f"{change.key.blueprint}/{change.key.identifier}"
    body = "" if change.document is None else f" {json.dumps(change.document, ensure_ascii=False, default=str)}"
    emit(
        {
            "event": "change", "action": change.action, "blueprint": change.key.blueprint,
            "identifier": change.key.identifier, "document": change.document,
        },
        f"{sign} {place}{body}",
    )  # fmt: skip


def _listening(port: int) -> None:
    emit({"event": "listening", "port": port}, f"Listening on port {port}: /status, /metrics, /health/ready")


def _bundle(folder: Path, overrides: dict[str, dict[str, Any]]) -> Bundle:
    """The integration; ends with exit code 2 when something about it is wrong."""
    from fairway.integration.runtime import CONFIGURATION, load_bundle
    from fairway.kit.errors import FairwayError
    from fairway.kit.logs import configure_logging

    given = {
        group: {name: value for name, value in values.items() if value is not None}
        for group, values in overrides.items()
    }
    try:
        bundle = load_bundle(folder, os.environ, {group: values for group, values in given.items() if values})
    except FairwayError as error:
        raise ended(error, CONFIGURATION) from None
    from fairway.integration.portal_api.masking import Masking

    settings = bundle.loaded.settings
    masking = Masking(settings.secrets())
    configure_logging(settings.application.log_level, "auto", masking.clean)
    return bundle


def _until_signal(main: Callable[[asyncio.Event], Awaitable[int]]) -> int:
    from fairway.integration.runtime import ABORTED, CONFIGURATION
    from fairway.kit.errors import FairwayError

    try:
        return until_signal(main, ABORTED)
    except FairwayError as error:
        raise ended(error, CONFIGURATION) from None
