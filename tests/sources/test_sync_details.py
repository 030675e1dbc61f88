"""What integrations of ours tell about a sync beyond the contract, and how one is ended from here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from fairway.kit.clock import ManualClock

PATH = "/v1/integration/scn"


@pytest.fixture
def clock() -> ManualClock:
    """Moved by hand."""
    return ManualClock(datetime.now(UTC))


RUNTIME = "__runtime__"


def _event(kind: str, state: str, **more: Any) -> dict[str, Any]:
    return {"eventId": "e", "kindIdentifier": kind, "kind": kind, "syncState": state, **more}


async def _send(client: httpx.AsyncClient, urls: dict[str, str], *events: dict[str, Any]) -> None:
    sent = await client.post(f"{urls['metric']}/syncMetrics", json={"syncKindsMetrics": list(events)})
    assert sent.status_code == 202, sent.text


async def _last(client: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/v1/fairway/integration/scn/status")).json()["status"]["lastSync"]
    return found


async def test_the_end_of_a_sync_is_asked_for_in_the_answer_to_its_heartbeat(
    client: httpx.AsyncClient, urls: dict[str, str], login: Any
) -> None:
    member = await login("jo@example.com")
    abort = "/v1/fairway/integration/scn/abort"
    assert (await client.post(abort)).status_code == 409
    await _send(client, urls, _event(RUNTIME, "syncing"))
    beat = f"{urls['metric']}/heartbeat"
    assert "abort" not in (await client.post(beat, json={"eventId": "e"})).json()
    assert (await member.post(abort)).status_code == 403
    assert (await client.post(abort)).json()["eventId"] == "e"
    assert (await client.post(beat, json={"eventId": "e"})).json()["abort"] is True
    assert (await client.post(beat, json={"eventId": "other"})).json().get("abort") is None
    assert (await _last(client))["state"] == "syncing"
    await _send(client, urls, _event(RUNTIME, "aborted"))
    assert (await client.post("/v1/fairway/integration/nobody/abort")).status_code == 404


async def test_a_sync_that_falls_silent_is_lost(
    client: httpx.AsyncClient, urls: dict[str, str], clock: ManualClock
) -> None:
    await _send(client, urls, _event(RUNTIME, "syncing"))
    await client.post(f"{urls['metric']}/heartbeat", json={"eventId": "e"})
    clock.advance(seconds=60)
    assert (await _last(client))["state"] == "syncing"
    clock.advance(seconds=100)
    assert (await _last(client))["state"] == "lost"
    assert (await client.post("/v1/fairway/integration/scn/abort")).status_code == 409
    await client.post(f"{urls['metric']}/heartbeat", json={"eventId": "e"})
    assert (await _last(client))["state"] == "syncing"


async def test_details_are_shown_within_bounds(client: httpx.AsyncClient, urls: dict[str, str]) -> None:
    assert (await client.get(PATH)).json()["integration"]["metricAttributes"]["details"] is True
    problem = {"where": "/a", "message": "m" * 9000, "program": 7, "item": "i"}
    counts = {"raw": 3, "failed": -1, "mapped": True, "invented": 4, "kept": 1}
    kind = {"state": "completed_with_warnings", "counts": counts, "problems": [problem] * 99}
    kept = {"reason": "r", "count": 2, "blueprint": "b", "sample": ["x", 1, *"yyyyyyyy"]}
    whole = {"state": "nonsense", "kept": [kept, 5], "quality": {"tier": "gold", "broken": [{"rule": "live"}, "x"]}}
    await _send(
        client, urls, _event("a-0", "completed", details=kind), _event("b-0", "completed", details="x"),
        _event(RUNTIME, "completed", details=whole),
    )  # fmt: skip
    last = await _last(client)
    found = {each["kind"]: each["details"] for each in last["kinds"]}
    assert found["b-0"] is None
    assert (found["a-0"]["counts"], len(found["a-0"]["problems"])) == ({"raw": 3, "kept": 1}, 20)
    assert found["a-0"]["problems"][0] == {"where": "/a", "message": "m" * 2000, "program": None, "item": "i"}
    assert last["details"] == {
        "state": None,
        "problem": None,
        "kept": [{**kept, "sample": ["x", "y", "y", "y", "y"]}],
        "quality": {"tier": "gold", "broken": [{"rule": "live", "tier": "", "asks": ""}]},
    }
