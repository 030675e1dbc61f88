"""Logs, metrics, kinds and cursors of integrations (contract 8.1, 8.5)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from fairway.portal.services import Portal
from fairway.portal.sources.integrations import telemetry_repository

PATH = "/v1/integration/scn"


async def _lines(client: httpx.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    response = await client.get(f"{PATH}/logs", params=params)
    assert response.status_code == 200, response.text
    lines: list[dict[str, Any]] = response.json()["data"]
    return lines


async def test_logs_are_stored_and_paged(client: httpx.AsyncClient, urls: dict[str, str]) -> None:
    lines = [
        {
            "message": f"line {number}",
            "level": "error" if number == 3 else "INFO",
            "timestamp": "never" if number == 1 else "2026-11-24T10:00:00.123456Z",
            "extra": {"eventId": "run-1"} if number < 5 else {},
        }
        for number in range(10)
    ]
    assert (await client.post(urls["log"], json={"logs": [*lines, "junk"]})).status_code == 202
    newest = await _lines(client, limit=4)
    assert [line["message"] for line in newest] == ["line 9", "line 8", "line 7", "line 6"]
    older = await _lines(client, limit=2, log_id=newest[-1]["id"])
    assert [line["message"] for line in older] == ["line 5", "line 4"]
    newer = await _lines(client, limit=2, log_id=newest[-1]["id"], direction="up")
    assert [line["message"] for line in newer] == ["line 8", "line 7"]
    assert [line["message"] for line in await _lines(client, level="ERROR")] == ["line 3"]
    assert len(await _lines(client, **{"level[]": "INFO,ERROR"})) == 10
    assert len(await _lines(client, eventId="run-1")) == 5
    assert await _lines(client, limit=0) == []
    assert len(await _lines(client, timestamp="2026-11-24T10:00:00.123Z")) >= 9


BAD_QUERIES = ["timestamp=x", "direction=left", "limit=many", "log_id=x"]


async def test_a_log_query_that_does_not_hold(client: httpx.AsyncClient, urls: dict[str, str]) -> None:
    for query in BAD_QUERIES:
        assert (await client.get(f"{PATH}/logs?{query}")).status_code == 422


async def test_logs_are_a_ring_and_lines_are_cut(
    client: httpx.AsyncClient, urls: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telemetry_repository, "KEPT_LOGS", 50)
    big = {"message": "x" * 20_000, "level": "INFO", "extra": {"trace": "y" * 20_000}}
    for _ in range(3):
        await client.post(urls["log"], json={"logs": [{"message": "m"}] * 40})
    await client.post(urls["log"], json={"logs": [big]})
    lines = await _lines(client, limit=300)
    assert len(lines) == 50
    assert (len(lines[0]["message"]), lines[0]["extra"]) == (8192, {"truncated": True})


BAD_BATCHES: list[Any] = [{}, {"logs": "x"}, [], None, {"logs": None}]


async def test_a_log_batch_that_does_not_hold(client: httpx.AsyncClient, urls: dict[str, str]) -> None:
    for body in BAD_BATCHES:
        assert (await client.post(urls["log"], json=body)).status_code in (400, 422)


async def test_reports_need_a_token_and_a_known_address(
    client: httpx.AsyncClient, anonymous: httpx.AsyncClient, urls: dict[str, str]
) -> None:
    body = {"logs": [{"message": "m"}]}
    assert (await anonymous.post(urls["log"], json=body)).status_code == 401
    assert (await client.post("/logs/integration/nobody", json=body)).status_code == 404
    assert (await client.post("/metrics/integration/nobody/heartbeat", json={"eventId": "e"})).status_code == 404
    lake = f"{urls['ingest']}/lake/write/integration-type/t/integration/scn/sync/s/kind/k"
    assert (await client.post(lake, json={"data": []})).status_code == 202
    assert (await anonymous.post(lake, json={"data": []})).status_code == 401


async def test_metrics_of_syncs(client: httpx.AsyncClient, urls: dict[str, str]) -> None:
    def event(sync: str, kind: str, state: str, **metrics: Any) -> dict[str, Any]:
        return {"eventId": sync, "kindIdentifier": kind, "kind": kind, "syncState": state, "metrics": metrics}

    extract = {"phase": {"extract": {"object_count_type": {"raw_extracted": {"object_count": 7.0}, "odd": 1}}}}
    for sync in ("one", "two"):
        pending = [event(sync, "a-0", "pending"), event(sync, "__runtime__", "syncing")]
        await client.post(f"{urls['metric']}/syncMetrics", json={"syncKindsMetrics": pending})
        put = f"{urls['metric']}/syncMetrics/resync/{sync}/kind/a-0"
        done = event(sync, "a-0", "completed", **extract, cpu_max_percent=3)
        assert (await client.put(put, json={"syncKindMetrics": done})).status_code == 200
        assert (await client.post(f"{urls['metric']}/heartbeat", json={"eventId": sync})).status_code == 202
    failed = event("two", "__runtime__", "failed")
    await client.post(f"{urls['metric']}/syncMetrics", json={"syncKindMetrics": failed})

    assert (await client.get(f"{PATH}/syncMetrics")).json()["count"] == 4
    found = (await client.get(f"{PATH}/syncMetrics", params={"resyncId": "one"})).json()["data"]
    kind = next(each for each in found if each["kindIdentifier"] == "a-0")
    assert kind["syncState"] == "completed"
    assert kind["metrics"] == {"phase": {"extract": {"object_count_type": {"raw_extracted": {"object_count": 7}}}}}
    states = {each["eventId"]: each["syncState"] for each in (await client.get(f"{PATH}/syncsMetadata")).json()["data"]}
    assert states == {"one": "syncing", "two": "failed"}
    internal = (await client.get(PATH)).json()["integration"]["_id"]
    assert (await client.get(f"/v1/integration/{internal}/syncsMetadata")).json()["count"] == 2

    status = (await client.get("/v1/fairway/integration/scn/status")).json()["status"]
    assert len(status["recentSyncs"]) == 2
    assert status["recentSyncs"][0]["heartbeatAt"]


async def test_syncs_are_a_ring(
    client: httpx.AsyncClient, urls: dict[str, str], portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telemetry_repository, "KEPT_SYNCS", 3)
    for number in range(6):
        metric = {"eventId": f"e{number}", "kindIdentifier": "a-0"}
        await client.post(f"{urls['metric']}/syncMetrics", json={"syncKindsMetrics": [metric]})
    assert (await client.get(f"{PATH}/syncsMetadata")).json()["count"] == 3
    assert (await client.get(f"{PATH}/syncMetrics")).json()["count"] == 3


BAD_METRICS = [
    {},
    {"syncKindsMetrics": [{}]},
    {"syncKindsMetrics": ["x"]},
    {"syncKindsMetrics": [{"eventId": 1}]},
    {"syncKindMetrics": 5},
]


async def test_a_metric_that_does_not_hold(client: httpx.AsyncClient, urls: dict[str, str]) -> None:
    for body in BAD_METRICS:
        assert (await client.post(f"{urls['metric']}/syncMetrics", json=body)).status_code == 422


async def test_metrics_of_any_shape_are_shown_in_the_reference_shape(
    client: httpx.AsyncClient, urls: dict[str, str]
) -> None:
    phases: list[Any] = [
        1,
        {"extract": []},
        {"load": {"object_count_type": 3}},
        {"load": {"object_count_type": {"failed": None}}, "resync": {"success": "x"}},
    ]
    odd: list[Any] = [None, [], "x", *({"phase": each} for each in phases)]
    events = [{"eventId": "e", "kindIdentifier": f"k{at}", "metrics": each} for at, each in enumerate(odd)]
    await client.post(f"{urls['metric']}/syncMetrics", json={"syncKindsMetrics": events})
    assert (await client.get(f"{PATH}/syncMetrics")).json()["count"] == len(odd)
    assert (await client.get("/v1/fairway/integration/scn/status")).status_code == 200


async def test_kinds_keep_their_last_examples(client: httpx.AsyncClient, urls: dict[str, str]) -> None:
    assert (await client.get(f"{PATH}/kinds")).json()["data"] == {}
    for examples in ([{"a": 1}] * 30, [{"a": 2}, "text"]):
        path = f"{PATH}/kinds/project%2Ffile/examples"
        assert (await client.post(path, json={"examples": examples})).json() == {"ok": True}
    kinds = (await client.get(f"{PATH}/kinds")).json()["data"]
    assert [each["data"] for each in kinds["project/file"]["examples"]] == [{"a": 2}, "text"]
    assert (await client.post(f"{PATH}/kinds/x/examples", json={"examples": {}})).status_code == 422


async def test_cursors(client: httpx.AsyncClient, urls: dict[str, str]) -> None:
    """8.3 of the framework contract: PUT answers 404 until a POST has made the cursor."""
    path, params = f"{PATH}/cursor", {"kind": "team", "index": "1"}
    body = {"primary": "2026-01-01T00:00:00Z"}
    assert (await client.get(path, params=params)).json() == {"ok": True, "cursor": None}
    assert (await client.put(path, params=params, json=body)).status_code == 404
    assert (await client.post(path, params=params, json=body)).status_code == 201
    assert (await client.get(path, params=params)).json()["cursor"] == body
    later = {"primary": "2026-02-01T00:00:00Z"}
    assert (await client.put(path, params=params, json=later)).json()["cursor"] == later
    assert (await client.get(path, params={"kind": "team", "index": "2"})).json()["cursor"] is None
    assert (await client.get(path)).status_code == 422
    assert (await client.post(path, params=params, json={})).status_code == 422
