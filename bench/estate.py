"""The entities that measurements write: services of 12 properties with three relation values each, about 1 kB."""

from __future__ import annotations

from typing import Any

import orjson

TEAMS = 40
DOMAINS = 200
BLUEPRINTS: list[dict[str, Any]] = [
    {"identifier": "domain", "title": "Domain", "schema": {"properties": {}}},
    {
        "identifier": "service",
        "title": "Service",
        "schema": {
            "properties": {
                "tier": {"type": "string"},
                "language": {"type": "string"},
                "status": {"type": "string"},
                "owner": {"type": "string"},
                "score": {"type": "number"},
                "replicas": {"type": "number"},
                "url": {"type": "string", "format": "url"},
                "repository": {"type": "string", "format": "url"},
                "deployed": {"type": "string", "format": "date-time"},
                "tags": {"type": "array", "items": {"type": "string"}},
                "summary": {"type": "string"},
                "live": {"type": "boolean"},
            }
        },
        "relations": {"domain": {"target": "domain"}, "uses": {"target": "domain", "many": True}},
    },
]
LANGUAGES = ("python", "go", "java", "rust", "typescript", "kotlin", "ruby", "c#")


def domains() -> list[dict[str, Any]]:
    """The targets of all relations."""
    return [{"identifier": f"domain-{number}", "title": f"Domain {number}"} for number in range(DOMAINS)]


def service(number: int, salt: int = 0) -> dict[str, Any]:
    """One service; another ``salt`` changes two of its properties."""
    return {
        "identifier": f"service-{number}",
        "title": f"Service {number}",
        "team": f"team-{number % TEAMS}",
        "properties": {
            "tier": f"tier-{number % 8}",
            "language": LANGUAGES[number % len(LANGUAGES)],
            "status": "ok" if (number + salt) % 3 else "degraded",
            "owner": f"owner-{number % 500}",
            "score": (number * 7919 + salt) % 1000,
            "replicas": number % 12,
            "url": f"https://service-{number}.example.com/health",
            "repository": f"https://git.example.com/group-{number % 97}/service-{number}",
            "deployed": f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}T{number % 24:02}:00:00.000Z",
            "tags": [f"tag-{number % 5}", f"tag-{number % 7 + 5}"],
            "summary": f"The service number {number} does what its callers ask of it, and little else. " * 3,
            "live": number % 4 != 0,
        },
        "relations": {
            "domain": f"domain-{number % DOMAINS}",
            "uses": [f"domain-{(number + step) % DOMAINS}" for step in (1, 2)],
        },
    }


def bulk(start: int, salt: int = 0) -> bytes:
    """The body of one bulk request: 20 services."""
    return orjson.dumps({"entities": [service(number, salt) for number in range(start, start + 20)]})
