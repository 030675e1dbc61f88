"""Items made of the seed: the same seed gives the same company. More items keep the first ones as they were, except for
whom they refer to: owners and assignees are dealt anew among everybody."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from fairway.integration.definition import Context, Page
from fairway.integration.http import ThirdPartyUnavailable
from fairway.integration.model import RawItem
from fairway.integrations.fake.selectors import FakeSelector
from fairway.integrations.fake.settings import FakeSettings

_FIRST = ("Ada", "Blaise", "Chidi", "Dana", "Edsger", "Farah", "Grace", "Hedy", "Ines", "Jun", "Katherine", "Lin")
_LAST = ("Abara", "Brandt", "Castillo", "Dubois", "Eriksen", "Fischer", "Gupta", "Hoang", "Ivanova", "Jensen")
_AREAS = ("billing", "catalog", "checkout", "identity", "inventory", "mail", "orders", "pricing", "search", "shipping")
_PARTS = ("api", "worker", "gateway", "web", "batch", "cache")
_LANGUAGES = ("Go", "Java", "Python", "Rust", "TypeScript")
_TROUBLES = ("slow answers", "failed deployments", "lost messages", "full disk", "expired certificate", "bad data")
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class FakeSource:
    """The company's only server."""

    def __init__(self, context: Context) -> None:
        self._settings = FakeSettings.of(context.config)
        self._weather = random.Random(context.clock.now().isoformat())  # noqa: S311 no secret

    async def pages(self, kind: str, selector: FakeSelector) -> AsyncIterator[Page]:
        """Raises:
        ThirdPartyUnavailable: a page fails, as often as the settings say.
        """
        how = self._settings.kinds[kind]
        count = how.count if selector.count is None else selector.count
        for start in range(0, count, how.page_size):
            await asyncio.sleep(how.delay_seconds)
            if self._weather.random() < how.failure_rate:
                page = start // how.page_size + 1
                raise ThirdPartyUnavailable(f'Page {page} of "{kind}" failed, as "failureRates.{kind}" wants some to')
            yield [self._item(kind, number) for number in range(start, min(start + how.page_size, count))]

    def _item(self, kind: str, number: int) -> RawItem:
        chance = random.Random(f"{self._settings.seed}:{kind}:{number}")  # noqa: S311 no secret
        if kind == "person":
            return _person(number, chance)
        return self._service(number, chance) if kind == "service" else self._incident(number, chance)

    def _service(self, number: int, chance: random.Random) -> RawItem:
        area = chance.choice(_AREAS)
        return {
            "id": f"service-{number + 1}",
            "name": f"{area}-{chance.choice(_PARTS)}-{number + 1}",
            "area": area,
            "language": chance.choice(_LANGUAGES),
            "tier": chance.choice((1, 2, 2, 3, 3, 3)),
            "owner": self._other("person", chance),
            "created_at": _instant(chance),
        }

    def _incident(self, number: int, chance: random.Random) -> RawItem:
        open_ = chance.random() < 0.15
        return {
            "id": f"incident-{number + 1}",
            "title": chance.choice(_TROUBLES).capitalize(),
            "severity": chance.choice(("minor", "minor", "major", "critical")),
            "status": "open" if open_ else "resolved",
            "service": self._other("service", chance),
            "assignee": self._other("person", chance),
            "created_at": _instant(chance),
        }

    def _other(self, kind: str, chance: random.Random) -> str | None:
        """An item of another kind, if there are any."""
        draw, count = chance.random(), self._settings.kinds[kind].count
        return f"{kind}-{int(draw * count) + 1}" if count else None


def _person(number: int, chance: random.Random) -> RawItem:
    first, last = chance.choice(_FIRST), chance.choice(_LAST)
    return {
        "id": f"person-{number + 1}",
        "name": f"{first} {last}",
        "email": f"{first}.{last}.{number + 1}@company.example".lower(),
        "area": chance.choice(_AREAS),
        "active": chance.random() < 0.95,
    }


def _instant(chance: random.Random) -> str:
    return (_EPOCH + timedelta(minutes=chance.randrange(525_600))).strftime("%Y-%m-%dT%H:%M:%SZ")
