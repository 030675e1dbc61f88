"""Figures of the client of third parties (contract sections 3.2 and 15.3)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fairway import __version__
from fairway.integration.http.guard import OutboundGuard
from fairway.kit.clock import Clock, SystemClock
from fairway.kit.pacing import Sleep


@dataclass(frozen=True, slots=True)
class Retries:
    """When a request is sent again. Methods that may act twice are repeated only when the call says so, or when it is
    sure that the server did not act: it was never reached, or there were too many requests."""

    attempts: int = 10
    first_seconds: float = 0.1
    first_limited_seconds: float = 1.0
    """Of too many requests, when the server does not say how long to wait: ten tries are four minutes, enough for the
    one that GitHub wants of whoever meets its secondary limits."""
    longest_seconds: float = 60.0
    jitter: float = 0.1
    """Share of a pause that is random, either way."""
    statuses: frozenset[int] = frozenset({408, 425, 500, 502, 503, 504})
    methods: frozenset[str] = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})
    longest_asked_seconds: float = 3600.0
    """A longer ``Retry-After`` or reset of a rate limit is not waited for."""


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """What all clients of a process have in common."""

    timeout_seconds: float = 60.0
    """Of a whole request (``CLIENT_TIMEOUT``)."""
    connect_seconds: float = 10.0
    pool: int = 100
    concurrency: int = 16
    """Requests under way to one origin."""
    reserve: float = 0.05
    """Share of a rate limit that resyncs leave to live events."""
    max_bytes: int = 64 * 1024 * 1024
    """Longest answer, unpacked."""
    retries: Retries = field(default_factory=Retries)
    guard: OutboundGuard = field(default_factory=OutboundGuard)
    verify: bool = True
    """False: certificates are not checked (``SSL__THIRD_PARTY__VERIFY``)."""
    strict: bool | None = None
    """``SSL__THIRD_PARTY__X509__STRICT``; see :func:`fairway.kit.tls.trust`."""
    ca_file: Path | None = None
    """Authorities to trust beside those of the system (``SSL__THIRD_PARTY__CA_FILE``)."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Where ``HTTPS_PROXY`` and its kin are looked up."""
    user_agent: str = f"fairway/{__version__} (+integration)"
    clock: Clock = field(default_factory=SystemClock)
    sleep: Sleep = asyncio.sleep


@dataclass(slots=True)
class HttpFigures:
    """Counted since the start of the process."""

    requests: int = 0
    retries: int = 0
    limited: int = 0
    """Answers that there were too many requests."""
    bytes_read: int = 0
    waited_seconds: float = 0.0
    """For rate limits."""
