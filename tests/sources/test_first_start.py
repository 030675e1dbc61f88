"""The recorded first start of a published integration (integration framework contract, 8.1), call by call."""

from __future__ import annotations

from typing import Any

import httpx

AGENT = "port-ocean/recorder/0.1.0/scn"
EXPORTER = {"user-agent": f"{AGENT}/exporter"}
INFO = {"oceanCoreVersion": "0.56.2", "isPolling": "false"}
KINDS = {"repository": ("perfRepository", 30), "team": ("perfTeam", 12)}
EVENT = "0f8b-resync"
BULK = {
    "upsert": "true",
    "merge": "true",
    "create_missing_related_entities": "true",
    "validation_only": "false",
    "ocean_info_event_type": "resync",
    "ocean_info_resync_id": EVENT,
}


def _config() -> dict[str, Any]:
    resources = [
        {
            "kind": kind,
            "selector": {"query": "true"},
            "port": {"entity": {"mappings": {"identifier": ".id", "blueprint": f'"{blueprint}"', "title": ".name"}}},
        }
        for kind, (blueprint, _) in KINDS.items()
    ]
    return {"deleteDependentEntities": True, "createMissingRelatedEntities": True, "resources": resources}


def _blueprint(identifier: str, relations: dict[str, Any]) -> dict[str, Any]:
    properties = {"name": {"type": "string", "title": "Name"}}
    schema = {"properties": properties, "required": []}
    return {"identifier": identifier, "title": identifier, "icon": "Git", "schema": schema, "relations": relations}


def _metric(kind: str, state: str, **counts: int) -> dict[str, Any]:
    loaded = {"object_count_type": {name: {"object_count": count} for name, count in counts.items()}}
    return {
        "integrationType": "recorder",
        "installationType": "OnPrem",
        "executionMode": "single_process",
        "integrationIdentifier": "scn",
        "integrationVersion": "0.1.0",
        "oceanVersion": "0.56.2",
        "kindIdentifier": kind,
        "kind": kind.rsplit("-", 1)[0],
        "kindIndex": 0,
        "eventId": EVENT,
        "syncState": state,
        "metrics": {"phase": {"load": loaded} if counts else {}, "cpu_max_percent": 3.5},
    }


