"""``/v1/fairway/gitops`` and the address that forges send events to."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairway.gitops.model import EntityKey
from fairway.portal.http import CallerDep, answer, api_router, created, json_object, ok
from fairway.portal.http.requests import query_int
from fairway.portal.http.routing import open_router
from fairway.portal.sources.gitops import schemas
from fairway.portal.sources.gitops.feature import Gitops

_ALL = "/fairway/gitops/sources"
_ONE = _ALL + "/{source}"
_ENTITY = "/fairway/gitops/entities/{blueprint}/{identifier}"


def build_router(gitops: Gitops) -> APIRouter:
    """Routes below ``/v1``: Admins write, everybody reads what they may."""
    router = api_router("GitOps")
    _definitions(router, gitops)
    _work(router, gitops)
    _repositories(router, gitops)
    _decisions(router, gitops)
    _entities(router, gitops)
    return router


def build_ingest_router(gitops: Gitops) -> APIRouter:
    """Events of forges. No principal: the signature stands for one."""
    router = open_router("GitOps")

    @router.post(
        "/ingest/gitops/{source}",
        status_code=202,
        summary="An event of a forge, signed with the source's webhook secret",
        responses=schemas.INGEST,
        openapi_extra=schemas.EVENT,
    )
    async def receive(source: str, request: Request) -> Response:
        new = await gitops.intake.receive(source, dict(request.headers), await request.body())
        return answer(202, {"ok": True, "repeated": not new})

    return router


def _definitions(router: APIRouter, gitops: Gitops) -> None:
    sources = gitops.sources

    @router.get(_ALL, summary="All GitOps sources and how they are doing", responses=schemas.ERRORS)
    async def list_all(caller: CallerDep) -> Response:
        return ok(sources=await sources.all(caller))

    @router.post(
        _ALL,
        status_code=201,
        summary="Connect a forge; a first pass follows",
        responses=schemas.ERRORS,
        openapi_extra=schemas.CREATE,
    )
    async def create(request: Request, caller: CallerDep) -> Response:
        made = await sources.create(caller, await json_object(request))
        return created(source=await sources.read(caller, made))

    @router.post(
        _ALL + "/check",
        summary="Whether a forge takes a login; nothing is stored",
        responses=schemas.ERRORS,
        openapi_extra=schemas.CHECK,
    )
    async def check(request: Request, caller: CallerDep) -> Response:
        return ok(**await gitops.checks.check(caller, await json_object(request)))

    @router.get(_ONE, summary="One GitOps source", responses=schemas.ERRORS)
    async def read(source: str, caller: CallerDep) -> Response:
        return ok(source=await sources.read(caller, source))

    @router.patch(
        _ONE,
        summary="Change parts of a GitOps source; a pass follows",
        responses=schemas.ERRORS,
        openapi_extra=schemas.CHANGE,
    )
    async def change(source: str, request: Request, caller: CallerDep) -> Response:
        await sources.update(caller, source, await json_object(request))
        return ok(source=await sources.read(caller, source))

    @router.delete(
        _ONE,
        status_code=202,
        summary="Delete a GitOps source; what becomes of its entities has to be said",
        responses=schemas.ERRORS,
        openapi_extra=schemas.REMOVAL,
    )
    async def remove(source: str, request: Request, caller: CallerDep) -> Response:
        await sources.remove(caller, source, request.query_params.get("entities"))
        return answer(202, {"ok": True})


def _work(router: APIRouter, gitops: Gitops) -> None:
    sources = gitops.sources

    @router.post(_ONE + "/sync", status_code=202, summary="Make a pass now", responses=schemas.ERRORS)
    async def sync(source: str, caller: CallerDep) -> Response:
        await sources.sync(caller, source)
        return answer(202, {"ok": True})

    @router.post(
        _ONE + "/abort", status_code=202, summary="End the pass that is under way", responses=schemas.ERRORS
    )  # fmt: skip
    async def abort(source: str, caller: CallerDep) -> Response:
        await sources.abort(caller, source)
        return answer(202, {"ok": True})

    @router.get(
        _ONE + "/passes", summary="The last passes", responses=schemas.ERRORS, openapi_extra=schemas.PASSES
    )  # fmt: skip
    async def passes(source: str, request: Request, caller: CallerDep) -> Response:
        return ok(passes=await sources.passes(source, query_int(request, "limit", 20, 1, 50)))


def _repositories(router: APIRouter, gitops: Gitops) -> None:
    @router.get(
        _ONE + "/repositories",
        summary="Repositories of a source by label",
        responses=schemas.ERRORS,
        openapi_extra=schemas.REPOSITORIES,
    )
    async def repositories(source: str, request: Request, caller: CallerDep) -> Response:
        query, limit = request.query_params, query_int(request, "limit", 100, 1, 200)
        state, text = query.get("state") or "all", query.get("q") or ""
        return ok(**await gitops.insight.repositories(source, state, text, query.get("from"), limit))

    @router.get(
        _ONE + "/repositories/{repository}",
        summary="One repository, by id or label, with its spec files and what is wrong with them",
        responses=schemas.ERRORS,
    )
    async def repository(source: str, repository: str, caller: CallerDep) -> Response:
        return ok(repository=await gitops.insight.repository(caller, source, repository))


def _decisions(router: APIRouter, gitops: Gitops) -> None:
    desk, plan_path = gitops.desk, _ONE + "/plans/{plan}"

    @router.get(_ONE + "/plans", summary="Deletions that wait for an administrator", responses=schemas.ERRORS)
    async def plans(source: str, caller: CallerDep) -> Response:
        return ok(plans=await desk.plans(caller, source))

    @router.post(plan_path + "/approve", summary="Carry out held deletions", responses=schemas.ERRORS)
    async def approve(source: str, plan: str, caller: CallerDep) -> Response:
        return ok(figures=await desk.approve(caller, source, plan))

    @router.post(plan_path + "/discard", summary="Keep the entities of held deletions", responses=schemas.ERRORS)
    async def discard(source: str, plan: str, caller: CallerDep) -> Response:
        return ok(figures=await desk.discard(caller, source, plan))

    @router.get(
        _ONE + "/journal",
        summary="What git deleted or cleared, newest first, for 30 days",
        responses=schemas.ERRORS,
        openapi_extra=schemas.JOURNAL,
    )
    async def journal(source: str, request: Request, caller: CallerDep) -> Response:
        limit, before = query_int(request, "limit", 50, 1, 200), request.query_params.get("before")
        return ok(**await desk.journal(caller, source, before or None, limit))

    @router.post(_ONE + "/journal/{entry}/restore", summary="Bring an entity back", responses=schemas.ERRORS)
    async def restore(source: str, entry: str, caller: CallerDep) -> Response:
        return ok(entity=await desk.restore(caller, source, entry))


def _entities(router: APIRouter, gitops: Gitops) -> None:
    @router.get(_ENTITY, summary="Where an entity is defined in git", responses=schemas.ERRORS)
    async def entity(blueprint: str, identifier: str, caller: CallerDep) -> Response:
        return ok(claims=await gitops.insight.entity(caller, EntityKey(blueprint, identifier)))

    @router.post(
        _ENTITY + "/pin",
        summary="Let one repository's definition count before others",
        responses=schemas.ERRORS,
        openapi_extra=schemas.PIN,
    )
    async def pin(blueprint: str, identifier: str, request: Request, caller: CallerDep) -> Response:
        await gitops.desk.pin(caller, EntityKey(blueprint, identifier), await json_object(request))
        return ok()
