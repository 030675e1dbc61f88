"""A mapping file, compiled."""

from __future__ import annotations

from dataclasses import dataclass, field

from fairway.agent.mapping.template import Template
from fairway.jq import Program

RetryOn = frozenset[int | str]
"""Status codes, ``connect`` and ``timeout``."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What an entry says about delivery; none means as the agent's settings say."""

    timeout_seconds: float | None = None
    retries: int | None = None
    retry_on: RetryOn | None = None
    tls: str = ""
    """Name of a TLS profile."""


@dataclass(frozen=True, slots=True)
class ReportRules:
    """Programs over ``{body, request, response}``; none means as contract 11 says."""

    status: Program | None = None
    link: Program | None = None
    summary: Program | None = None
    external_run_id: Program | None = None

    @property
    def programs(self) -> dict[str, Program]:
        """Those there are, by the names of the file."""
        named = {"status": self.status, "link": self.link, "summary": self.summary}
        every = {**named, "externalRunId": self.external_run_id}
        return {name: program for name, program in every.items() if program is not None}


@dataclass(frozen=True, slots=True)
class Entry:
    """One mapping: when it applies, the request it makes and what it reports (contract 8)."""

    name: str
    """For logs: its ``name``, else its place in the file."""
    enabled: bool | Program = True
    url: Program | None = None
    method: Program | None = None
    body: Template | None = None
    headers: Template | None = None
    query: Template | None = None
    report: ReportRules = field(default_factory=ReportRules)
    decrypt: tuple[tuple[str, ...], ...] = ()
    """Paths of encrypted inputs, split at their dots."""
    refuse: Program | None = None
    """Ours: a text that it yields ends the run as a failure, and nothing is sent."""
    key_by: Program | None = None
    """Ours: invocations of one key are worked off in order."""
    policy: Policy = field(default_factory=Policy)
