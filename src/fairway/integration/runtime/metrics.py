"""Prometheus series (contract section 14.2): the names that dashboards know, and proper counters beside them."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from fairway.integration.model import KindReport, State, SyncReport

_SECONDS = (0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 14400)
_COUNTS = (
    ("extract", "raw_extracted", "raw"),
    ("transform", "transformed", "mapped"),
    ("transform", "filtered_out", "filtered"),
    ("transform", "failed", "failed"),
    ("load", "loaded", "loaded"),
    ("load", "failed", "rejected"),
    ("load", "skipped", "unchanged"),
    ("delete", "deleted", "deleted"),
)


class SyncMetrics:
    """One per process; nothing is global."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        labels = ["kind", "phase"]
        self._duration = Gauge("duration_seconds", "Of the last run", labels, registry=self._registry)
        self._objects = Gauge(
            "object_count", "Objects of the last run", [*labels, "object_count_type"], registry=self._registry
        )
        self._success = Gauge("success", "Whether the last run went well", labels, registry=self._registry)
        self._runs = Counter("fairway_sync_runs", "Runs by their end", ["state"], registry=self._registry)
        self._entities = Counter(
            "fairway_sync_entities", "Entities by what became of them", ["kind", "fate"], registry=self._registry
        )
        self._seconds = Histogram(
            "fairway_sync_kind_seconds", "Duration of kinds", ["kind"], buckets=_SECONDS, registry=self._registry
        )

    def ended(self, report: SyncReport) -> None:
        """A run has ended."""
        self._runs.labels(report.state.value).inc()
        for each in report.kinds:
            self._kind(each)

    def _kind(self, report: KindReport) -> None:
        name = report.resource.name
        self._duration.labels(name, "resync").set(report.seconds)
        self._success.labels(name, "resync").set(report.state in (State.COMPLETED, State.WARNINGS))
        self._seconds.labels(name).observe(report.seconds)
        for phase, kind, field in _COUNTS:
            count = getattr(report.counts, field)
            self._objects.labels(name, phase, kind).set(count)
            if phase in ("load", "delete"):
                self._entities.labels(name, kind).inc(count)

    def exposition(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self._registry)
