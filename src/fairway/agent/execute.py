"""Carries out one invocation: mapping, request, report (contract 8 and 11)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fairway.agent.explain import SAMPLE, describe, sample_delivery, sample_invocation
from fairway.agent.mapping.decrypt import Opened, Opener
from fairway.agent.mapping.evaluate import Verdict, apply, match
from fairway.agent.mapping.mappings import Mappings
from fairway.agent.mapping.model import Entry
from fairway.agent.mapping.requests import Defaults, build_request
from fairway.agent.messages.redaction import Redactor, secrets_in, sensitive
from fairway.agent.model import Invocation, Report
from fairway.agent.reporting import Outcome, Reporting, response_document
from fairway.agent.target import Delivery, Request, TargetClient, TargetFailed
from fairway.kit.errors import FairwayError
from fairway.kit.logs import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ExecutorSettings:
    """Switches of the executor."""

    detailed_logging: bool = True
    """Adds what the target answered to run logs and summaries, and requests to the agent's log."""
    envelope_body: bool = True
    """Claimed runs send the envelope's keys inside their body, as the original agent does; else the body alone."""
    forward_headers: bool = False
    """The headers that an action configures reach the target unmapped."""


class Executor:
    """Safe to share; :meth:`replace` puts other mappings in force while work goes on."""

    def __init__(
        self,
        mappings: Mappings,
        target: TargetClient,
        secret: Callable[[], str],
        *,
        settings: ExecutorSettings | None = None,
        opener: Opener | None = None,
        redactor: Redactor | None = None,
    ) -> None:
        self._mappings = mappings
        self._target = target
        self._secret = secret
        self._settings = settings or ExecutorSettings()
        self._opener = opener or Opener()
        self._redactor = redactor or Redactor()
        self._retiring: set[asyncio.Task[None]] = set()

    @property
    def mappings(self) -> Mappings:
        """Those in force."""
        return self._mappings

    def replace(self, mappings: Mappings) -> None:
        """Puts other mappings in force; work under way finishes with the old ones."""
        old, self._mappings = self._mappings, mappings
        task = asyncio.create_task(old.retire())
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def aclose(self) -> None:
        """Closes mappings and connections; call it when nothing is under way."""
        await self._mappings.retire()
        if self._retiring:
            await asyncio.gather(*self._retiring)
        await self._target.aclose()

    async def execute(self, invocation: Invocation) -> Report:
        """Sends the request that the first matching mapping describes. Trouble with the target is a report, not an
        exception; cancelling passes through. Without a match the report says so, and nothing was done."""
        async with self._mappings.held() as mappings:
            reporting = self._reporting(mappings, invocation)
            try:
                return await self._execute(mappings, invocation, reporting)
            except FairwayError as error:
                return reporting.failed(error.message)
            except Exception:  # a fault of ours: this run has to end, and others must not wait for it
                log.exception("execution_fault", id=invocation.id)
                return reporting.failed("The agent could not carry this out because of a fault of its own; see its log")

    async def explain(self, message: Any, response: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Which mapping applies to a message and why the others do not, the request that would be sent, without
        secrets, and the report for ``response`` (``{statusCode, headers, text}``); nothing is sent.

        ``message`` is a claimed run, a claimed node run, or an event as Kafka brings it. Signatures are not checked.

        Raises:
            InvalidRequest: the message is of no known shape, or none for execution agents.
        """
        invocation = sample_invocation(message)
        async with self._mappings.held() as mappings:
            reporting = self._reporting(mappings, invocation)
            verdicts: list[Verdict] = []
            try:
                entry, verdicts = await match(mappings.engine, mappings.entries, invocation.message)
                if entry is None:
                    return describe(invocation, verdicts)
                prepared = await self._prepare(mappings, entry, invocation, reporting)
                request = reporting.redactor.value(self._shown(prepared))
                delivery = sample_delivery(response or SAMPLE, self._target.signed(prepared.request))
                report = reporting.report(await self._outcome(mappings, prepared, reporting, delivery))
                self._target.check(prepared.request)
            except FairwayError as error:
                problem = reporting.redactor.text(error.message)
                return describe(invocation, verdicts, notes=reporting.notes, problem=problem)
            return describe(invocation, verdicts, request=request, report=report, notes=reporting.notes)

    async def _execute(self, mappings: Mappings, invocation: Invocation, reporting: Reporting) -> Report:
        entry, verdicts = await match(mappings.engine, mappings.entries, invocation.message)
        if entry is None:
            return self._unmatched(invocation, verdicts, reporting)
        reporting.received()
        if invocation.problem:
            return reporting.failed(invocation.problem)
        prepared = await self._prepare(mappings, entry, invocation, reporting)
        reporting.sending(prepared.request)
        if self._settings.detailed_logging and log.is_enabled_for(logging.INFO):
            shown = reporting.redactor.value(self._shown(prepared))
            log.info("sending", id=invocation.id, mapping=entry.name, request=shown)
        try:
            delivery = await self._target.send(prepared.request)
        except TargetFailed as failed:
            return reporting.failed(failed.message, attempts=failed.attempts, dead=True)
        return reporting.report(await self._outcome(mappings, prepared, reporting, delivery))

    def _unmatched(self, invocation: Invocation, verdicts: list[Verdict], reporting: Reporting) -> Report:
        """Work of others, unless only a broken expression says so of a run that was given to this agent."""
        reasons = [f"{each.name}: {each.reason}" for each in verdicts]
        broken = [f'in mapping "{each.name}", {each.reason}' for each in verdicts if each.failed]
        write = log.warning if broken else log.info
        write("no_mapping", id=invocation.id, verdicts=reasons)
        if broken and invocation.source == "POLLING":
            return reporting.failed(f"No mapping applies; {'; '.join(broken)}")
        return Report(invocation, matched=False)

    async def _prepare(
        self, mappings: Mappings, entry: Entry, invocation: Invocation, reporting: Reporting
    ) -> _Prepared:
        body, node = invocation.method.get("body"), invocation.kind == "node"
        opened = self._opener.open(invocation.message, body, entry.decrypt, self._secret(), node=node)
        reporting.hide(opened.secrets)
        mapped = await apply(mappings.engine, entry, opened.message)
        reporting.preparing(mapped.notes)
        defaults = Defaults(self._settings.envelope_body, self._settings.forward_headers)
        request, body = build_request(invocation, entry, mapped, opened, defaults, self._target.retry)
        reporting.hide(secrets_in([dict(request.headers), dict(request.query), body]))
        return _Prepared(entry, opened, request, body)

    async def _outcome(
        self, mappings: Mappings, prepared: _Prepared, reporting: Reporting, delivery: Delivery
    ) -> Outcome:
        response = response_document(delivery.answer)
        retry = prepared.request.retry or self._target.retry
        exhausted = delivery.answer.status in retry.on
        programs = prepared.entry.report.programs
        if not programs or reporting.invocation.kind != "run":  # nodes and changes have no report (contract 11)
            return Outcome(delivery, response, {}, exhausted)
        request = _document(prepared, delivery.headers)
        document = {"body": prepared.opened.message, "request": request, "response": response}
        results = await mappings.engine.first_of_many(list(programs.values()), document)
        mapped = {}
        for name, result in zip(programs, results, strict=True):
            if result.failed:
                reporting.note(f'"report.{name}" of mapping "{prepared.entry.name}" failed: {result.error}')
            else:
                mapped[name] = result.value
        return Outcome(delivery, response, mapped, exhausted)

    def _shown(self, prepared: _Prepared) -> dict[str, Any]:
        headers = self._target.signed(prepared.request)
        return _document(prepared, {name: "***" if sensitive(name) else value for name, value in headers.items()})

    def _reporting(self, mappings: Mappings, invocation: Invocation) -> Reporting:
        named = [mappings.env[name] for name in mappings.environment if sensitive(name) and name in mappings.env]
        redactor = self._redactor.adding([self._secret(), *named])
        return Reporting(invocation, redactor, detailed=self._settings.detailed_logging)


@dataclass(frozen=True, slots=True)
class _Prepared:
    entry: Entry
    opened: Opened
    request: Request
    body: Any
    """What ``request.body`` is the JSON text of."""


def _document(prepared: _Prepared, headers: Mapping[str, str]) -> dict[str, Any]:
    """``{method, url, body, headers, query}``, as report expressions see it."""
    request = prepared.request
    return {
        "method": request.method,
        "url": request.url,
        "body": prepared.body,
        "headers": dict(headers),
        "query": dict(request.query),
    }
