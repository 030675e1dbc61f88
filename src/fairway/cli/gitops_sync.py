"""``fairway gitops sync`` and ``watch``: what they print, and how they end."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from fairway.cli.lasting import ended, until_signal
from fairway.cli.output import emit, is_terminal, reported_errors

if TYPE_CHECKING:
    from fairway.gitops.sync.report import PassReport
    from fairway.gitops.sync.settings import SyncSettings

_REFRESH_SECONDS = 0.2
_LINE_SECONDS = 10.0


class Progress:
    """One line that is written over on a terminal; a JSON line now and then everywhere else."""

    def __init__(self) -> None:
        self._next = 0.0
        self._shown = False

    def __call__(self, report: PassReport) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (_REFRESH_SECONDS if is_terminal() else _LINE_SECONDS)
        seen = report.repositories
        done = seen.unchanged + seen.changed + seen.failed + seen.refused + seen.gone + seen.empty + seen.skipped
        if is_terminal():
            text = f"{done} of {seen.listed} repositories, {seen.changed} changed, {seen.failed} failed"
            sys.stdout.write(f"\r\x1b[K{text}")
            sys.stdout.flush()
            self._shown = True
        else:
            emit({"event": "progress", "seen": done, "changed": seen.changed, "failed": seen.failed}, "")

    def clear(self) -> None:
        """Takes the line away."""
        if self._shown:
            sys.stdout.write("\r\x1b[K")
            sys.stdout.flush()
            self._shown = False


def settings_of(**flags: Any) -> SyncSettings:
    """The settings of the environment, with flags that were given; ends with exit code 4 when they are wrong."""
    from fairway.gitops.sync.running import REFUSED
    from fairway.gitops.sync.settings import load_settings, variable
    from fairway.kit.errors import FairwayError
    from fairway.kit.logs import configure_logging

    given = {variable(name): str(value) for name, value in flags.items() if value is not None}
    try:
        settings = load_settings({**os.environ, **given})
    except FairwayError as error:
        raise ended(error, REFUSED) from None
    configure_logging(settings.log_level, "auto")
    return settings


def run_sync(settings: SyncSettings) -> int:
    """One pass; the exit code."""
    from fairway.gitops.sync.running import exit_code, sync

    progress = Progress()

    async def main(stop: asyncio.Event) -> int:
        report = await sync(settings, stop, progress, os.environ)
        progress.clear()
        show(report)
        return exit_code(report)

    return _run(main)


def run_watch(settings: SyncSettings) -> int:
    """Passes until stopped; the exit code."""
    from fairway.gitops.sync.running import watch

    progress = Progress()

    def done(report: PassReport) -> None:
        progress.clear()
        show(report)

    return _run(lambda stop: watch(settings, stop, progress, done, os.environ))


def _run(main: Callable[[asyncio.Event], Awaitable[int]]) -> int:
    from fairway.gitops.sync.leases import AlreadyRunning
    from fairway.gitops.sync.running import REFUSED, SOME_FAILED
    from fairway.kit.errors import FairwayError

    with reported_errors():
        try:
            return until_signal(main, SOME_FAILED)
        except FairwayError as error:
            raise ended(error, SOME_FAILED if isinstance(error, AlreadyRunning) else REFUSED) from None
    raise AssertionError("unreachable")


def show(report: PassReport) -> None:
    """Findings, failures, and a summary."""
    for each in report.findings.shown:
        place = f"{each.repository}: {each}" if each.repository else str(each)
        emit({"event": "diagnostic", **each.document()}, place)
    for failed in report.failures:
        record = {"event": "repository_failed", "repository": failed.repository, "error": failed.code}
        emit({**record, "message": failed.message}, f"{failed.repository}: {failed.message}")
    for notice in report.notices:
        emit({"event": "notice", "message": notice}, notice)
    if report.failure is not None:
        blame, message = report.failure.blame, report.failure.message
        emit({"event": "failed", "blame": blame, "error": report.failure.code, "message": message}, f"Error: {message}")
    if report.ends.held is not None:
        held = report.ends.held
        emit({"event": "held", **held.document()}, f"Held, plan {held.id}: " + "; ".join(held.reasons))
    if report.ends.due and report.ends.stops:
        text = f"{report.ends.due} deletions were put off: " + "; ".join(report.ends.stops)
        emit({"event": "deletions_put_off", "due": report.ends.due, "reasons": list(report.ends.stops)}, text)
    document = report.document()
    keys = ("source", "status", "dryRun", "seconds", "repositories", "entities", "errors", "warnings", "forge")
    emit({"event": "summary", **{key: document[key] for key in keys}}, summary(report))


def summary(report: PassReport) -> str:
    """What a pass did, in a few lines."""
    seen, made = report.repositories, report.entities
    would = " (dry run: nothing was written)" if report.dry_run else ""
    return "\n".join(
        [
            f"{report.status.value.capitalize()} in {(report.finished_at - report.started_at) / 1000:.1f} s{would}",
            f"Repositories: {seen.listed} listed, {seen.changed} changed, {seen.unchanged} unchanged, "
            f"{seen.empty} empty, {seen.excluded} left out, {seen.failed + seen.refused} failed",
            f"Entities: {made.created} created, {made.updated} updated, {made.cleared} cleared, "
            f"{made.deleted} deleted, {made.pending} waiting, {made.refused} refused",
            f"Findings: {report.findings.errors} errors, {report.findings.warnings} warnings; "
            f"forge requests: {report.forge.requests}",
        ]
    )