class Recording:
    """Plays the calls of 8.1 and asserts what the framework relies on."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._metrics = ""

    async def call(self, method: str, path: str, body: Any = None, *, expect: int = 200, **options: Any) -> Any:
        if body is not None:
            options["json"] = body
        response = await self._client.request(method, path, **{"headers": {"user-agent": AGENT}, **options})
        assert response.status_code == expect, f"{method} {path}: {response.status_code} {response.text}"
        return response.json()

    async def initialise(self) -> None:
        missing = await self.call("GET", "/v1/integration/scn", params=INFO, expect=404)
        assert "integration" not in missing
        assert (await self.call("GET", "/v1/integration/provision-enabled"))["integrations"] == []
        organization = (await self.call("GET", "/v1/organization"))["organization"]
        assert organization["featureFlags"] == []
        await self.call("GET", "/v1/integration/scn", params=INFO, expect=404)
        body = {
            "installationId": "scn",
            "installationAppType": "recorder",
            "version": "0.1.0",
            "changelogDestination": {},
            "config": _config(),
            "actionsProcessingEnabled": False,
            "incrementalSyncEnabled": False,
            "createPortResourcesOrigin": "Default",
        }
        created = (await self.call("POST", "/v1/integration", body, expect=201))["integration"]
        compared = {
            "changelogDestination": {},
            "installationAppType": "recorder",
            "version": "0.1.0",
            "actionsProcessingEnabled": False,
            "incrementalSyncEnabled": False,
            "processingMode": "dsp",
        }
        patched = (await self.call("PATCH", "/v1/integration/scn", compared))["integration"]
        assert patched.items() >= compared.items(), "or it patches again at every start"
        assert patched["config"] == body["config"]
        assert not created["arePortResourcesInitialized"]

    async def create_defaults(self) -> None:
        repository = {"team": {"target": "perfTeam", "many": False, "required": False, "title": "Team"}}
        relations: dict[str, dict[str, Any]] = {"perfRepository": repository, "perfTeam": {}}
        for identifier in relations:
            await self.call("GET", f"/v1/blueprints/{identifier}", expect=404)
        for identifier in relations:
            bare = {key: value for key, value in _blueprint(identifier, {}).items() if key != "relations"}
            await self.call("POST", "/v1/blueprints", bare, expect=201, headers=EXPORTER)
        for _ in ("relations", "full"):
            for identifier, related in relations.items():
                await self.call("PATCH", f"/v1/blueprints/{identifier}", _blueprint(identifier, related))
        done = {"arePortResourcesInitialized": True, "version": "0.1.0"}
        assert (await self.call("PATCH", "/v1/integration/scn", done))["integration"]["arePortResourcesInitialized"]

    async def sync(self) -> None:
        await self.report("running", lastResyncStart="2026-01-28T10:00:00.000Z", lastResyncEnd=None)
        mapping = (await self.call("GET", "/v1/integration/scn", params=INFO))["integration"]
        assert mapping["config"] == _config()
        self._metrics = mapping["metricAttributes"]["ingestUrl"]
        await self.post_metrics(*(_metric(f"{kind}-{at}", "pending") for at, kind in enumerate(KINDS)))
        await self.post_metrics(_metric("__runtime__", "syncing"))
        for at, kind in enumerate(KINDS):
            await self.sync_kind(at, kind)
        await self.reconcile()
        await self.report("completed", lastResyncEnd="2026-01-28T10:01:00.000Z")
        await self.post_metrics(_metric("__runtime__", "completed"))
        lines = [{"message": "done", "level": "INFO", "timestamp": "2026-01-28T10:01:00.123456Z", "extra": {}}]
        await self.call("POST", mapping["logAttributes"]["ingestUrl"], {"logs": lines}, expect=202)

    async def sync_kind(self, at: int, kind: str) -> None:
        blueprint, total = KINDS[kind]
        identifier = f"{kind}-{at}"
        await self.put_metric(_metric(identifier, "syncing"))
        examples = {"examples": [{"id": f"{kind}0", "name": "first", "token": "[REDACTED]"}]}
        await self.call("POST", f"/v1/integration/scn/kinds/{kind}/examples", examples)
        for start in range(0, total, 15):
            await self.load(blueprint, [f"{kind}{number}" for number in range(start, min(total, start + 15))])
        await self.put_metric(_metric(identifier, "completed", loaded=total, raw_extracted=total))

    async def load(self, blueprint: str, names: list[str]) -> None:
        query = {
            "combinator": "and",
            "rules": [
                {"property": "$identifier", "operator": "in", "value": names},
                {"property": "$blueprint", "operator": "=", "value": blueprint},
            ],
        }
        include = [("include", "blueprint"), ("include", "identifier")]
        await self.call("POST", "/v1/entities/search", query, headers=EXPORTER, params=include)
        entities = [
            {"identifier": name, "blueprint": blueprint, "title": name, "properties": {"name": name}, "relations": {}}
            for name in names
        ]
        path = f"/v1/blueprints/{blueprint}/entities/bulk"
        answer = await self.call("POST", path, {"entities": entities}, headers=EXPORTER, params=BULK)
        assert [each["identifier"] for each in answer["entities"]] == names
        assert not answer.get("errors")

    async def reconcile(self) -> None:
        await self.post_metrics(_metric("__reconciliation__", "syncing"))
        body = {"datasource_prefix": "port-ocean/recorder", "datasource_suffix": "/scn/exporter", "limit": 5000}
        path = "/v1/blueprints/entities/datasource-entities"
        answer = await self.call("POST", path, body, headers=EXPORTER)
        found = {(each["blueprint"], each["identifier"]) for each in answer["entities"]}
        assert found == {(bp, f"{kind}{at}") for kind, (bp, total) in KINDS.items() for at in range(total)}
        assert not answer.get("next")
        await self.put_metric(_metric("__reconciliation__", "completed"))

    async def report(self, status: str, **fields: Any) -> None:
        body = {"status": status, "nextResync": None, "intervalInMinuets": None, **fields}
        integration = (await self.call("PATCH", "/v1/integration/scn/resync-state", body))["integration"]
        assert integration["resyncState"]["updatedAt"]

    async def post_metrics(self, *events: dict[str, Any]) -> None:
        await self.call("POST", f"{self._metrics}/syncMetrics", {"syncKindsMetrics": list(events)}, expect=202)

    async def put_metric(self, event: dict[str, Any]) -> None:
        url = f"{self._metrics}/syncMetrics/resync/{EVENT}/kind/{event['kindIdentifier']}"
        await self.call("PUT", url, {"syncKindMetrics": event})


async def test_recorded_first_start(client: httpx.AsyncClient) -> None:
    recording = Recording(client)
    await recording.initialise()
    await recording.create_defaults()
    await recording.sync()

    state = (await client.get("/v1/integration/scn", params=INFO)).json()["integration"]["resyncState"]
    assert state["status"] == "completed"
    assert state["lastResyncStart"] == "2026-01-28T10:00:00.000Z"
    syncs = (await client.get("/v1/integration/scn/syncsMetadata")).json()
    assert [(each["eventId"], each["syncState"]) for each in syncs["data"]] == [(EVENT, "completed")]
    metrics = (await client.get("/v1/integration/scn/syncMetrics", params={"resyncId": EVENT})).json()
    assert metrics["count"] == 4
    status = (await client.get("/v1/fairway/integration/scn/status")).json()["status"]
    assert status["lastSync"]["totals"] == {"load.loaded": 42, "load.raw_extracted": 42}
    assert [line["message"] for line in status["recentLogs"]] == ["done"]
    kinds = (await client.get("/v1/integration/scn/kinds")).json()["data"]
    assert kinds["team"]["examples"][0]["data"]["id"] == "team0"
