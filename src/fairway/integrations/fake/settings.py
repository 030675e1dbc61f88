"""Settings: how much there is of each kind, and how reluctantly it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairway.integration.manifest.config_model import ConfigModel
from fairway.kit.errors import InvalidRequest

KINDS = ("person", "service", "incident")
_BY_KIND = ("counts", "page_sizes", "delays", "failure_rates")
_COUNTS = {"person": 40, "service": 60, "incident": 120}


@dataclass(frozen=True, slots=True)
class Reluctance:
    """Of one kind. ``failure_rate`` is the share of pages that fail, 0 to 1."""

    count: int
    page_size: int = 25
    delay_seconds: float = 0.0
    failure_rate: float = 0.0


@dataclass(frozen=True, slots=True)
class FakeSettings:
    """The whole."""

    seed: str
    kinds: Mapping[str, Reluctance]

    @classmethod
    def of(cls, config: Any) -> FakeSettings:
        """Raises:
        InvalidRequest: with everything that is wrong.
        """
        given = config.plain() if isinstance(config, ConfigModel) else dict(config or {})
        problems = [
            f'"{setting}" speaks of the kind "{kind}"; there are: {", ".join(KINDS)}'
            for setting in _BY_KIND
            for kind in sorted((given.get(setting) or {}).keys() - set(KINDS))
        ]
        kinds = {kind: _reluctance(kind, given, problems) for kind in KINDS}
        if problems:
            raise InvalidRequest("; ".join(problems))
        return cls(str(given.get("seed") or "fairway"), kinds)


def _reluctance(kind: str, given: Mapping[str, Any], problems: list[str]) -> Reluctance:
    def number(setting: str, default: float, least: float, most: float) -> float:
        value = (given.get(setting) or {}).get(kind, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            problems.append(f'"{setting}.{kind}" must be a number from {least:g} to {most:g}, not {value!r:.40}')
            return default
        return value

    return Reluctance(
        count=int(number("counts", _COUNTS[kind], 0, 10_000_000)),
        page_size=int(number("page_sizes", 25, 1, 10_000)),
        delay_seconds=number("delays", 0.0, 0, 60),
        failure_rate=number("failure_rates", 0.0, 0, 1),
    )
