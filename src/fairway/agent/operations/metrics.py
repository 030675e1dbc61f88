"""Counters of an agent, for Prometheus. Children are bound once: a label look-up for every run would be felt."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_DELAYS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class AgentMetrics:
    """One per agent; nothing is global."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.claimed = self._counter("claimed", "Invocations taken from the portal or from Kafka")
        self.duplicates = self._counter("duplicates", "Invocations that were already in hand")
        self.delivered = self._counter("delivered", "Invocations whose target accepted them")
        self.failed = self._counter("failed", "Invocations that ended in failure")
        self.retried = self._counter("retried", "Further attempts at targets")
        self.skipped = self._counter("skipped", "Invocations that no mapping applies to, or that somebody else has")
        self.released = self._counter("released", "Invocations given back before they were begun")
        self.dead_lettered = self._counter("dead_lettered", "Invocations and reports kept as dead letters")
        self.reported = self._counter("reported", "Reports that the portal accepted")
        self.reports_refused = self._counter("reports_refused", "Reports that the portal refused for good")
        self.logs_dropped = self._counter("logs_dropped", "Run log lines that were given up")
        self.in_flight = self._gauge("in_flight", "Invocations being executed")
        self.waiting = self._gauge("waiting", "Invocations that wait for their turn")
        self.unreported = self._gauge("unreported", "Reports that wait for the portal")
        self.lag = self._gauge("lag", "Messages that wait in Kafka")
        self.delay = Histogram(
            "fairway_agent_delay_seconds",
            "From the arrival of an invocation at the agent to the end of its request",
            buckets=_DELAYS,
            registry=self.registry,
        )
        self._calls = Counter(
            "fairway_agent_portal_calls", "Calls of the portal", ["purpose", "result"], registry=self.registry
        )
        self._bound: dict[tuple[str, str], Counter] = {}

    def portal_call(self, purpose: str, status: int) -> None:
        """Counts one call; ``status`` 0 is a call without answer."""
        result = "no_answer" if status == 0 else f"{status // 100}xx"
        child = self._bound.get((purpose, result))
        if child is None:
            child = self._bound[purpose, result] = self._calls.labels(purpose, result)
        child.inc()

    def exposition(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self.registry)

    def _counter(self, name: str, help_text: str) -> Counter:
        return Counter(f"fairway_agent_{name}", help_text, registry=self.registry)

    def _gauge(self, name: str, help_text: str) -> Gauge:
        return Gauge(f"fairway_agent_{name}", help_text, registry=self.registry)
