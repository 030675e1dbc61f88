"""The entities of the demo organisation: the same for the same day, whoever asks."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from fairway.demo import estate
from fairway.demo.people import TEAMS, email_of
from fairway.wire.entities import EntityWrite

Batch = tuple[str, list[EntityWrite]]
"""A blueprint and entities of it."""

_LANGUAGES = ("Python", "Go", "TypeScript", "Kotlin", "Rust")
_TIERS = {"mission critical": "gold", "business critical": "silver", "supporting": "bronze"}


def build_entities(today: datetime) -> list[Batch]:
    """All entities, in an order in which relations point backwards."""
    return _Estate(today).batches()


class _Estate:
    """Draws every choice from one seeded generator, in a fixed order."""

    def __init__(self, today: datetime) -> None:
        self._today = today.replace(hour=9, minute=0, second=0, microsecond=0)
        self._random = random.Random(20260101)  # noqa: S311 variety, not secrecy
        self._members = {team.name: [email_of(member) for member in team.members] for team in TEAMS}

    def batches(self) -> list[Batch]:
        services = self._services()
        resources = [resource for service in services for resource in self._resources(service)]
        for service in services:
            name = service["identifier"]
            own = [item["identifier"] for item in resources if item["properties"]["tags"]["service"] == name]
            service["relations"]["resources"] = own
        bare: list[EntityWrite] = [
            {**service, "relations": {**service["relations"], "depends_on": []}} for service in services
        ]
        return [
            ("domain", [_domain(row) for row in estate.DOMAINS]),
            ("system", [_system(row) for row in estate.SYSTEMS]),
            ("environment", [_environment(row) for row in estate.ENVIRONMENTS]),
            ("package", [_package(row) for row in estate.PACKAGES]),
            ("cloud_resource", resources),
            ("service", bare),
            ("service", services),
            ("deployment", [deployment for service in services for deployment in self._deployments(service)]),
            ("incident", self._incidents(services)),
        ]

    def _services(self) -> list[EntityWrite]:
        names = [
            (name, system, criticality, team)
            for system, _, criticality, team, services in estate.SYSTEMS
            for name in services.split()
        ]
        return [self._service(*row, earlier=[name for name, *_ in names[:at]]) for at, row in enumerate(names)]

    def _service(self, name: str, system: str, criticality: str, team: str, *, earlier: list[str]) -> EntityWrite:
        draw = self._random
        language = draw.choice(_LANGUAGES)
        lifecycle = draw.choices(("production", "experimental", "deprecated"), (80, 14, 6))[0]
        title = name.replace("-", " ").capitalize()
        packages = [package[0] for package in estate.PACKAGES if package[1] == language]
        properties: dict[str, Any] = {
            "description": f"{title} of the {system.replace('-', ' ')} system",
            "language": language,
            "lifecycle": lifecycle,
            "tier": _TIERS[criticality],
            "repository": f"https://git.acme.example/{system}/{name}",
            "dashboard": f"https://metrics.acme.example/d/{name}",
            "chat": {"url": f"https://chat.acme.example/{team.lower()}", "displayText": f"#{team.lower()}"},
            "api": f'{{"openapi": "3.0.3", "info": {{"title": "{title}", "version": "1"}}, "paths": {{}}}}',
            "readme": f"# {title}\n\nRun `make run`, then open http://localhost:8000.\n",
            "coverage": draw.randint(35, 97),
            "replicas": draw.choice((1, 2, 2, 3, 3, 6)),
            "tags": sorted({language.lower(), _TIERS[criticality], draw.choice(("http", "grpc", "events", "batch"))}),
            "last_release": self._ago(days=draw.randint(0, 60), hours=draw.randint(0, 23)),
            "certificate_expires": self._ago(days=-draw.randint(10, 300)),
        }
        if draw.random() < 0.8:
            properties["on_call"] = draw.choice(self._members[team])
        if draw.random() < 0.7:
            properties["runbook"] = f"https://docs.acme.example/runbooks/{name}"
        relations = {
            "system": system,
            "depends_on": sorted(draw.sample(earlier, min(len(earlier), draw.randint(0, 3)))),
            "packages": sorted(draw.sample(packages, draw.randint(2, len(packages)))),
        }
        return {"identifier": name, "title": title, "team": [team], "properties": properties, "relations": relations}

    def _resources(self, service: EntityWrite) -> list[EntityWrite]:
        draw = self._random
        kinds = draw.sample(sorted(estate.ENGINES), draw.choice((0, 1, 1, 2)))
        return [self._resource(service, kind) for kind in kinds]

    def _resource(self, service: EntityWrite, kind: str) -> EntityWrite:
        draw = self._random
        identifier = f"{service['identifier']}-{kind}"
        properties: dict[str, Any] = {
            "kind": kind,
            "engine": draw.choice(estate.ENGINES[kind]),
            "region": "eu-central-1",
            "monthly_cost": draw.randint(4, 900),
            "encrypted": draw.random() < 0.9,
            "console": f"https://console.cloud.example/{kind}/{identifier}",
            "address": f"10.{draw.randint(0, 9)}.{draw.randint(0, 255)}.{draw.randint(1, 254)}",
            "tags": {"service": service["identifier"], "managed-by": "terraform"},
        }
        title = f"{service['title']} {kind}"
        relations = {"environment": "production-eu"}
        return {"identifier": identifier, "title": title, "properties": properties, "relations": relations}

    def _deployments(self, service: EntityWrite) -> list[EntityWrite]:
        experimental = service["properties"]["lifecycle"] == "experimental"
        environments = [row[0] for row in estate.ENVIRONMENTS if not (experimental and row[1] == "production")]
        return [self._deployment(service, name) for name in environments if self._random.random() < 0.75]

    def _deployment(self, service: EntityWrite, environment: str) -> EntityWrite:
        draw = self._random
        name = service["identifier"]
        return {
            "identifier": f"{name}/{environment}",
            "title": f"{service['title']} in {environment}",
            "properties": {
                "version": f"{draw.randint(1, 5)}.{draw.randint(0, 30)}.{draw.randint(0, 9)}",
                "status": draw.choices(("healthy", "degraded", "failed"), (90, 8, 2))[0],
                "deployed_at": self._ago(days=draw.randint(0, 40), hours=draw.randint(0, 23)),
                "commit": f"{draw.getrandbits(160):040x}",
                "replicas": service["properties"]["replicas"],
                "url": f"https://{name}.{environment}.acme.example",
            },
            "relations": {"service": name, "environment": environment},
        }

    def _incidents(self, services: list[EntityWrite]) -> list[EntityWrite]:
        return [self._incident(number, self._random.choice(services)) for number in range(1, 33)]

    def _incident(self, number: int, service: EntityWrite) -> EntityWrite:
        draw = self._random
        title, severity = draw.choice(estate.INCIDENTS)
        age = draw.randint(0, 90)
        status = "resolved" if age > 7 else draw.choice(("open", "mitigated", "resolved"))
        properties: dict[str, Any] = {
            "severity": severity,
            "status": status,
            "opened_at": self._ago(days=age),
            "summary": f"**{title}** in {service['title']}.",
        }
        if status == "resolved":
            properties["resolved_at"] = self._ago(days=age, hours=-draw.randint(1, 20))
        if "on_call" in service["properties"]:
            properties["commander"] = service["properties"]["on_call"]
        return {
            "identifier": f"INC-{1000 + number}",
            "title": title,
            "properties": properties,
            "relations": {"service": service["identifier"]},
        }

    def _ago(self, *, days: int, hours: int = 0) -> str:
        return f"{self._today - timedelta(days=days, hours=hours):%Y-%m-%dT%H:%M:%SZ}"


def _domain(row: tuple[str, str, str, str, str]) -> EntityWrite:
    identifier, title, team, cost_center, description = row
    properties = {
        "description": description,
        "cost_center": cost_center,
        "strategy": f"## Where {title} is going\n\n1. Fewer surprises at night\n2. Faster answers by day\n",
    }
    return {"identifier": identifier, "title": title, "team": [team], "properties": properties}


def _system(row: tuple[str, str, str, str, str]) -> EntityWrite:
    identifier, domain, criticality, _, services = row
    title = identifier.replace("-", " ").capitalize()
    return {
        "identifier": identifier,
        "title": title,
        "properties": {"description": f"Made of {', '.join(services.split())}", "criticality": criticality},
        "relations": {"domain": domain},
    }


def _environment(row: tuple[str, str, str, str, bool]) -> EntityWrite:
    identifier, kind, region, cluster, approval = row
    properties = {"kind": kind, "region": region, "cluster": cluster, "approval_required": approval}
    return {"identifier": identifier, "title": identifier.replace("-", " ").capitalize(), "properties": properties}


def _package(row: tuple[str, str, str, str, str, int, bool]) -> EntityWrite:
    names = ("language", "version", "latest", "license", "vulnerabilities", "internal")
    return {"identifier": row[0], "title": row[0], "properties": dict(zip(names, row[1:], strict=True))}
