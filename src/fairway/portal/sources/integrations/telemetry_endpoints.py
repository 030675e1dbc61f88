"""What integrations send about themselves, and how it is read: logs, metrics, kinds, cursors, probes."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairway.kit.clock import parse_instant, to_millis
from fairway.kit.errors import InvalidRequest, NotFound
from fairway.kit.logs import get_logger
from fairway.portal.access.decisions import require_admin
from fairway.portal.http import CallerDep, answer, api_router, created, json_object, ok, query_list
from fairway.portal.http.requests import optional, query_int, require
from fairway.portal.http.routing import open_router
from fairway.portal.sources.integrations import schemas
from fairway.portal.sources.integrations.telemetry import TelemetryService
from fairway.portal.sources.integrations.telemetry_repository import LogFilter

_PATH = "/integration/{identifier}"
_METRICS = "/metrics/integration/{ingest_id}"
_MAX_INDEX = 1_000_000

log = get_logger(__name__)


def build_router(telemetry: TelemetryService, org_id: str) -> APIRouter:
    """Routes below ``/v1``."""
    router = api_router("Integrations")

    @router.get(
        _PATH + "/logs",
        summary="Log lines of an integration, newest first",
        openapi_extra=schemas.query("limit", "timestamp", "log_id", "direction", "eventId", "level"),
    )
    async def logs(identifier: str, request: Request, caller: CallerDep) -> Response:
        require_admin(caller, "read the logs of integrations")
        return ok(data=await telemetry.logs(identifier, _log_filter(request)))

    @router.get(_PATH + "/syncMetrics", summary="Metrics of resyncs", openapi_extra=schemas.query("resyncId"))
    async def sync_metrics(identifier: str, request: Request, caller: CallerDep) -> Response:
        found = await telemetry.sync_metrics(identifier, request.query_params.get("resyncId") or None)
        return ok(count=len(found), data=found)

    @router.get(_PATH + "/syncsMetadata", summary="Resyncs and their states, newest first")
    async def syncs(identifier: str, caller: CallerDep) -> Response:
        found = await telemetry.syncs(identifier)
        return ok(count=len(found), data=found)

    @router.post(
        "/fairway" + _PATH + "/abort",
        status_code=202,
        summary="Ask the resync that is on to end; integrations of ours do so within seconds",
    )
    async def abort(identifier: str, caller: CallerDep) -> Response:
        return answer(202, {"ok": True, "eventId": await telemetry.abort(caller, identifier)})

    @router.patch(
        "/org/{org}/integration/probe/{probe_id}",
        summary="Report a connection test; it is written to the portal's log",
        openapi_extra=schemas.body(schemas.PROBE),
    )
    async def probe(org: str, probe_id: str, request: Request, caller: CallerDep) -> Response:
        require_admin(caller, "report connection tests")
        report = await json_object(request)
        if org != org_id:
            raise NotFound(f'Organisation with id "{org}" was not found')
        log.info("integration_probe", probe=probe_id[:100], status=report.get("status"), said=report.get("message"))
        return ok()

    _add_kinds(router, telemetry)
    _add_cursors(router, telemetry)
    return router


def build_ingest_router(telemetry: TelemetryService) -> APIRouter:
    """Routes behind the addresses that an integration object names; the token is that of the API."""
    router = open_router("Integrations")

    @router.post("/logs/integration/{ingest_id}", status_code=202, openapi_extra=schemas.body(schemas.LOGS))
    async def add_logs(ingest_id: str, request: Request, caller: CallerDep) -> Response:
        await telemetry.add_logs(caller, ingest_id, await json_object(request))
        return answer(202, {"ok": True})

    @router.post(_METRICS + "/syncMetrics", status_code=202, openapi_extra=schemas.body(schemas.METRICS))
    async def add_metrics(ingest_id: str, request: Request, caller: CallerDep) -> Response:
        body = await json_object(request)
        events = optional(body, "syncKindsMetrics", list)
        if events is None:
            events = [require(body, "syncKindMetrics", dict)]
        await telemetry.add_metrics(caller, ingest_id, events)
        return answer(202, {"ok": True})

    @router.put(_METRICS + "/syncMetrics/resync/{event_id}/kind/{kind}", openapi_extra=schemas.body(schemas.METRIC))
    async def put_metric(ingest_id: str, event_id: str, kind: str, request: Request, caller: CallerDep) -> Response:
        event: dict[str, Any] = require(await json_object(request), "syncKindMetrics", dict)
        await telemetry.add_metrics(caller, ingest_id, [{**event, "eventId": event_id, "kindIdentifier": kind}])
        return ok()

    @router.post(_METRICS + "/heartbeat", status_code=202, openapi_extra=schemas.body(schemas.HEARTBEAT))
    async def heartbeat(ingest_id: str, request: Request, caller: CallerDep) -> Response:
        ends = await telemetry.heartbeat(caller, ingest_id, await json_object(request))
        return answer(202, {"ok": True, "abort": True} if ends else {"ok": True})

    return router


def _add_kinds(router: APIRouter, telemetry: TelemetryService) -> None:
    @router.get(_PATH + "/kinds", summary="Raw examples by kind")
    async def kinds(identifier: str, caller: CallerDep) -> Response:
        return ok(data=await telemetry.kinds(identifier))

    @router.post(
        _PATH + "/kinds/{kind}/examples",
        summary="Replace the examples of a kind",
        openapi_extra=schemas.body(schemas.EXAMPLES),
    )
    async def add_examples(identifier: str, kind: str, request: Request, caller: CallerDep) -> Response:
        await telemetry.add_examples(caller, identifier, kind, await json_object(request))
        return ok()


def _add_cursors(router: APIRouter, telemetry: TelemetryService) -> None:
    path, parameters = _PATH + "/cursor", schemas.query("kind", "index")

    @router.get(path, summary="How far incremental resyncs of a kind have come", openapi_extra=parameters)
    async def read_cursor(identifier: str, request: Request, caller: CallerDep) -> Response:
        return ok(cursor=await telemetry.cursor(identifier, *_cursor_key(request)))

    @router.put(path, summary="Move a cursor", openapi_extra={**schemas.body(schemas.CURSOR), **parameters})
    async def move(identifier: str, request: Request, caller: CallerDep) -> Response:
        kind, position = _cursor_key(request)
        body = await json_object(request)
        return ok(cursor=await telemetry.set_cursor(caller, identifier, kind, position, body, create=False))

    @router.post(
        path,
        status_code=201,
        summary="Start a cursor",
        openapi_extra={**schemas.body(schemas.CURSOR), **parameters},
    )
    async def start(identifier: str, request: Request, caller: CallerDep) -> Response:
        kind, position = _cursor_key(request)
        body = await json_object(request)
        return created(cursor=await telemetry.set_cursor(caller, identifier, kind, position, body, create=True))


def _cursor_key(request: Request) -> tuple[str, int]:
    kind = request.query_params.get("kind", "")
    if not kind:
        raise InvalidRequest('Query parameter "kind" is required')
    return kind, query_int(request, "index", 0, 0, _MAX_INDEX)


def _log_filter(request: Request) -> LogFilter:
    stamp = request.query_params.get("timestamp")
    instant = parse_instant(stamp) if stamp else None
    if stamp and instant is None:
        raise InvalidRequest(f'Query parameter "timestamp" must be an ISO 8601 instant, not "{stamp[:50]}"')
    direction = request.query_params.get("direction") or "down"
    if direction not in ("up", "down"):
        raise InvalidRequest(f'Query parameter "direction" must be up or down, not "{direction[:50]}"')
    has_id = bool(request.query_params.get("log_id"))
    return LogFilter(
        limit=query_int(request, "limit", 100, 0, 300),
        up=direction == "up",
        log_id=query_int(request, "log_id", 0, 0, 2**62) if has_id else None,
        at=None if instant is None else to_millis(instant),
        event_id=request.query_params.get("eventId") or None,
        levels=[level.upper() for level in query_list(request, "level")],
    )
